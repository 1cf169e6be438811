"""What one value of a file may be: each function returns it normalised, or raises `ValueError` with the reason.

They get text without outer white space, never an empty one, as `clean_column` hands it over.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable

import orjson

from contacthub.core.tabular.cleaning import check_text, is_control

DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]",
    re.ASCII,
)
# The local part of RFC 5321 without its quoted form, which no mail system in use hands out; letters of any script.
LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f-\x9f]{1,64}")
# The country code in a number like +44 (0)20 7946 0000 replaces the zero, which callers from within would dial.
TRUNK_ZERO = re.compile(r"(?<=\d)[ ]?\(0\)")
PHONE_PUNCTUATION = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
PHONE = re.compile(r"\+[1-9]\d{6,14}|\d{5,15}", re.ASCII)
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@:\[\]\\]+(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)
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
        raise ValueError("is none of true, false, 1, 0, yes and no") from error


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
        raise ValueError(f"is none of {', '.join(dict.fromkeys(words.values()))}") from error


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


def clean_domain(value: str) -> str:
    """Return a domain name in lower-case ASCII; one in another script in its IDNA form."""
    domain = value.lower().rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise ValueError("is not a domain like example.com") from error
    if DOMAIN.fullmatch(domain) is None:
        raise ValueError("is not a domain like example.com")
    return domain


def clean_email(value: str) -> str:
    """Return an e-mail address in lower case. Up to 254 characters (RFC 5321, errata 1690)."""
    address = value.lower()
    local, _, domain = address.rpartition("@")
    try:
        clean_domain(domain)
    except ValueError:
        domain = ""
    if (
        not domain
        or len(address) > 254
        or LOCAL_PART.fullmatch(local) is None
        or domain.endswith(".")
    ):
        raise ValueError("is not an e-mail address like name@example.com")
    return address


def clean_phone(value: str) -> str:
    """Return a phone number as `+` and 7 to 15 digits (E.164), or as 5 to 15 digits where it names no country.

    Spaces, hyphens, dots, slashes and parentheses are dropped; `00` in front is `+`.
    """
    digits = PHONE_PUNCTUATION.sub(
        "", TRUNK_ZERO.sub("", value) if value.startswith(("+", "00")) else value
    )
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if PHONE.fullmatch(digits) is None:
        raise ValueError("is not a phone number like +4722123456")
    return digits


def clean_url(value: str, *, most: int = 2000) -> str:
    """Return an absolute http or https address without a user name in it."""
    if WEB_ADDRESS.fullmatch(value) is None:
        raise ValueError("is not an address that starts with http:// or https://")
    return check_text(value, most=most)


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
    texts = (str(item).strip() for item in items)
    return list(dict.fromkeys(check_text(text, most=most) for text in texts if text))


def clean_json(value: str, kind: type, *, most: int) -> str:
    """Return compact JSON of at most `most` characters whose value is of `kind` (list or dict)."""
    try:
        parsed = orjson.loads(value)
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
