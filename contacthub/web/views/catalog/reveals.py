"""Values of a contact in the clear: one, those of a section, or all; and who did what with the contact."""

from collections.abc import Mapping, Sequence

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from contacthub.contacts.queries import get_contact
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.actions.look_ups import reveal, reveal_all
from contacthub.enrichment.models import Section
from contacthub.enrichment.queries.look_ups import Value
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import is_fragment
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.catalog.contact_view import describe_revealed
from contacthub.web.views.catalog.contacts import (
    describe_activity,
    parse_or_not_found,
    render_contact,
)

ALL = "all"
# Sent after a reveal: the list of activity on the page fetches itself again.
LOOKED = "contact-read"


@require_POST
@member(Right.REVEAL)
def contact_reveal(request: HubRequest, contact_id: str) -> HttpResponseBase:
    """Show values in the clear, in their own places. Recorded once, however many they are.

    `section` is pii, emails, phones or all; with `name`, it is one value. Without JavaScript the page comes again with
    these values in it.
    """
    key = parse_or_not_found(contact_id)
    revealed = _reveal(request, key)
    if not is_fragment(request):
        return render_contact(request, key, revealed=revealed)
    rows = describe_revealed(revealed)
    is_one = bool(request.POST.get("name"))
    context = {
        "rows": rows,
        "row": rows[0] if is_one else None,
        "contact_id": format_contact_id(key),
    }
    template = "contacts/_revealed.html" if is_one else "contacts/_revealed_all.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    response["HX-Trigger"] = LOOKED
    return response


def _reveal(request: HubRequest, key: int) -> Mapping[Section, Sequence[Value]]:
    chosen = request.POST.get("section", "")
    name = request.POST.get("name", "")
    if chosen != ALL and chosen not in Section.values:
        raise NotFound("There is no such section.")
    if not name:
        sections = list(Section) if chosen == ALL else [Section(chosen)]
        return reveal_all(
            organization=request.organization,
            actor=actor_of(request),
            key=key,
            sections=sections,
        )
    if chosen == ALL:
        raise NotFound("There is no such section.")
    value = reveal(
        organization=request.organization,
        actor=actor_of(request),
        key=key,
        section=Section(chosen),
        name=name,
    )
    return {Section(chosen): [value]}


@require_safe
@member()
def contact_activity(request: HubRequest, contact_id: str) -> HttpResponse:
    """Show who did what with a contact. Raises `NotFound` for one that the organization does not see."""
    key = parse_or_not_found(contact_id)
    contact = get_contact(organization=request.organization, key=key)
    context = {
        **describe_activity(request, contact),
        "contact": contact,
        "contact_id": format_contact_id(contact.key),
    }
    response = render(request, "contacts/_activity.html", context)
    response["Cache-Control"] = "no-store"
    return response
