"""The checkout of a selection in words: its rows, its columns, and what is still missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from contacthub.contacts.models import Selection
from contacthub.core import clock
from contacthub.exports.catalog_columns import CONTACT_GROUPS, Field, list_groups
from contacthub.exports.options import is_purpose_missing
from contacthub.formats import FORMATS
from contacthub.web.forms import CatalogExportForm
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.views.checkout_view import FormatChoice
from contacthub.web.views.export_source_view import name_kind, say_question

CHANGED_FORM = "This form was changed on its way. Nothing was exported; check it and send it again."


@dataclass(frozen=True)
class ColumnChoice:
    """A column to choose, the group it belongs to, and whether it is in the file."""

    name: str
    group: str
    is_chosen: bool


@dataclass(frozen=True)
class ColumnGroupView:
    """Columns of one group that are not in the file."""

    label: str
    choices: tuple[ColumnChoice, ...]


@dataclass(frozen=True)
class ColumnsView:
    """The columns of the file in their order, and the others by group."""

    chosen: tuple[ColumnChoice, ...]
    others: tuple[ColumnGroupView, ...]
    count: int


@dataclass(frozen=True)
class CatalogCheckout:
    """The checkout but for its columns."""

    title: str
    question: str
    back_url: str
    back_words: str
    # Rows as they were counted just now; another number than before is said in words.
    count: int
    counted_at: str
    which: str
    changed: str
    faults: tuple[str, ...]
    # What personal values and their provenance would bring; why they cannot be chosen.
    has_personal: bool
    personal_count: int
    no_personal: str
    provenance_count: int
    no_provenance: str
    formats: tuple[FormatChoice, ...]
    default_name: str
    needs_purpose: bool
    is_off: bool
    off_words: str
    button_words: str


def describe_checkout(
    selection: Selection,
    form: CatalogExportForm,
    *,
    count: int,
    changed: str,
    may_reveal: bool,
    who: str,
) -> CatalogCheckout:
    """Return the checkout of a selection of which `count` rows were counted."""
    data = form.cleaned_data
    chosen = data.get("format") or "csv"
    needs_purpose = is_purpose_missing(options=form.options(), purpose=data.get("purpose", ""))
    wrong = [str(form[name].label) for name in ("name", "purpose") if name in form.errors]
    return CatalogCheckout(
        title=f"Export {_count_kind(count, selection)}",
        question=say_question(selection),
        back_url=reverse("company-list" if selection.of_companies else "contact-list"),
        back_words=name_kind(selection),
        count=count,
        counted_at=f"{clock.now():%H:%M}",
        which=f"One row per {'company' if selection.of_companies else 'contact'}.",
        changed=changed,
        faults=_list_faults(form),
        has_personal=not selection.of_companies,
        personal_count=_count_columns(is_provenance=False),
        no_personal="" if may_reveal else f"Not part of your role. {who}",
        provenance_count=_count_columns(is_provenance=True),
        no_provenance="" if data.get("get_pii") else "Include personal values first.",
        formats=tuple(
            FormatChoice(each.name, each.label, each.hint, each.name == chosen)
            for each in FORMATS.values()
        ),
        default_name=f"{_count_kind(count, selection)}, {clock.today():%-d %b}",
        needs_purpose=needs_purpose,
        is_off=bool(wrong) or needs_purpose or not count,
        off_words=_say_off(wrong, count, needs_purpose=needs_purpose),
        button_words=f"Export {plural(count, 'row')}",
    )


def _count_kind(count: int, selection: Selection) -> str:
    if selection.of_companies:
        return f"{rows(count)} {'company' if count == 1 else 'companies'}"
    return plural(count, "contact")


def _count_columns(*, is_provenance: bool) -> int:
    return sum(
        len(group.fields)
        for group in CONTACT_GROUPS
        if group.is_personal and group.is_provenance == is_provenance
    )


def _say_off(wrong: Sequence[str], count: int, *, needs_purpose: bool) -> str:
    if wrong:
        return f"Correct {' and '.join(wrong)} first."
    if not count:
        return "There is nothing to export."
    return "Enter the purpose first: the file has personal data." if needs_purpose else ""


def _list_faults(form: CatalogExportForm) -> tuple[str, ...]:
    told = " ".join(map(str, form.non_field_errors()))
    is_changed = "request_key" in form.errors or "shown_rows" in form.errors
    return (
        *([f"{told} Nothing was exported."] if told else []),
        *([CHANGED_FORM] if is_changed else []),
    )


def describe_changed(selection: Selection, count: int, *, shown: int) -> str:
    """Say that there are other rows than were shown; nothing if there are as many."""
    if count == shown:
        return ""
    was = f"{rows(shown)} {'was' if shown == 1 else 'were'} selected; "
    now = f"{rows(count)} {'matches' if count == 1 else 'match'} now. Nothing was exported."
    return f"{was}{now}" + (" Continue with the new number, or select again." if count else "")


# --- Columns --------------------------------------------------------------------------------------


def list_choices(
    sent: QueryDict, available: Mapping[str, Field], *, of_companies: bool
) -> list[ColumnChoice]:
    """Return the columns to choose from, in the person's order.

    A usual column that an option has just brought is chosen. `up` and `down` name one that is moved.
    """
    groups = {
        field.name: group.label
        for group in list_groups(
            of_companies=of_companies, with_personal=True, with_provenance=True
        )
        for field in group.fields
    }
    chosen = [name for name in sent.getlist("columns") if name in available]
    offered = [name for name in sent.getlist("offered") if name in available]
    if chosen and not offered:
        # An address that names columns means these and no others.
        offered = [*chosen, *(name for name in available if name not in chosen)]
    order = list(offered)
    for place, name in enumerate(available):
        if name not in offered:
            before = [order.index(each) for each in list(available)[:place] if each in order]
            order.insert(before[-1] + 1 if before else 0, name)
    new = {name for name in available if name not in offered and available[name].is_usual}
    return _move(
        [
            ColumnChoice(name, groups[name], name in chosen or name in new)
            for name in dict.fromkeys(order)
        ],
        up=sent.get("up", ""),
        down=sent.get("down", ""),
    )


def _move(choices: list[ColumnChoice], *, up: str, down: str) -> list[ColumnChoice]:
    """Return chosen columns first, one of them moved by a place."""
    first = [each for each in choices if each.is_chosen]
    names = [each.name for each in first]
    if up in names[1:]:
        place = names.index(up)
        first[place - 1 : place + 1] = reversed(first[place - 1 : place + 1])
    if down in names[:-1]:
        place = names.index(down)
        first[place : place + 2] = reversed(first[place : place + 2])
    return [*first, *(each for each in choices if not each.is_chosen)]


def describe_columns(choices: Sequence[ColumnChoice], *, of_companies: bool) -> ColumnsView:
    """Return the columns of the file, and the others by group."""
    groups = list_groups(of_companies=of_companies, with_personal=True, with_provenance=True)
    others = (
        ColumnGroupView(
            label,
            tuple(each for each in choices if each.group == label and not each.is_chosen),
        )
        for label in dict.fromkeys(group.label for group in groups)
    )
    return ColumnsView(
        chosen=tuple(each for each in choices if each.is_chosen),
        others=tuple(group for group in others if group.choices),
        count=len(choices),
    )
