"""The checkout of contacts or companies that somebody selected: columns, personal values, file. It costs nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from contacthub.contacts.models import Selection
from contacthub.contacts.selections import count_question, question_of
from contacthub.core.errors import ContactHubError, CountChanged, Invalid
from contacthub.exports import actions
from contacthub.exports.catalog_columns import find_fields, list_fields
from contacthub.exports.orders import ExportOrder
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.forms import CatalogExportForm
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.catalog.selection_actions import SELECTION, get_asked_selection
from contacthub.web.views.checkout_contacts_view import (
    ColumnChoice,
    describe_changed,
    describe_checkout,
    describe_columns,
    list_choices,
)
from contacthub.web.views.remembered_choices import FirstChoices, read_first_choices

PAGE, FORM = "exports/catalog.html", "exports/_catalog_form.html"
SWAP = "exports/_catalog_swap.html"


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.EXPORT)
def contact_export(request: HubRequest) -> HttpResponse:
    """Show the checkout of a selection, or make the export of as many rows as it showed."""
    if SELECTION not in request.GET and SELECTION not in request.POST:
        return redirect("contact-list")
    selection = get_asked_selection(request)
    if request.method != "POST":
        first = read_first_choices(request, selection)
        form = CatalogExportForm(_defaults(first.sent))
        return _render(request, selection, form, first.sent, first=first)
    form = CatalogExportForm(request.POST)
    if not form.is_valid():
        return _render(request, selection, form, request.POST, status=422)
    columns = _read_columns(request.POST, selection, form)
    if not columns:
        # No column at all would otherwise mean the usual ones.
        form.add_error(None, "Choose at least one column.")
        return _render(request, selection, form, request.POST, status=422)
    return _make(request, selection, form, columns)


@require_POST
@member(Right.EXPORT)
def contact_export_choices(request: HubRequest) -> HttpResponse:
    """Show what the choices so far bring: columns, and what is still needed. Makes nothing."""
    selection = get_asked_selection(request)
    return _render(request, selection, CatalogExportForm(request.POST), request.POST, part=SWAP)


def _make(
    request: HubRequest, selection: Selection, form: CatalogExportForm, columns: Sequence[str]
) -> HttpResponse:
    data = form.cleaned_data
    try:
        export, _ = actions.create_export(
            organization=request.organization,
            actor=actor_of(request),
            order=ExportOrder(
                options=form.options(),
                selection_id=selection.pk,
                format=data["format"] or "csv",
                columns=columns,
                name=data["name"],
                purpose=data["purpose"],
                shown_rows=data["shown_rows"],
            ),
            request_key=str(data["request_key"]) if data["request_key"] else None,
        )
    except CountChanged as error:
        return _render(request, selection, form, request.POST, status=422, changed=error)
    except ContactHubError as error:
        field = error.field if isinstance(error, Invalid) and error.field in form.fields else None
        form.add_error(field, str(error))
        return _render(request, selection, form, request.POST, status=422)
    return redirect("export-detail", export_id=export.pk)


def _defaults(sent: QueryDict) -> dict[str, Any]:
    """Return the form's first values; an address may carry others, such as those of an export that is run again."""
    given = {name: sent[name] for name in CatalogExportForm.base_fields if name in sent}
    return {"format": "csv", **given}


def _read_columns(sent: QueryDict, selection: Selection, form: CatalogExportForm) -> list[str]:
    """Return the chosen columns in their order, with those that an option has just brought. Unknown ones come last."""
    known = find_fields(of_companies=selection.of_companies)
    chosen = [each.name for each in _choose(sent, selection, form) if each.is_chosen]
    return chosen + [name for name in sent.getlist("columns") if name not in known]


def _choose(sent: QueryDict, selection: Selection, form: CatalogExportForm) -> list[ColumnChoice]:
    available = list_fields(
        of_companies=selection.of_companies,
        with_personal=form.options().get_pii,
        with_provenance=bool(form.cleaned_data.get("with_provenance")),
    )
    return list_choices(sent, available, of_companies=selection.of_companies)


def _render(
    request: HubRequest,
    selection: Selection,
    form: CatalogExportForm,
    sent: QueryDict,
    *,
    status: int = 200,
    changed: CountChanged | None = None,
    part: str = FORM,
    first: FirstChoices | None = None,
) -> HttpResponse:
    """Show the form. A part of it shows the number that was shown before, which the export compares."""
    form.is_valid()
    is_part = part == SWAP and request.htmx
    shown = form.cleaned_data.get("shown_rows")
    count = shown if is_part and shown is not None else _count(selection, form)
    choices = _choose(sent, selection, form)
    context = {
        "selection": selection,
        "form": form,
        "checkout": describe_checkout(
            selection,
            form,
            count=count,
            changed=describe_changed(
                selection, count, shown=changed.shown if changed else selection.count
            ),
            may_reveal=request.membership.has_right(Right.REVEAL),
            who=who_can_grant(request),
        ),
        "columns": describe_columns(choices, of_companies=selection.of_companies),
        "has_other_columns": {each.name for each in choices} != set(sent.getlist("offered")),
        "first": first,
        "request_key": uuid4(),
        "is_swap": is_part,
    }
    return render_page(request, PAGE, part, context, status=status)


def _count(selection: Selection, form: CatalogExportForm) -> int:
    """Count the rows that there are now; none where the question can no longer be asked, which the form says."""
    try:
        return count_question(organization=selection.organization, question=question_of(selection))
    except ContactHubError as error:
        form.add_error(None, str(error))
        return 0
