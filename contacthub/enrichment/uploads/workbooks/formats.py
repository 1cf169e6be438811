"""Cells that are no text, as a spreadsheet shows them: dates, whole numbers without exponent, leading zeros.

Source: ECMA-376 part 1 §18.8.30 (number formats), §18.17.4 (dates).
"""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

# Writes a number's text.
Formatter = Callable[[str], str]
# Formats of dates and times that every workbook has, without a code of its own.
DATE_IDS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
BUILT_IN = {18: "h:mm", 19: "h:mm:ss", 20: "h:mm", 21: "h:mm:ss", 45: "mm:ss", 46: "[h]:mm:ss"}
INTEGER = re.compile(r"-?[0-9]+")
# What is shown as it stands, or not at all: text in quotes, a character behind a backslash, an underscore or a star.
LITERALS = re.compile(r'"([^"]*)"|\\(.)|[_*].')
BRACKETS = re.compile(r"\[[^\]]*\]")
ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
DAY_LETTERS = re.compile(r"[dy]", re.IGNORECASE)
# Digits with nothing between them but what is shown as it stands.
DIGITS = re.compile(r"[0#?]+")
NUMBER_PARTS = re.compile(r"[.,%/eE@]|General", re.IGNORECASE)
LITERAL = "\x00"
MOST_SERIAL = 2_958_466
# Longer fractions are written with an exponent.
MOST_PLACES = 20
DAY_SECONDS = 86_400


def make_formatter(code: str, format_id: int, *, is_1904: bool) -> Formatter:
    """Return how a number with this format is written. A date is ISO 8601; thousands and currencies are left out."""
    code = code or BUILT_IN.get(format_id, "")
    first = code.split(";")[0]
    plain = LITERALS.sub("", first)
    if ELAPSED.search(plain):
        return format_duration
    bare = BRACKETS.sub("", plain)
    if format_id in DATE_IDS or (DATE_LETTERS.search(bare) and "general" not in bare.lower()):
        has_day = not bare or DAY_LETTERS.search(bare) is not None
        return lambda text: format_moment(text, has_day=has_day, is_1904=is_1904)
    mask = _make_mask(first)
    if mask is None:
        return format_number
    return lambda text: _fill(mask, text)


def format_number(text: str) -> str:
    """Write a number: 5 for 5.0, whole numbers digit by digit, 0.1 for 0.10000000000000001."""
    if INTEGER.fullmatch(text):
        digits = text.lstrip("-").lstrip("0")
        return ("-" + digits if text.startswith("-") else digits) if digits else "0"
    try:
        number = Decimal(repr(float(text)))
    except (ValueError, ArithmeticError):
        return text
    if not number.is_finite():
        return text
    if number == number.to_integral_value():
        return str(int(number))
    exponent = number.as_tuple().exponent
    is_short = isinstance(exponent, int) and exponent >= -MOST_PLACES
    return f"{number:f}" if is_short else repr(float(text))


def format_moment(text: str, *, has_day: bool, is_1904: bool) -> str:
    """Write a serial number of days as a date, as a date and a time, or as a time where the format shows no day."""
    try:
        serial = float(text)
    except ValueError:
        return text
    if not 0 <= serial < MOST_SERIAL:
        return format_number(text)
    days, seconds = divmod(round(serial * DAY_SECONDS), DAY_SECONDS)
    if not has_day and not days:
        return str(dt.timedelta(seconds=seconds)).zfill(8)
    # The spreadsheet believes in a 29 February 1900.
    base = dt.date(1904, 1, 1) if is_1904 else dt.date(1899, 12, 31 if days < 60 else 30)
    day = (base + dt.timedelta(days=days)).isoformat()
    return f"{day} {str(dt.timedelta(seconds=seconds)).zfill(8)}" if seconds else day


def format_duration(text: str) -> str:
    """Write days as hours, minutes and seconds: 26:00:00."""
    try:
        seconds = round(float(text) * DAY_SECONDS)
    except (ValueError, OverflowError):
        return text
    sign, seconds = "-" if seconds < 0 else "", abs(seconds)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


# --- Leading zeros --------------------------------------------------------------------------------


def _make_mask(section: str) -> str | None:
    """Return a format of digits and literal text only, such as 00000 or 000-00-0000, with literals behind NUL.

    None for any other format, and for those that change no whole number.
    """
    literal = LITERALS.sub(lambda found: _mark(found[1] or found[2] or ""), section)
    bare = re.sub(LITERAL + ".", "", literal)
    if "[" in bare or NUMBER_PARTS.search(bare):
        return None
    mask = "".join(
        part if part in "0#?" or is_literal else LITERAL + part
        for part, is_literal in _parts(literal)
    )
    places = re.sub(LITERAL + ".", "", mask)
    if not DIGITS.fullmatch(places) or len(places) < 2:
        return None
    return mask


def _mark(text: str) -> str:
    return "".join(LITERAL + character for character in text)


def _parts(marked: str) -> list[tuple[str, bool]]:
    found = re.findall(LITERAL + ".|.", marked)
    return [(part, part.startswith(LITERAL)) for part in found]


def _fill(mask: str, text: str) -> str:
    """Write a whole number of 0 or more into a mask from the right; any other number as it is."""
    plain = format_number(text)
    if not plain.isdigit():
        return plain
    digits = list(plain if plain != "0" else "")
    written: list[str] = []
    places = sum(not is_literal for _, is_literal in _parts(mask))
    for part, is_literal in reversed(_parts(mask)):
        if is_literal:
            written.append(part[1])
            continue
        places -= 1
        if not places:
            # The first place takes what is left.
            written += reversed(digits or (["0"] if part == "0" else []))
        elif digits:
            written.append(digits.pop())
        elif part == "0":
            written.append("0")
    return "".join(reversed(written))
