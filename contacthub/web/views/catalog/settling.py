"""People settle on one of the values that sources gave for a contact, and go back to the rule."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from contacthub.contacts.queries import get_contact
from contacthub.contacts.settling import undo_settlement
from contacthub.core.errors import Conflict, NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.actions.settling import settle
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.catalog.contacts import parse_or_not_found


@require_POST
@member(Right.ENRICH)
def contact_settle(request: HubRequest, contact_id: str) -> HttpResponse:
    """Use the value that `choice` names: the field, a space, and which of its values. Recorded, and can be undone."""
    key = parse_or_not_found(contact_id)
    field, _, choice = request.POST.get("choice", "").partition(" ")
    try:
        chosen = settle(
            organization=request.organization,
            actor=actor_of(request),
            key=key,
            field=field,
            choice=choice,
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
    else:
        words = f"The value from {chosen.source_name} is used everywhere, until you undo it."
        messages.success(request, words, extra_tags="ok")
    return redirect("contact-detail", format_contact_id(key))


@require_POST
@member(Right.ENRICH)
def contact_unsettle(request: HubRequest, contact_id: str) -> HttpResponse:
    """Go back to what the rule shows for a field. Recorded."""
    key = parse_or_not_found(contact_id)
    try:
        undo_settlement(
            organization=request.organization,
            actor=actor_of(request),
            key=key,
            field=request.POST.get("field", ""),
        )
    except NotFound:
        # Somebody else was faster, or the page is old: the contact itself is unknown, or it is as it was asked to be.
        get_contact(organization=request.organization, key=key)
        messages.error(request, "This value is not settled.", extra_tags="bad")
    else:
        messages.success(request, "The rule decides again.", extra_tags="ok")
    return redirect("contact-detail", format_contact_id(key))
