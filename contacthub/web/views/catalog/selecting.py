"""What somebody selected on a list: counted again, saved, and handed to the page of an action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from contacthub.contacts.queries import find_contacts, name_companies
from contacthub.contacts.selections import (
    MOST_EXCEPTED,
    Question,
    count_question,
    save_selection,
)
from contacthub.core.errors import CountChanged, Invalid
from contacthub.core.public_ids import parse_contact_id
from contacthub.organizations.rights import Right
from contacthub.web.access import member, refuse
from contacthub.web.htmx import is_fragment
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.scalars import parse_whole
from contacthub.web.views.catalog import companies, contact_list
from contacthub.web.views.catalog.list_question import ListQuestion
from contacthub.web.views.catalog.listing import make_chips
from contacthub.web.views.catalog.selection_actions import (
    ACTIONS,
    SELECTION,
    SelectionAction,
    list_actions,
)
from contacthub.web.views.catalog.selection_view import (
    SelectionBar,
    describe_bar,
    describe_changed,
    is_on_list,
)

PAGE, ALL = "page", "all"
MOST_NUMBER_DIGITS = 16


@dataclass(frozen=True)
class Form:
    """What a selection bar sends: the question, and the number of rows that its page showed, None if it showed none."""

    question: Question
    words: str
    shown: int | None
    mode: str
    chosen: str
    excepted: str


@require_POST
@member()
def contact_selection(request: HubRequest) -> HttpResponse:
    """Save the contacts that are selected and go on to the page of the action; stop where their number changed."""
    return _select(request, contact_list.read_question(request), of_companies=False)


@require_POST
@member()
def company_selection(request: HubRequest) -> HttpResponse:
    """Save the companies that are selected and go on to the page of the action; stop where their number changed."""
    return _select(request, companies.read_question(request), of_companies=True)


@require_safe
@member()
def contact_selection_count(request: HubRequest) -> HttpResponse:
    """Count all contacts that match, exactly."""
    return _count(request, contact_list.read_question(request), of_companies=False)


@require_safe
@member()
def company_selection_count(request: HubRequest) -> HttpResponse:
    """Count all companies that match, exactly."""
    return _count(request, companies.read_question(request), of_companies=True)


@require_POST
@member()
def contact_selection_excepted(request: HubRequest) -> HttpResponse:
    """Show the names of the contacts that were excepted from a selection."""
    ids = _read_ids(request.POST.getlist("except"), of_companies=False)
    found = find_contacts(organization=request.organization, keys=list(ids)[:MOST_EXCEPTED])
    note_look(request, "Excepted from a selection", people=len(found))
    named = {key: contact.full_name or "Without a name" for key, contact in found.items()}
    return _render_excepted(request, ids, named)


@require_POST
@member()
def company_selection_excepted(request: HubRequest) -> HttpResponse:
    """Show the names of the companies that were excepted from a selection."""
    ids = _read_ids(request.POST.getlist("except"), of_companies=True)
    numbers = list(ids)[:MOST_EXCEPTED]
    named = name_companies(organization=request.organization, numbers=numbers)
    return _render_excepted(request, ids, named)


# --- How ------------------------------------------------------------------------------------------


def _select(request: HubRequest, asked: ListQuestion[Any], *, of_companies: bool) -> HttpResponse:
    bar = describe_bar(request, asked.filters, None)
    action = _read_action(request, of_companies=of_companies, on_list=is_on_list(asked.filters))
    if bar is None or action is None:
        return _stop(request, bar, fault="Choose what to do with the selection.", status=422)
    try:
        form = _read_form(request, asked, of_companies=of_companies)
    except Invalid as error:
        return _stop(request, bar, fault=str(error), status=422)
    bar = replace(bar, mode=form.mode, chosen=form.chosen, excepted=form.excepted)
    try:
        with transaction.atomic():
            selection = save_selection(
                organization=request.organization,
                actor=actor_of(request),
                question=form.question,
                # Nothing was shown: nothing can be right, and the answer says how many there are.
                shown=-1 if form.shown is None else form.shown,
                words=form.words,
            )
    except CountChanged as error:
        changed = describe_changed(request, bar, error, was_shown=form.shown is not None)
        total = error.counted + len(form.question.excepted) if form.mode == ALL else None
        return _stop(request, replace(changed, total=total), status=409)
    except Invalid as error:
        return _stop(request, bar, fault=str(error), status=422)
    return _go(request, f"{action.address}?{SELECTION}={selection.pk}")


def _read_action(
    request: HubRequest, *, of_companies: bool, on_list: bool
) -> SelectionAction | None:
    name = request.POST.get("action", "")
    wanted = next((each for each in ACTIONS if each.name == name), None)
    if wanted is not None and wanted.right and not request.membership.has_right(wanted.right):
        refuse(request, Right(wanted.right))
    open_to = list_actions(request.membership, of_companies=of_companies, on_list=on_list)
    return wanted if wanted in open_to else None


def _read_form(request: HubRequest, asked: ListQuestion[Any], *, of_companies: bool) -> Form:
    """Raises `Invalid` for what a page never sends: nothing is left out of a selection silently."""
    if asked.faults:
        raise Invalid(asked.faults[0])
    mode = request.POST.get("mode", PAGE)
    if mode not in (PAGE, ALL):
        raise Invalid("Select rows of this page, or all that match.")
    chosen = _read_ids(request.POST.getlist("id"), of_companies) if mode == PAGE else {}
    excepted = _read_ids(request.POST.getlist("except"), of_companies) if mode == ALL else {}
    if mode == PAGE and not chosen:
        raise Invalid("Nothing is selected: tick the rows first.")
    question = Question(
        of_companies=of_companies,
        filters=asked.filters,
        sort=asked.place.sort.column,
        is_descending=asked.place.is_descending,
        chosen=tuple(chosen) if mode == PAGE else None,
        excepted=tuple(excepted),
    )
    return Form(
        question,
        _describe(request, asked, question),
        _read_shown(request, len(chosen) if mode == PAGE else None),
        mode,
        ",".join(chosen.values()),
        ",".join(excepted.values()),
    )


def _read_ids(values: Sequence[str], of_companies: bool) -> dict[int, str]:
    """Return what the rows are named by inside, each once, with its public form. One value may hold several, by ","."""
    texts = [text.strip() for value in values for text in value.split(",") if text.strip()]
    return {_read_id(text, of_companies): text for text in texts}


def _read_id(text: str, of_companies: bool) -> int:
    if not of_companies:
        return parse_contact_id(text)
    number = parse_whole(text, most_digits=MOST_NUMBER_DIGITS)
    if number is None:
        raise Invalid("The selection holds something that is no company.")
    return number


def _read_shown(request: HubRequest, ticked: int | None) -> int | None:
    """Return the number that the page showed; without a script it is the number of rows that were ticked."""
    shown = parse_whole(request.POST.get("shown", ""), most_digits=MOST_NUMBER_DIGITS)
    if shown is not None or ticked is not None:
        return ticked if shown is None else shown
    return parse_whole(request.POST.get("matching", ""), most_digits=MOST_NUMBER_DIGITS)


def _describe(request: HubRequest, asked: ListQuestion[Any], question: Question) -> str:
    """Write a question as people read it, for the pages of the actions and the audit log."""
    chips = [each for each in make_chips(request, asked.asked, request.path) if not each.is_default]
    parts = [" ".join(filter(None, (each.label, each.operator, each.value))) for each in chips]
    if asked.text:
        parts.append(f"“{asked.text}”")
    if question.chosen is not None:
        parts.append("chosen one by one")
    if question.excepted:
        parts.append(f"{len(question.excepted):,} excepted")
    return ", ".join(parts)


def _count(request: HubRequest, asked: ListQuestion[Any], *, of_companies: bool) -> HttpResponse:
    if asked.faults:
        return JsonResponse({"fault": asked.faults[0]}, status=422)
    question = Question(
        of_companies=of_companies,
        filters=asked.filters,
        sort=asked.place.sort.column,
        is_descending=asked.place.is_descending,
    )
    response = JsonResponse(
        {"count": count_question(organization=request.organization, question=question)}
    )
    response["Cache-Control"] = "no-store"
    return response


def _render_excepted(
    request: HubRequest, ids: Mapping[int, str], named: Mapping[int, str]
) -> HttpResponse:
    rows = [(text, named[key]) for key, text in ids.items() if key in named]
    response = render(request, "selection/_excepted.html", {"rows": rows})
    response["Cache-Control"] = "no-store"
    return response


def _go(request: HubRequest, address: str) -> HttpResponse:
    if is_fragment(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _stop(
    request: HubRequest, bar: SelectionBar | None, *, fault: str = "", status: int
) -> HttpResponse:
    """Show the bar with what keeps it from acting: in place, or as a page with the way back to the list."""
    context = {"selecting": bar and replace(bar, fault=fault), "fault": fault}
    template = "selection/_bar.html" if is_fragment(request) else "selection/stopped.html"
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
