"""Rows of an export as their table shows them: personal values masked, or blocked for who may not see them."""

from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import floatformat
from django.urls import reverse

from contacthub.core.errors import Invalid
from contacthub.exports.columns import MASKED, PERSONAL, list_names, make_column
from contacthub.exports.models import Export
from contacthub.exports.queries import read_page
from contacthub.web.templatetags.values import masked

ROWS_SHOWN = 25


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
    """A page of the table. `first` and `last` are rows of the export, counted from 1."""

    # Names of columns, each with the class of its head.
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    first: int
    last: int
    turns: tuple[Turn, ...]
    note: str


def read_rows(export: Export, *, screen: int, may_see: bool) -> RowsView:
    """Return 25 rows; the page of the export that holds them is read whole, 1,000 rows in a few milliseconds.

    Raises `Invalid` before the export is complete.
    """
    if export.state != Export.State.COMPLETED:
        raise Invalid("The rows can be seen when the export is complete.")
    names = export.columns or list_names(
        get_pii=export.get_pii, include_business_info=export.include_business_info
    )
    last_screen = max(-(-export.total_rows // ROWS_SHOWN), 1)
    screen = min(screen, last_screen)
    found = _read_screen(export, names, screen)
    blocked = frozenset() if may_see else PERSONAL
    before = (screen - 1) * ROWS_SHOWN
    return RowsView(
        columns=tuple((name, "ch-num" if name == "score" else "") for name in names),
        rows=tuple(
            tuple(_make_cell(name, row[name], is_blocked=name in blocked) for name in names)
            for row in found
        ),
        first=before + 1,
        last=before + len(found),
        turns=_list_turns(export, screen, last_screen),
        note="Personal values masked" if may_see else "Personal values: not part of your role",
    )


def _read_screen(export: Export, names: list[str], screen: int) -> list[dict[str, Any]]:
    if not export.total_rows:
        return []
    page, offset = divmod((screen - 1) * ROWS_SHOWN, export.page_size)
    columns = [make_column(name) for name in names]
    found = read_page(export=export, page=page + 1, columns=columns)
    return found[offset : offset + ROWS_SHOWN]


def _make_cell(name: str, value: Any, *, is_blocked: bool) -> Cell:
    if name == "contact_id":
        return Cell(
            value or "", "ch-mono", reverse("contact-detail", args=[value]) if value else ""
        )
    if is_blocked:
        return Cell("", is_blocked=True)
    if name in MASKED:
        return Cell(masked(value))
    if name == "score":
        return Cell(floatformat(value, "-2"), "ch-num")
    if name == "observed_on":
        return Cell(f"{value:%Y-%m-%d}" if value else "", "ch-2 ch-nowrap")
    return Cell("" if value is None else str(value))


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
