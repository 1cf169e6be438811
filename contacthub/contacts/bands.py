"""The sizes and revenues of companies: the bands by which searches find them, and ranges as text.

A source gives a number or a range: 250 employees, or 51 to 200. Both are stored as a range. A company is in each band
that its range touches, so that one of 100 to 500 is found in two.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

# More than any company employs or earns; what is larger is a mistake of the source.
MOST_EMPLOYEES = 10_000_000
MOST_REVENUE = 10**13
MILLION, BILLION = 10**6, 10**9


class Bounds(Protocol):
    """A range of whole numbers as Postgres returns it: the upper end does not belong to it, None is open."""

    @property
    def lower(self) -> int | None: ...

    @property
    def upper(self) -> int | None: ...


class Band(NamedTuple):
    """A band: its key in addresses and facts, its words, the least value in it and the least one above it."""

    key: str
    words: str
    least: int
    above: int | None


SIZES = (
    Band("1-10", "1 to 10", 0, 11),
    Band("11-50", "11 to 50", 11, 51),
    Band("51-200", "51 to 200", 51, 201),
    Band("201-500", "201 to 500", 201, 501),
    Band("501-1000", "501 to 1,000", 501, 1001),
    Band("1001-5000", "1,001 to 5,000", 1001, 5001),
    Band("5001-10000", "5,001 to 10,000", 5001, 10_001),
    Band("over-10000", "Over 10,000", 10_001, None),
)
# In US dollars a year.
REVENUES = (
    Band("under-1m", "Under $1M", 0, MILLION),
    Band("1m-10m", "$1M to $10M", MILLION, 10 * MILLION),
    Band("10m-50m", "$10M to $50M", 10 * MILLION, 50 * MILLION),
    Band("50m-100m", "$50M to $100M", 50 * MILLION, 100 * MILLION),
    Band("100m-500m", "$100M to $500M", 100 * MILLION, 500 * MILLION),
    Band("500m-1b", "$500M to $1B", 500 * MILLION, BILLION),
    Band("over-1b", "$1B and more", BILLION, None),
)


def list_options(bands: Iterable[Band]) -> list[tuple[str, str]]:
    """Return bands as choices: keys with words."""
    return [(band.key, band.words) for band in bands]


def describe_size(size: Bounds | None) -> str:
    """Return how many employees a company has: "250", "51 to 200", "10,001 or more"; "" if that is not known."""
    return _describe(size, lambda number: f"{number:,}")


def describe_revenue(revenue: Bounds | None) -> str:
    """Return a yearly revenue in US dollars: "$12.5M", "$10M to $50M", "$1B or more"; "" if it is not known."""
    return _describe(revenue, _short)


def _describe(bounds: Bounds | None, write: Callable[[int], str]) -> str:
    if bounds is None or bounds.lower is None:
        return ""
    if bounds.upper is None:
        return f"{write(bounds.lower)} or more"
    last = write(bounds.upper - 1)
    first = write(bounds.lower)
    return first if first == last else f"{first} to {last}"


def _short(dollars: int) -> str:
    """Return an amount with three digits that mean something, such as $12.5M."""
    # The last dollar of a range, such as 49,999,999, is the round number that it ends below.
    for unit, letter in ((BILLION, "B"), (MILLION, "M"), (1000, "K")):
        if dollars + 1 >= unit:
            return f"${float(f'{dollars / unit:.3g}'):g}{letter}"
    return f"${dollars}"
