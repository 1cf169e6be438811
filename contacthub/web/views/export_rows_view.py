"""Rows of an export as their table shows them: personal values masked, or blocked for who may not see them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import floatformat
from django.urls import reverse

from contacthub.core.errors import Invalid
from contacthub.exports import catalog_columns
from contacthub.exports import columns as feed_columns
from contacthub.exports.models import Export
from contacthub.exports.sources import source_of
from contacthub.web.templatetags.values import masked

ROWS_SHOWN = 25
NUMBERS = frozenset({"score", "quality_score", "confidence", "company_id"})
EMPTY_FEED = "This export has no rows: nothing was observed in its window."
EMPTY_CATALOG = "Which rows it had is kept as long as its file. Run the export again to see them."


@dataclass(frozen=True)
class Cell:
    """A value in the table; with an address it is a link."""

    text: str
    css: str = "ch-nowrap"
    url: str = ""
    is_blocked: bool = False


@dataclass(frozen=True)
class Turn:
    """A button that leafs to another page of the table."""

    words: str
    url: str
    is_off: bool


@dataclass(frozen=True)
class RowsView:
    """A page of the table. `first` and `last` are rows of the export, counted from 1, and `total` is all it counted."""

    # Names of columns, each with the class of its head.
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    first: int
    last: int
    total: int
    turns: tuple[Turn, ...]
    note: str
    # What a table without rows says.
    empty: str


def read_rows(export: Export, *, screen: int, may_see: bool) -> RowsView:
    """Return 25 rows. Raises `Invalid` before the export is complete."""
    if export.state != Export.State.COMPLETED:
        raise Invalid("The rows can be seen when the export is complete.")
    is_feed = export.selection_id is None
    # The places of a selection stay when rows of it are gone.
    total = export.total_rows if is_feed else export.matched_rows
    last_screen = max(-(-total // ROWS_SHOWN), 1)
    screen = min(screen, last_screen)
    before = (screen - 1) * ROWS_SHOWN
    names = export.columns or feed_columns.list_names(
        get_pii=export.get_pii, include_business_info=export.include_business_info
    )
    found = (
        source_of(export).read_rows(first=before, count=ROWS_SHOWN, names=names) if total else []
    )
    return RowsView(
        columns=tuple((name, "ch-num" if name in NUMBERS else "") for name in names),
        rows=_make_rows(found, names, is_feed=is_feed, may_see=may_see),
        first=before + 1,
        last=min(before + ROWS_SHOWN, total),
        total=total,
        turns=_list_turns(export, screen, last_screen),
        note=_describe_values(is_feed=is_feed, may_see=may_see),
        empty=EMPTY_FEED if is_feed else EMPTY_CATALOG,
    )


def _describe_values(*, is_feed: bool, may_see: bool) -> str:
    hidden = "Personal values masked" if may_see else "Personal values: not part of your role"
    return hidden if is_feed else f"{hidden}. As your catalog has them now; the file stays as it is"


def _make_rows(
    found: list[dict[str, Any]], names: list[str], *, is_feed: bool, may_see: bool
) -> tuple[tuple[Cell, ...], ...]:
    columns = feed_columns if is_feed else catalog_columns
    blocked = frozenset() if may_see else columns.PERSONAL
    return tuple(
        tuple(_make_cell(name, row[name], blocked=blocked, hidden=columns.MASKED) for name in names)
        for row in found
    )


def _make_cell(name: str, value: Any, *, blocked: Collection[str], hidden: Collection[str]) -> Cell:
    if name == "contact_id":
        return Cell(
            value or "", "ch-mono", reverse("contact-detail", args=[value]) if value else ""
        )
    if name in blocked:
        return Cell("", is_blocked=True)
    if name in hidden:
        return Cell(_mask_each(value))
    if name == "score":
        return Cell(floatformat(value, "-2"), "ch-num")
    if isinstance(value, dt.date):
        return Cell(f"{value:%Y-%m-%d}", "ch-2 ch-nowrap")
    return Cell("" if value is None else str(value), "ch-num" if name in NUMBERS else "ch-nowrap")


def _mask_each(value: Any) -> str:
    """Hide a personal value, or each of several that are joined."""
    texts = str(value or "").split(catalog_columns.SEPARATOR)
    return catalog_columns.SEPARATOR.join(masked(text) for text in texts)


def _list_turns(export: Export, screen: int, last_screen: int) -> tuple[Turn, ...]:
    url = reverse("export-rows", args=[export.pk])
    is_first, is_last = screen == 1, screen == last_screen
    places = (
        ("First", 1, is_first),
        ("Previous", screen - 1, is_first),
        ("Next", screen + 1, is_last),
        ("Last", last_screen, is_last),
    )
    return tuple(Turn(words, f"{url}?rows={place}", is_off) for words, place, is_off in places)
