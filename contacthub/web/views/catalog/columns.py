"""The columns of the lists of contacts and companies: what each is called and what its cells say.

A table is made here from the columns that are shown, so that its template only places cells. What a column needs beyond
the row itself is read once for all rows of a page, and only where the column is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from contacthub.contacts.models import Company, Contact
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import BLOCKED, Cell
from contacthub.web.views.catalog.keyset import Header

Item = TypeVar("Item", Contact, Company)
# Reads, by primary key, what the cells of a page's rows need.
Read = Callable[[Organization, Sequence[Item]], Mapping[int, Any]]


@dataclass(frozen=True)
class Column(Generic[Item]):
    """A column of a list: its name in addresses, its label, and how a cell is made of a row.

    `cell` gets the row and what `read` returned for it, None without a `read`. Columns with the same `read` share what
    it returns.
    """

    name: str
    label: str
    cell: Callable[[Item, Any], Cell]
    read: Read[Item] | None = None
    # Classes of the cells; those of `components/cards.css` say where a cell stands on a phone.
    css: str = ""
    is_number: bool = False
    # About addresses, numbers and profiles: only for members who may see them.
    is_personal: bool = False
    # The name of the order in `SORTS`, where the list can be sorted by it.
    sort: str = ""
    is_default: bool = False
    # Always there, and always first.
    is_pinned: bool = False
    # What its numbers mean, where the label alone does not say it.
    help: str = ""

    @property
    def cell_css(self) -> str:
        """Return the classes of a cell."""
        return " ".join(filter(None, ("ch-num" if self.is_number else "", self.css)))

    @property
    def head_css(self) -> str:
        """Return the classes of the head."""
        return "ch-num" if self.is_number else "ch-name-head" if self.is_pinned else ""


@dataclass(frozen=True)
class Head:
    """The head of a column; with a header it is a link that sorts."""

    label: str
    css: str
    header: Header | None = None
    help: str = ""


@dataclass(frozen=True)
class Row(Generic[Item]):
    """A row: what it shows, its id as addresses and forms name it, its name, and its cells with their classes.

    The first cell names the row and stands in `first`.
    """

    item: Item
    id: str
    name: str
    first: tuple[str, Cell]
    cells: list[tuple[str, Cell]]


@dataclass(frozen=True)
class Table(Generic[Item]):
    """Heads and rows of a list."""

    heads: list[Head]
    rows: list[Row[Item]]

    @property
    def notes(self) -> list[str]:
        """Return what the numbers of its columns mean."""
        return [each.help for each in self.heads if each.help]


def show(words: Callable[[Item], str | None]) -> Callable[[Item, Any], Cell]:
    """Return the cells of a column that needs only the row: its words, or a dash."""

    def make(item: Item, _: Any) -> Cell:
        return Cell(words(item) or "–")

    return make


def make_table(
    organization: Organization,
    columns: Sequence[Column[Item]],
    items: Sequence[Item],
    *,
    identify: Callable[[Item], tuple[str, str]],
    may_see: bool,
    headers: Mapping[str, Header] | None = None,
) -> Table[Item]:
    """Return a table of a page's rows. `identify` returns id and name of a row.

    Without `may_see` personal cells are blocked; without `headers` the table cannot be sorted.
    """
    heads = [
        Head(each.label, each.head_css, headers.get(each.sort) if headers else None, each.help)
        for each in columns
    ]
    return Table(heads, _make_rows(organization, columns, items, identify, may_see=may_see))


def _make_rows(
    organization: Organization,
    columns: Sequence[Column[Item]],
    items: Sequence[Item],
    identify: Callable[[Item], tuple[str, str]],
    *,
    may_see: bool,
) -> list[Row[Item]]:
    shown = [each for each in columns if may_see or not each.is_personal]
    reads = {each.read for each in shown if each.read is not None} if items else set()
    known = {read: read(organization, items) for read in reads}

    def make(column: Column[Item], item: Item) -> tuple[str, Cell]:
        if column.is_personal and not may_see:
            return column.cell_css, BLOCKED
        extra = known[column.read].get(item.pk) if column.read is not None else None
        return column.cell_css, column.cell(item, extra)

    rows = []
    for item in items:
        first, *cells = [make(column, item) for column in columns]
        rows.append(Row(item, *identify(item), first, cells))
    return rows
