"""What is requested: ids as people paste and upload them, days with their options, and the request made of them."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from contacthub.connectors.bulk import BulkRequest, DateRange, IdList
from contacthub.core.countries import country_name, find_country
from contacthub.core.errors import Invalid
from contacthub.sourcing.bulk.models import Pull
from contacthub.wire.insideview import MOST_ID, MOST_IDS

# Source: People.ai, "Bulk APIs": at most a year.
MOST_DAYS = 366
FIRST_DAY = dt.date(1990, 1, 1)
MOST_PLACE = 200
MOST_TEXT_BYTES = 1_000_000
SEPARATORS = re.compile(r"[\s,;]+")
ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
MALFORMED_SHOWN, MALFORMED_LENGTH = 5, 40


@dataclass(frozen=True)
class Ids:
    """The ids of a text: each different one in its order, how many came again, and what is not an id."""

    ids: list[int]
    duplicate_count: int
    malformed_count: int
    malformed: list[str]


def read_ids(text: str) -> Ids:
    """Read ids that stand between commas, semicolons, blanks or line ends; the word at the top of a column may be one.

    Raises `Invalid` if there is none, or more than 10,000 different ones.
    """
    words = [word for word in SEPARATORS.split(text.lstrip("\ufeff")) if word]
    good = [word for word in words if _is_id(word)]
    unique = list(dict.fromkeys(map(int, good)))
    wrong = [word for word in words if not _is_id(word)]
    if not unique:
        raise Invalid(
            f"“{wrong[0][:MALFORMED_LENGTH]}” is not an id; ids are whole numbers."
            if wrong
            else "Enter at least one id.",
            field="ids",
        )
    if len(unique) > MOST_IDS:
        raise Invalid(
            f"These are {len(unique):,} different ids; a pull has at most {MOST_IDS:,}.",
            field="ids",
        )
    return Ids(unique, len(good) - len(unique), len(wrong), _cut(wrong))


def _is_id(word: str) -> bool:
    return ID.fullmatch(word) is not None and int(word) <= MOST_ID


def _cut(words: Iterable[str]) -> list[str]:
    clean = ("".join(filter(str.isprintable, word)) for word in words)
    return [word[:MALFORMED_LENGTH] for word in clean][:MALFORMED_SHOWN]


def decode_ids(data: bytes) -> str:
    """Return the text of an uploaded file of ids. Raises `Invalid` for one that is too large or no text."""
    if len(data) > MOST_TEXT_BYTES:
        raise Invalid(f"A list of ids has up to {MOST_TEXT_BYTES // 1_000_000} MB.", field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(
            "The file is not UTF-8 text. Save the ids as text or CSV.", field="file"
        ) from None
    if "\x00" in text:
        raise Invalid("The file is not text. Save the ids as text or CSV.", field="file")
    return text


def check_window(window: DateRange, *, today: dt.date) -> DateRange:
    """Return the days and options, checked. Raises `Invalid` with the field."""
    if window.start_on > window.end_on:
        raise Invalid("The last day is before the first day.", field="end_on")
    if window.start_on < FIRST_DAY:
        raise Invalid(f"Choose a day from {FIRST_DAY.year} on.", field="start_on")
    if window.start_on > today:
        raise Invalid("These days are in the future.", field="start_on")
    if (window.end_on - window.start_on).days >= MOST_DAYS:
        raise Invalid(f"Choose at most {MOST_DAYS} days.", field="end_on")
    for name in ("country", "state"):
        text = getattr(window, name)
        if len(text) > MOST_PLACE or not text.isprintable():
            raise Invalid(f"Enter up to {MOST_PLACE} characters.", field=name)
    return replace(window, country=_read_country(window.country))


def _read_country(text: str) -> str:
    """Return the English name of a country, as the vendor's document writes it."""
    if not text.strip():
        return ""
    code = find_country(text)
    if code is None:
        raise Invalid(
            f"“{text}” is not a country we know. Enter a name such as Norway, or a code such as NO.",
            field="country",
        )
    return country_name(code)


def write_window(window: DateRange) -> dict[str, Any]:
    """Return what is kept of days and options."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(window).items()
    }


def read_window(kept: dict[str, Any]) -> DateRange:
    """Return days and options that were kept."""
    days = {name: dt.date.fromisoformat(kept[name]) for name in ("start_on", "end_on")}
    return DateRange(**(kept | days))


def name_window(window: DateRange) -> str:
    """Return what a pull of some days is called."""
    first, last = window.start_on, window.end_on
    if first == last:
        return f"Contacts created on {first:%-d %b %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"Contacts created {first:%-d %b}{year} – {last:%-d %b %Y}"


def name_ids(count: int) -> str:
    """Return what a pull of some ids is called."""
    return f"{count:,} contact{'' if count == 1 else 's'} by id"


def make_request(pull: Pull, *, webhook: str) -> BulkRequest:
    """Return the request to the vendor. Only lists of ids take a `webhook`."""
    if pull.ids:
        return IdList(vendor_ids=pull.ids, webhook=webhook)
    return read_window(pull.window)
