"""The size and the revenue of a company as files write them: one number, or a range of them."""

import re
from collections.abc import Callable
from decimal import Decimal

from contacthub.contacts.bands import BILLION, MILLION, MOST_EMPLOYEES, MOST_REVENUE

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.0+)?", re.ASCII)
AMOUNT = re.compile(
    r"(?:US)?\$?\s*(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?\s*"
    r"(?P<unit>k|thousand|m|mn|mm|million|b|bn|billion)?(?:\s*(?:USD|US\$))?",
    re.ASCII | re.IGNORECASE,
)
UNITS = {
    "k": 1000, "thousand": 1000, "m": MILLION, "mn": MILLION, "mm": MILLION, "million": MILLION, "b": BILLION,
    "bn": BILLION, "billion": BILLION,
}  # fmt: skip
# Between the two ends: a hyphen, a dash or "to".
BETWEEN = re.compile(r"\s*(?:[-\u2013\u2014]|\bto\b)\s*", re.IGNORECASE)
NO_SIZE = "is not a number of employees like 250, 51-200 or 10,001+"
NO_AMOUNT = "is not an amount in US dollars like 12500000, 12.5M, 10M-50M or 1B+"


def clean_employees(value: str) -> str:
    """Return how many employees as a range of Postgres: 250, 51-200 and 10,001+ can be read."""
    return _clean(value, _read_number, NO_SIZE, MOST_EMPLOYEES)


def clean_revenue(value: str) -> str:
    """Return a revenue in US dollars as a range of Postgres: 12500000, $12.5M, 10M-50M and 1B+ can be read.

    A unit behind the second number counts for the first one too: 10-50M.
    """
    return _clean(_spread_unit(value), _read_amount, NO_AMOUNT, MOST_REVENUE)


def _clean(value: str, read: Callable[[str], int | None], fault: str, most: int) -> str:
    is_open = value.endswith("+")
    ends = [read(part) for part in BETWEEN.split(value.removesuffix("+").strip())]
    first, last = ends[0], ends[-1]
    if first is None or last is None or len(ends) > 2 or (is_open and len(ends) > 1):
        raise ValueError(fault)
    if first > last:
        raise ValueError("begins above its end")
    if last > most:
        raise ValueError(f"is more than {most:,}")
    return f"[{first},)" if is_open else f"[{first},{last}]"


def _read_number(text: str) -> int | None:
    match = NUMBER.fullmatch(text)
    return int(float(match[0].replace(",", ""))) if match else None


def _read_amount(text: str) -> int | None:
    match = AMOUNT.fullmatch(text)
    if match is None:
        return None
    number = Decimal(match["digits"].replace(",", "") + (match["part"] or ""))
    return int(number * UNITS.get((match["unit"] or "").lower(), 1))


def _spread_unit(value: str) -> str:
    """Give the first number of a range the unit of the second one, if it has none itself."""
    parts = BETWEEN.split(value)
    if len(parts) != 2:
        return value
    first, last = (AMOUNT.fullmatch(part.strip()) for part in parts)
    if (
        first is None
        or last is None
        or first["unit"]
        or not last["unit"]
        or len(first["digits"]) > 3
    ):
        return value
    return f"{first['digits']}{first['part'] or ''}{last['unit']}-{parts[1]}"
