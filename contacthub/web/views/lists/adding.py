"""The step that puts something on a list: an existing one, after saying how many are on it, or a new one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.contacts.list_members import source_of
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.lists import changes, queries
from contacthub.lists.actions import create_list
from contacthub.lists.models import List, ListEntry
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.forms import list_choices
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import Parameters, parse_uuid, parse_whole
from contacthub.web.views.catalog.selection_actions import get_asked_selection
from contacthub.web.views.lists.adding_view import (
    describe_adding,
    describe_choice,
    describe_choices,
    describe_done,
    describe_removal,
)
from contacthub.web.views.lists.list_forms import VISIBILITY_CARDS, EditListForm
from contacthub.web.views.lists.reading import find_list, reader_of
from contacthub.web.views.lists.things import Thing, read_thing
from contacthub.web.views.settings.forms import add_refusal

CHOICES_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def list_add(request: HubRequest) -> HttpResponse:
    """Choose a list for what was selected, or name a new one, and put it there."""
    thing = read_thing(request)
    if request.method != "POST":
        return _render(request, thing, EditListForm())
    return _add_to_new(request, thing) if request.POST.get("new") else _add(request, thing)


def _add(request: HubRequest, thing: Thing) -> HttpResponse:
    target = _find_target(request, thing, request.POST.get("list", ""))
    if target is None:
        raise NotFound("There is no such list.")
    try:
        entry = changes.add_source(
            target=target, actor=actor_of(request), source=thing.source, shown=_read_shown(request)
        )
    except (Conflict, Invalid) as error:
        return _render(request, thing, EditListForm(), fault=str(error))
    return _go(request, target, entry)


def _add_to_new(request: HubRequest, thing: Thing) -> HttpResponse:
    form = EditListForm(request.POST)
    if not form.is_valid():
        return _render(request, thing, form)
    actor = actor_of(request)
    try:
        target = create_list(
            organization=request.organization,
            actor=actor,
            of_companies=thing.of_companies,
            name=form.cleaned_data["name"],
            description=form.cleaned_data["description"],
            is_shared=form.is_shared,
        )
    except Invalid as error:
        add_refusal(form, error)
        return _render(request, thing, form)
    try:
        entry = changes.add_source(
            target=target, actor=actor, source=thing.source, shown=_read_shown(request)
        )
    except (Conflict, Invalid) as error:
        target.delete()
        return _render(request, thing, form, fault=str(error))
    return _go(request, target, entry)


def _read_shown(request: HubRequest) -> int:
    """Return the number in the button that was pressed; a form without one showed none, which is no number."""
    shown = parse_whole(request.POST.get("shown", ""), most_digits=16)
    return -1 if shown is None else shown


def _go(request: HubRequest, target: List, entry: ListEntry) -> HttpResponse:
    address = redirect("list-detail", list_id=target.public_id)
    if entry.state == ListEntry.State.DONE and entry.item_count:
        # The list's page says what was done, with a button that undoes it.
        address["Location"] += f"?done={entry.pk}"
    else:
        messages.success(request, describe_done(target, entry), extra_tags="ok")
    return address


def _find_target(request: HubRequest, thing: Thing, text: str) -> List | None:
    """Return the chosen list, None without a choice. Raises `NotFound`, also for one of the other kind."""
    if not text:
        return None
    list_id = parse_uuid(text)
    target = find_list(request, list_id) if list_id is not None else None
    if target is None or target.of_companies != thing.of_companies:
        raise NotFound("There is no such list.")
    return target


def _render(
    request: HubRequest, thing: Thing, form: EditListForm, *, fault: str = ""
) -> HttpResponse:
    sent = Parameters(request.GET)
    text = sent.text()
    found = queries.find_lists(reader=reader_of(request), text=text)
    lists = found.filter(of_companies=thing.of_companies)
    if sent.faults:
        lists = lists.none()
    target = _find_target(
        request, thing, request.GET.get("list", "") or request.POST.get("list", "")
    )
    on_list = changes.count_on_list(target=target, source=thing.source) if target else 0
    context: dict[str, Any] = {
        "adding": describe_adding(thing),
        "choices": describe_choices(thing, list(lists[:CHOICES_SHOWN]), text),
        "has_more": lists.count() > CHOICES_SHOWN,
        "chosen": describe_choice(thing, target, on_list) if target else None,
        "form": form,
        "visibilities": list_choices(form["visibility"], VISIBILITY_CARDS),
        "fault": fault,
        **sent.context,
    }
    status = 409 if fault else 422 if form.errors or sent.faults else 200
    return render_page(request, "lists/add.html", "lists/add.html", context, status=status)


# --- Removing ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def list_remove(request: HubRequest) -> HttpResponse:
    """Take what was selected on the page of a list off that list."""
    selection = get_asked_selection(request)
    target = _find_listed(request, selection.filters, of_companies=selection.of_companies)
    source = source_of(selection)
    if request.method == "POST":
        try:
            entry = changes.remove_source(
                target=target,
                actor=actor_of(request),
                source=source,
                shown=_read_shown(request),
            )
        except (Conflict, Invalid) as error:
            messages.error(request, str(error), extra_tags="bad")
            return redirect("list-detail", list_id=target.public_id)
        return _go(request, target, entry)
    context = {
        "removal": describe_removal(
            target, count=selection.count, selection=selection.pk, words=selection.words
        )
    }
    return render_page(request, "lists/remove.html", "lists/remove.html", context)


def _find_listed(request: HubRequest, filters: dict[str, Any], *, of_companies: bool) -> List:
    """Return the one list that a selection was made on. Raises `NotFound` for a selection made elsewhere."""
    ids = filters.get("lists", [])
    found = queries.get_lists(reader=reader_of(request), ids=ids)
    targets = [each for each in found.values() if each.of_companies == of_companies]
    if len(ids) != 1 or not targets:
        raise NotFound("This selection was not made on the page of a list.")
    return targets[0]
