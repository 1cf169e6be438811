"""Making, naming, sharing and deleting a list: drawers over the overview and over a list's history."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.core.errors import Conflict, Invalid
from contacthub.lists import actions
from contacthub.lists.models import List
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.forms import list_choices
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import parse_whole
from contacthub.web.views.lists.history import describe_page
from contacthub.web.views.lists.list_forms import (
    KIND_CARDS,
    PRIVATE,
    SHARED,
    VISIBILITY_CARDS,
    EditListForm,
    NewListForm,
)
from contacthub.web.views.lists.list_words import count_members
from contacthub.web.views.lists.overview import describe_overview
from contacthub.web.views.lists.reading import find_own_list
from contacthub.web.views.settings.forms import add_refusal


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def list_new(request: HubRequest) -> HttpResponse:
    """Make an empty list."""
    form = NewListForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _render_new(request, form)
    try:
        made = actions.create_list(
            organization=request.organization,
            actor=actor_of(request),
            of_companies=form.of_companies,
            name=form.cleaned_data["name"],
            description=form.cleaned_data["description"],
            is_shared=form.is_shared,
        )
    except Invalid as error:
        add_refusal(form, error)
        return _render_new(request, form)
    return redirect("list-detail", list_id=made.public_id)


def _render_new(request: HubRequest, form: NewListForm) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "kinds": list_choices(form["kind"], KIND_CARDS),
        "visibilities": list_choices(form["visibility"], VISIBILITY_CARDS),
    }
    if not request.htmx:
        context = describe_overview(request) | context
    status = 422 if form.errors else 200
    return render_page(request, "lists/new.html", "lists/_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def list_edit(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Give a list another name or description; share it or make it private."""
    target = find_own_list(request, list_id)
    if request.method != "POST":
        return _render_edit(request, target, EditListForm(_values_of(target)), is_first=True)
    form = EditListForm(request.POST)
    if not form.is_valid():
        return _render_edit(request, target, form)
    try:
        _edit(request, target, form)
    except (Invalid, Conflict) as error:
        field = error.field if isinstance(error, Invalid) else "visibility"
        add_refusal(form, Invalid(str(error), field=field))
        return _render_edit(request, find_own_list(request, list_id), form)
    messages.success(request, "The list is saved.", extra_tags="ok")
    return redirect("list-detail", list_id=list_id)


def _values_of(target: List) -> dict[str, str]:
    return {
        "name": target.name,
        "description": target.description,
        "visibility": SHARED if target.is_shared else PRIVATE,
    }


def _edit(request: HubRequest, target: List, form: EditListForm) -> None:
    actor, sent = actor_of(request), form.cleaned_data
    actions.rename_list(
        target=target, actor=actor, name=sent["name"], description=sent["description"]
    )
    actions.share_list(target=target, actor=actor, is_shared=form.is_shared)


def _render_edit(
    request: HubRequest, target: List, form: EditListForm, *, is_first: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {
        "list": target,
        "form": form,
        "visibilities": list_choices(form["visibility"], VISIBILITY_CARDS),
    }
    if not request.htmx:
        context = describe_page(request, target) | context
    status = 200 if is_first else 422
    return render_page(request, "lists/edit.html", "lists/_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def list_delete(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Ask whether a list shall go, and delete it with its history."""
    target = find_own_list(request, list_id)
    if request.method != "POST":
        context: dict[str, Any] = {
            "list": target,
            "members": count_members(target.member_count, of_companies=target.of_companies),
        }
        if not request.htmx:
            context = describe_page(request, target) | context
        return render_page(request, "lists/delete.html", "lists/_delete.html", context)
    shown = parse_whole(request.POST.get("shown", ""), most_digits=16)
    try:
        actions.delete_list(
            target=target, actor=actor_of(request), shown=-1 if shown is None else shown
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("list-history", list_id=list_id)
    messages.success(request, f"{target.name} is deleted.", extra_tags="ok")
    return redirect("list-list")
