"""Sorting and turning pages in lists that are too long for page numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from contacthub.web.scalars import parse_whole
from contacthub.web.views.catalog.filter_fields import KEYSET
from contacthub.web.views.catalog.filters import change

MOST_NUMBER = 2**53


@dataclass(frozen=True)
class Sort:
    """A column to sort by: its name in the address, what the house calls it, and which end comes first by default."""

    name: str
    label: str
    column: str
    is_descending: bool = False


@dataclass(frozen=True)
class Header:
    """A column's button: where it leads, and `aria-sort` where the list is sorted by it."""

    label: str
    address: str
    sorted: str = ""

    @property
    def arrow(self) -> str:
        """The order as an arrow after the words; nothing if the list is not sorted by the column."""
        return {"descending": " ↓", "ascending": " ↑"}.get(self.sorted, "")


@dataclass(frozen=True)
class Place:
    """What the address says: the order, the number of the row that the page follows or precedes, its first row."""

    sort: Sort
    is_descending: bool
    after: int | None
    before: int | None
    first_row: int


def read_place(query: QueryDict, sorts: Mapping[str, Sort]) -> Place:
    """Read order and page from an address; what cannot be read is the default, the first of `sorts`."""
    text = query.get("sort", "")
    sort = sorts.get(text.lstrip("-")) or next(iter(sorts.values()))
    is_descending = text.startswith("-") if text.lstrip("-") in sorts else sort.is_descending
    after, before, first = (_read_number(query.get(name, "")) for name in KEYSET)
    return Place(sort, is_descending, after, before, (first or 1) if after or before else 1)


def _read_number(text: str) -> int | None:
    number = parse_whole(text, most_digits=16)
    return number if number is not None and number < MOST_NUMBER else None


def list_headers(
    query: QueryDict, path: str, sorts: Mapping[str, Sort], place: Place
) -> dict[str, Header]:
    """Return the buttons of the columns; the one that is sorted by turns the order."""
    headers = {}
    for name, sort in sorts.items():
        is_sorted = sort == place.sort
        is_descending = not place.is_descending if is_sorted else sort.is_descending
        text = f"-{name}" if is_descending else name
        word = "descending" if place.is_descending else "ascending"
        headers[name] = Header(
            sort.label, change(query, path, {"sort": text}), word if is_sorted else ""
        )
    return headers


def turn(query: QueryDict, path: str, *, first_row: int, **place: int) -> str:
    """Return the address of another page: `after=` or `before=` the number of a row, and the row it begins with."""
    address = change(query, path, {})
    parts = "&".join(f"{name}={number}" for name, number in place.items())
    return f"{address}{'&' if '?' in address else '?'}{parts}&from={max(first_row, 1)}"
