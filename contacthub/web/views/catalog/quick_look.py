"""Quick look: one row of a list beside it, named by `look` in the list's address."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.models import Section
from contacthub.enrichment.queries.look_ups import get_look_up
from contacthub.exports.holding import list_exports_with
from contacthub.feeds.queries import list_contact_intent
from contacthub.lists.queries import Reader, list_lists_with
from contacthub.organizations.rights import Right
from contacthub.web.access import who_can_grant
from contacthub.web.calls import Call
from contacthub.web.htmx import is_fragment
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.views.catalog.contact_view import (
    describe_head,
    describe_intents,
    describe_section,
)
from contacthub.web.views.catalog.contacts import describe_vendors, parse_or_not_found
from contacthub.web.views.catalog.filter_fields import LOOK
from contacthub.web.views.catalog.quality_view import describe_quality
from contacthub.web.views.catalog.selection_actions import describe_listing

# The place beside the list, which htmx fills alone.
PLACE_ID = "look"
TOPICS_SHOWN = 3
EXPORTS_SHOWN = 3


@dataclass(frozen=True)
class QuickLook:
    """A row that is looked at: its template with what it needs, and the addresses of its page and of the list alone.

    Without a `page` there is no such row, or it belongs to another organization.
    """

    id: str
    close: str
    page: str = ""
    template: str = ""


def is_asked_alone(request: HubRequest) -> bool:
    """Return whether only the quick look is wanted: the list beside it stays."""
    return is_fragment(request) and request.htmx.target == PLACE_ID


def draw_look(request: HubRequest, context: dict[str, Any]) -> str:
    """Draw the quick look for the list's page, with a context of its own; nothing without one."""
    return render_to_string("selection/_look.html", context, request) if context else ""


def render_look(request: HubRequest, context: dict[str, Any]) -> HttpResponse:
    """Render the quick look alone; the address names it, and going from row to row adds nothing to the history."""
    response = render(request, "selection/_look.html", context)
    response["Cache-Control"] = "no-store"
    is_open = f"{LOOK}=" in (request.htmx.current_url or "")
    response["HX-Replace-Url" if is_open else "HX-Push-Url"] = request.get_full_path()
    return response


def describe_contact_look(request: HubRequest) -> dict[str, Any]:
    """Return what the template needs of the contact that an address names; nothing if it names none.

    The look is counted, as on the contact's page. Values are masked.
    """
    text = request.GET.get(LOOK, "")
    if not text:
        return {}
    close = address_without_look(request)
    is_blocked = not request.membership.has_right(Right.VALUES)
    try:
        key = parse_or_not_found(text)
        found = get_look_up(organization=request.organization, key=key, is_blocked=is_blocked)
    except NotFound:
        return {"look": QuickLook("", close)}
    note_look(request, "Quick look", people=1)
    contact_id = format_contact_id(key)
    today = clock.today()
    intents = list_contact_intent(organization=request.organization, contact_key=key, today=today)
    page = reverse("contact-detail", args=[contact_id])
    return {
        "look": QuickLook(contact_id, close, page, "contacts/_look.html"),
        "contact_id": contact_id,
        "contact": found.contact,
        "company": found.contact.company,
        "head": describe_head(found.contact),
        "quality": describe_quality(found, today),
        "emails": describe_section(found, Section.EMAILS),
        "phones": describe_section(found, Section.PHONES),
        "is_blocked": is_blocked,
        "who": who_can_grant(request) if is_blocked else "",
        "intents": describe_intents(intents[:TOPICS_SHOWN], today),
        "lists": list_lists_with(
            reader=Reader.of(request.membership), of_companies=False, item=found.contact.key
        ),
        "exports": list_exports_with(
            organization=request.organization, key=found.contact.key, most=EXPORTS_SHOWN
        ),
        "look_call": Call("contactbased", f"/enrich/contacts/{contact_id}"),
        **describe_vendors(request, key),
        **describe_listing(request, of_companies=False),
    }


def address_without_look(request: HubRequest) -> str:
    """Return the address of the list alone, on the same page of it."""
    query = request.GET.copy()
    query.pop(LOOK, None)
    text = query.urlencode(safe=";,:")
    return f"{request.path}?{text}" if text else request.path
