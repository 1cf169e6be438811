"""How a list is shown: its columns and their order, rows on a page, density.

All of it stands in the address; where the address says nothing, rows and density are as the person had them last.
Filters are never changed by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

from django.http import QueryDict

from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.columns import Column, Item
from contacthub.web.views.catalog.filter_fields import PLACE
from contacthub.web.views.catalog.filters import DRAWER, change

COLUMNS, PER_PAGE, DENSITY, SORT = "columns", "per_page", "density", "sort"
# In a form: the page that shows the list.
PAGE = "page"
# The saved view that an address belongs to.
SAVED = "saved"
# What stays in an address when filters are cleared.
PARTS = (SAVED, COLUMNS, PER_PAGE, DENSITY, SORT)
SIZES = (25, 50, 100)
DEFAULT_SIZE = 50
DENSITIES = {"normal": "Normal", "compact": "Compact"}
LONGEST_COLUMNS = 1_000


@dataclass(frozen=True)
class Display(Generic[Item]):
    """How a list is shown to one person.

    `missing` are columns of the address that the person's role does not include.
    """

    columns: tuple[Column[Item], ...]
    missing: tuple[Column[Item], ...]
    per_page: int
    is_compact: bool

    @property
    def density(self) -> str:
        """Return the density as addresses name it."""
        return name_density(is_compact=self.is_compact)

    @property
    def table_css(self) -> str:
        """Return what the density adds to a table's classes."""
        return "ch-compact" if self.is_compact else ""


def name_density(*, is_compact: bool) -> str:
    """Return a density as addresses name it."""
    return "compact" if is_compact else "normal"


def read_display(
    request: HubRequest, sent: Parameters, offered: Sequence[Column[Item]]
) -> Display[Item]:
    """Read from the address how a list is shown; what cannot be used is a fault of `sent`."""
    membership = request.membership
    size = sent.choice(PER_PAGE, [str(size) for size in SIZES], label="Rows on a page", default="")
    density = sent.choice(DENSITY, DENSITIES, label="Density", default="")
    columns, missing = _read_columns(sent, offered, membership)
    return Display(
        columns,
        missing,
        int(size) if size else membership.rows_per_page or DEFAULT_SIZE,
        density == "compact" if density else membership.has_compact_lists,
    )


def _read_columns(
    sent: Parameters, offered: Sequence[Column[Item]], membership: Membership
) -> tuple[tuple[Column[Item], ...], tuple[Column[Item], ...]]:
    """Return the columns to show, the pinned one first, and those that the person may not see."""
    text = sent.text(COLUMNS, label="The list of columns", most=LONGEST_COLUMNS)
    names = split_columns(text)
    if unknown := [name for name in names if name not in {each.name for each in offered}]:
        named = ", ".join(f"“{name[:30]}”" for name in unknown[:3])
        sent.faults.setdefault(COLUMNS, f"There is no column {named}. Choose columns again.")
    chosen = choose_columns(names, offered)
    may_see = membership.has_right(Right.VALUES)
    missing = tuple(each for each in chosen if each.is_personal and not may_see)
    return tuple(each for each in chosen if each not in missing), missing


def split_columns(text: str) -> list[str]:
    """Return the names of columns in an address, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def choose_columns(
    names: Sequence[str], offered: Sequence[Column[Item]]
) -> tuple[Column[Item], ...]:
    """Return the columns of these names in their order, the pinned one first; without names those of every list."""
    if not names:
        return tuple(each for each in offered if each.is_default)
    by_name = {each.name: each for each in offered}
    pinned = [each for each in offered if each.is_pinned]
    chosen = [by_name[name] for name in names if name in by_name]
    return tuple(pinned + [each for each in chosen if not each.is_pinned])


def write_columns(columns: Sequence[Column[Any]], offered: Sequence[Column[Any]]) -> str | None:
    """Return columns as an address names them; None for those of every list."""
    if tuple(columns) == choose_columns([], offered):
        return None
    return ",".join(each.name for each in columns)


def clear_address(query: QueryDict, path: str) -> str:
    """Return the address of a list without its filters, shown as it is."""
    return change(query, path, {name: None for name in query if name not in PARTS})


def list_parts(query: QueryDict, *, leaving_out: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return what a form of the list has to keep of an address, as pairs; nothing of the page's place."""
    return [
        (name, value)
        for name, values in query.lists()
        for value in values
        if value and name not in (*PLACE, *DRAWER, *leaving_out)
    ]
