"""The search of the top bar: a menu while somebody types, and a page of the same for everyone else."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from contacthub.contacts.queries import find_contacts
from contacthub.core.public_ids import parse_contact_id
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.directly import find_directly
from contacthub.web.views.finding.found import Group
from contacthub.web.views.finding.groups import (
    count_people,
    describe_contact,
    describe_unknown,
    find_everything,
)

MOST_ON_PAGE = 20
MOST_IN_MENU = 3


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def find(request: HubRequest) -> HttpResponse:
    """Find everything by its words; a contact id, an address or its hash goes to the contact."""
    sent = Parameters(request.GET)
    text = sent.text()
    if contact_id := _find_directly(request, text):
        return redirect("contact-detail", contact_id=contact_id)
    groups = find_everything(request, text, most=MOST_ON_PAGE) if text else []
    note_look(request, "Search", people=count_people(groups))
    context = {
        **sent.context,
        "heading": f"“{sent.context['q']}”" if sent.context["q"] else "Search",
        "groups": groups,
        "is_nothing_found": not any(group.key not in ("pages", "actions") for group in groups),
    }
    response = render(request, "find/results.html", context, status=sent.status)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@member()
def find_menu(request: HubRequest) -> HttpResponseBase:
    """Return what the menu of the search shows for what is typed so far. What is typed stands in no address."""
    sent = Parameters(request.POST)
    text = sent.text()
    groups = [] if sent.faults else _list_groups(request, text)
    note_look(request, "Search", people=count_people(groups))
    context = {**sent.context, "groups": groups, "text": text}
    response = render(request, "find/_menu.html", context, status=sent.status)
    response["Cache-Control"] = "no-store"
    return response


def _list_groups(request: HubRequest, text: str) -> list[Group]:
    contact_id = _find_directly(request, text)
    if not contact_id:
        return find_everything(request, text, most=MOST_IN_MENU)
    key = parse_contact_id(contact_id)
    contact = find_contacts(organization=request.organization, keys=[key]).get(key)
    if contact is None:
        return [Group("id", "Contact id", [describe_unknown(contact_id)])]
    may_see = request.membership.has_right(Right.VALUES)
    return [Group("people", "This contact", [describe_contact(contact, may_see=may_see)])]


def _find_directly(request: HubRequest, text: str) -> str:
    may_see = request.membership.has_right(Right.VALUES)
    return find_directly(request.organization, text, may_see=may_see)
