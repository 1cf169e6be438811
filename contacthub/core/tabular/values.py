"""What one value of a file may be: each function returns it normalized, or raises `ValueError` with the reason.

They get text without outer white space, never an empty one, as `clean_column` hands it over.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable

import orjson

from contacthub.core.domains import plain_domain, to_ascii
from contacthub.core.errors import Invalid
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tabular.cleaning import check_text, is_control
from contacthub.core.text import normalize, normalize_all

WEB_ADDRESS = re.compile(
    r"(?P<scheme>https?://)(?P<host>[^\s/?#@:\[\]\\]+)(?P<rest>(:\d{1,5})?([/?#]\S*)?)",
    re.IGNORECASE,
)
INTEGER = re.compile(r"(-?\d{1,18})(\.0+)?", re.ASCII)
BOOLEANS = {
    "true": "true",
    "1": "true",
    "yes": "true",
    "false": "false",
    "0": "false",
    "no": "false",
}
FIRST_YEAR = 1900
MOST_ITEMS = 500


def clean_boolean(value: str) -> str:
    """Return `true` or `false` for true, false, 1, 0, yes and no in any case."""
    try:
        return BOOLEANS[value.lower()]
    except KeyError as error:
        raise ValueError("is not one of true, false, 1, 0, yes and no") from error


def clean_integer(value: str, *, least: int, most: int) -> str:
    """Return an integer in a range; `5.0` is 5, as table libraries write a column with gaps."""
    match = INTEGER.fullmatch(value)
    if match is None:
        raise ValueError("is not an integer")
    if not least <= int(match[1]) <= most:
        raise ValueError(f"is not between {least:,} and {most:,}")
    return str(int(match[1]))


def clean_number(value: str, *, least: float, most: float) -> str:
    """Return a finite number in a range."""
    try:
        # float() takes more than numbers in a file should be: 1_000, infinity and the digits of every script.
        number = float(value) if value.isascii() and "_" not in value else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is not a number")
    if not least <= number <= most:
        raise ValueError(f"is not between {least:g} and {most:g}")
    return repr(number)


def clean_word(value: str, *, words: dict[str, str]) -> str:
    """Return what a word of a fixed list stands for, whatever its case."""
    try:
        return words[value.lower()]
    except KeyError as error:
        raise ValueError(f"is not one of {', '.join(dict.fromkeys(words.values()))}") from error


def clean_day(value: str, *, last: dt.date, first_year: int = FIRST_YEAR) -> str:
    """Return a date from `first_year` to `last` from `2026-11-20` or an ISO 8601 time, whose UTC date counts."""
    try:
        day = _read_day(value) if len(value) == 10 else _read_moment(value).date()
    except (ValueError, OverflowError) as error:
        raise ValueError("is neither a date like 2026-11-20 nor an ISO time") from error
    return _check_age(day, last, first_year).isoformat()


def clean_moment(value: str, *, last: dt.date) -> str:
    """Return an ISO 8601 time in UTC, not after the day `last`. Without a zone it is UTC, a date is its midnight."""
    try:
        moment = (
            dt.datetime.combine(_read_day(value), dt.time(), dt.UTC)
            if len(value) == 10
            else _read_moment(value)
        )
    except (ValueError, OverflowError) as error:
        raise ValueError("is neither an ISO time like 2026-11-20T09:30:00Z nor a date") from error
    _check_age(moment.date(), last)
    return moment.isoformat()


def _read_day(value: str) -> dt.date:
    # fromisoformat also takes week dates and, since Python 3.11, dates without hyphens.
    if not value.isascii() or value[4] != "-" or value[7] != "-":
        raise ValueError(value)
    return dt.date.fromisoformat(value)


def _read_moment(value: str) -> dt.datetime:
    if len(value) < 16 or value[10] not in "T ":
        raise ValueError(value)
    _read_day(value[:10])
    moment = dt.datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _check_age(day: dt.date, last: dt.date, first_year: int = FIRST_YEAR) -> dt.date:
    if day > last:
        raise ValueError("is in the future")
    if day.year < first_year:
        raise ValueError(f"is before the year {first_year}")
    return day


def clean_url(value: str, *, most: int = 2000) -> str:
    """Return an absolute http or https address without a user name in it, its host in ASCII."""
    match = WEB_ADDRESS.fullmatch(normalize(value))
    if match is None:
        raise ValueError("is not an address that starts with http:// or https://")
    try:
        host = match["host"] if match["host"].isascii() else to_ascii(match["host"])
    except ValueError as error:
        raise ValueError("is an address whose host is not a domain like example.com") from error
    return check_text(f"{match['scheme']}{host}{match['rest']}", most=most)


def clean_contact_id(value: str) -> str:
    """Return the key inside `id_…` or `cb_…` as text."""
    try:
        return str(parse_contact_id(value))
    except Invalid as error:
        raise ValueError("is not id_ or cb_ followed by 16 lower-case hex digits") from error


def clean_if_domain(value: str, *, most: int = 200) -> str:
    """Return a domain in its one form, and any other text as it is, of at most `most` characters."""
    return check_text(plain_domain(value), most=most)


def split_list(value: str) -> list[object]:
    """Return the items of a cell: those of a JSON list, or text between `|`. Raises `ValueError` for broken JSON."""
    if not value.startswith("["):
        return [item for item in map(str.strip, value.split("|")) if item]
    try:
        items = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise ValueError("is not a JSON list") from error
    if len(items) > MOST_ITEMS:
        raise ValueError(f"has more than {MOST_ITEMS} items")
    return list(items)


def clean_texts(value: str, *, most: int) -> list[str]:
    """Return the different texts of a list in their order, each of at most `most` characters."""
    items = split_list(value)
    if not all(isinstance(item, str) for item in items):
        raise ValueError("holds something that is not text")
    texts = (normalize(str(item)).strip() for item in items)
    return list(dict.fromkeys(check_text(text, most=most) for text in texts if text))


def clean_json(value: str, kind: type, *, most: int) -> str:
    """Return compact JSON of at most `most` characters whose value is of `kind` (list or dict)."""
    try:
        parsed = normalize_all(orjson.loads(value))
    except orjson.JSONDecodeError as error:
        raise ValueError("is not JSON") from error
    if not isinstance(parsed, kind):
        raise ValueError(f"is not a JSON {'list' if kind is list else 'object'}")
    if any(is_control(character) for text in _texts(parsed) for character in text):
        raise ValueError("holds a control character")
    return check_text(orjson.dumps(parsed).decode(), most=most)


def _texts(value: object) -> Iterable[str]:
    """Yield every text and name within a JSON value, as deep as it goes: orjson reads no more than 1,024 levels."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
