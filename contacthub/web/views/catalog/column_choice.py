"""The choice of columns as a list shows it: which are shown, in which order, and which there are besides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from contacthub.organizations.rights import Right
from contacthub.web.access import who_can_grant
from contacthub.web.http import HubRequest
from contacthub.web.views.catalog.columns import Column
from contacthub.web.views.catalog.display import (
    COLUMNS,
    DENSITIES,
    PAGE,
    SIZES,
    Display,
    list_parts,
)
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.keyset import Header
from contacthub.web.views.catalog.list_kinds import ListKind
from contacthub.web.views.catalog.view_tabs import ViewTabs


@dataclass(frozen=True)
class ChoiceRow:
    """A column to tick; a pinned one cannot be hidden or moved."""

    name: str
    label: str
    is_shown: bool
    is_pinned: bool


@dataclass(frozen=True)
class Option:
    """A size of the page or a density: its value in addresses, its words, and whether it is the present one."""

    value: str
    words: str
    is_current: bool


@dataclass(frozen=True)
class Order:
    """An order of the list, and where it leads."""

    words: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Controls:
    """What changes how a list is shown: the form, with what it keeps of the address, and its choices."""

    action: str
    kept: list[tuple[str, str]]
    shown: list[ChoiceRow]
    others: list[ChoiceRow]
    sizes: list[Option]
    density: Option
    orders: list[Order]
    # The address with the columns of every list.
    reset: str
    # The button that saves the columns into the open view; nothing without one that the person may change.
    save_words: str
    # What the person's role leaves out, and who can change that; nothing where it includes all.
    note: str

    @property
    def order_words(self) -> str:
        """Return the present order."""
        return next((each.words for each in self.orders if each.is_current), "")

    @property
    def shown_count(self) -> int:
        """Return how many columns are shown."""
        return len(self.shown)

    @property
    def column_count(self) -> int:
        """Return how many columns there are for this person."""
        return len(self.shown) + len(self.others)

    @property
    def others_words(self) -> str:
        """Return what is said below the table of the columns that are not shown."""
        if not self.others:
            return ""
        first, *more = self.others
        return (
            f"{first.label} and {len(more)} more columns are hidden"
            if more
            else f"{first.label} is hidden"
        )


def describe_controls(
    request: HubRequest,
    kind: ListKind,
    display: Display[Any],
    headers: Mapping[str, Header],
    views: ViewTabs | None = None,
) -> Controls:
    """Return the controls of a list as the address has it shown."""
    may_see = request.membership.has_right(Right.VALUES)
    offered = [each for each in kind.columns if may_see or not each.is_personal]
    others = [each for each in offered if each not in display.columns]
    return Controls(
        action=reverse(f"{kind.route}-arrange"),
        kept=[(PAGE, request.path), *list_parts(request.GET)],
        shown=_make_rows(display.columns, is_shown=True),
        others=_make_rows(others, is_shown=False),
        sizes=[Option(str(size), str(size), size == display.per_page) for size in SIZES],
        density=_other_density(display),
        orders=[
            Order(header.label + header.arrow, header.address, bool(header.sorted))
            for header in headers.values()
        ],
        reset=change(request.GET, request.path, {COLUMNS: None}),
        save_words=views.save_columns_words if views else "",
        note=_explain_missing(request, [each for each in kind.columns if each not in offered]),
    )


def _make_rows(columns: Sequence[Column[Any]], *, is_shown: bool) -> list[ChoiceRow]:
    return [ChoiceRow(each.name, each.label, is_shown, each.is_pinned) for each in columns]


def _other_density(display: Display[Any]) -> Option:
    """Return the density to change to, which is pressed where the compact one is shown."""
    value = "normal" if display.is_compact else "compact"
    return Option(value, DENSITIES["compact"], display.is_compact)


def _explain_missing(request: HubRequest, missing: Sequence[Column[Any]]) -> str:
    if not missing:
        return ""
    names = " and ".join(
        filter(None, (", ".join(each.label for each in missing[:-1]), missing[-1].label))
    )
    verb = "is" if len(missing) == 1 else "are"
    return f"{names} {verb} blocked for your role. {who_can_grant(request)}"
