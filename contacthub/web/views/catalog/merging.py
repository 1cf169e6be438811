"""Merging two contacts, from a proposal or from a selection of two, and undoing it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.contacts.merging.actions import merge_contacts, unmerge
from contacthub.contacts.merging.queries import (
    Pair,
    check_undoable,
    get_merge,
    get_pair,
    preview,
)
from contacthub.contacts.merging.rule import Decision, Side
from contacthub.contacts.models import Merge
from contacthub.contacts.queries import get_contact
from contacthub.contacts.selections import list_selected_keys
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.queries.provenance import get_provenance
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.templatetags.figures import plural
from contacthub.web.views.catalog.contacts import parse_or_not_found
from contacthub.web.views.catalog.merging_effects import list_effects
from contacthub.web.views.catalog.merging_view import describe_merge, describe_side, make_mark
from contacthub.web.views.catalog.selection_actions import SELECTION, get_asked_selection

# The fields of the form are called so, with the name of the field behind.
PICK = "use-"


@require_safe
@member(Right.ENRICH)
def contact_merge_selected(request: HubRequest) -> HttpResponse:
    """Go on to the page of the two contacts that are selected; say so if they are not two."""
    if SELECTION not in request.GET:
        return redirect("contact-list")
    selection = get_asked_selection(request)
    if selection.of_companies:
        raise NotFound("Companies cannot be merged.")
    keys = list_selected_keys(selection=selection) if selection.count == 2 else []
    if len(keys) != 2:
        selected = plural(selection.count, "contact")
        text = f"You selected {selected}. Tick exactly two, then press Merge."
        return _stop(request, "Select two contacts to merge", text, reverse("contact-list"), 422)
    return redirect("contact-merge", *map(format_contact_id, keys))


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def contact_merge(request: HubRequest, contact_id: str, other_id: str) -> HttpResponse:
    """Show two contacts side by side, with what is used of each; merge the second into the first."""
    keys = (parse_or_not_found(contact_id), parse_or_not_found(other_id))
    try:
        pair = get_pair(organization=request.organization, survivor_key=keys[0], merged_key=keys[1])
    except (Invalid, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        back = reverse("contact-detail", args=[format_contact_id(keys[0])])
        return _stop(request, "These contacts cannot be merged", str(error), back, status)
    if request.method == "POST":
        return _merge(request, pair)
    return _render_pair(request, pair)


def _merge(request: HubRequest, pair: Pair) -> HttpResponse:
    decisions = preview(pair, {})
    try:
        picks = _read_picks(request, decisions)
    except Invalid as error:
        return _render_pair(request, pair, fault=str(error), status=422)
    if request.POST.get("mark") != make_mark(pair, decisions):
        fault = "A value changed since this page was opened. Look at both again, then merge."
        return _render_pair(request, pair, picks=picks, fault=fault, status=409)
    merge = merge_contacts(
        organization=request.organization,
        actor=actor_of(request),
        survivor_key=pair.survivor.key,
        merged_key=pair.merged.key,
        picks=picks,
    )
    # Its page says at its head that it was merged.
    return redirect("contact-detail", format_contact_id(merge.survivor_key))


def _read_picks(request: HubRequest, decisions: list[Decision]) -> dict[str, Side]:
    """Return the choices that differ from what is used anyway. Raises `Invalid` for what the page never sends."""
    picks = {}
    for each in decisions:
        text = request.POST.get(PICK + each.name, "")
        if not text or not each.is_different:
            continue
        if text not in list(Side):
            raise Invalid("Choose the value of one of the two contacts.")
        if Side(text) != each.side:
            picks[each.name] = Side(text)
    return picks


def _render_pair(
    request: HubRequest,
    pair: Pair,
    *,
    picks: Mapping[str, Side] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    note_look(request, "Contacts to merge", people=2)
    decisions = preview(pair, picks or {})
    provenances = (
        get_provenance(organization=request.organization, contact=pair.survivor),
        get_provenance(organization=request.organization, contact=pair.merged),
    )
    effects = list_effects(request, pair)
    page = describe_merge(pair, decisions, provenances, effects)
    return _render(request, "contacts/merge.html", {"page": page, "fault": fault}, status)


# --- Undoing --------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def contact_unmerge(request: HubRequest, contact_id: str, merge_id: int) -> HttpResponse:
    """Say what undoing a merge does, and do it."""
    key = parse_or_not_found(contact_id)
    merge = get_merge(organization=request.organization, merge_id=merge_id)
    if key not in (merge.survivor_key, merge.merged_key):
        raise NotFound("There is no such merge of this contact.")
    try:
        check_undoable(merge)
        if request.method != "POST":
            return _render_undo(request, merge)
        unmerge(organization=request.organization, actor=actor_of(request), merge_id=merge.pk)
    except Conflict as error:
        return _render_undo(request, merge, fault=str(error), status=409)
    words = f"Undone. {merge.merged_name or 'The other contact'} is a contact of its own again."
    messages.success(request, words, extra_tags="ok")
    return redirect("contact-detail", format_contact_id(merge.survivor_key))


def _render_undo(
    request: HubRequest, merge: Merge, *, fault: str = "", status: int = 200
) -> HttpResponse:
    contact = get_contact(organization=request.organization, key=merge.survivor_key)
    note_look(request, "Merge to undo", people=1)
    context = {
        "merge": merge,
        "name": merge.merged_name or "the other contact",
        "merged_id": format_contact_id(merge.merged_key),
        "survivor": describe_side(contact),
        "fault": fault,
        "back": reverse("contact-detail", args=[format_contact_id(contact.key)]),
    }
    return _render(request, "contacts/unmerge.html", context, status)


def _stop(request: HubRequest, title: str, text: str, back: str, status: int) -> HttpResponse:
    context = {"title": title, "text": text, "back": back}
    return _render(request, "contacts/merge_stopped.html", context, status)


def _render(
    request: HubRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
