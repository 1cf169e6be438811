"""The vendors that Contacts and Companies offer to search with the same filters."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from contacthub.organizations.rights import Right
from contacthub.sourcing.live import search
from contacthub.web.http import HubRequest
from contacthub.web.views.catalog.filter_fields import LOOK, PLACE

# What a page says where no vendor is offered.
NOT_LIVE: dict[str, Any] = {"live": [], "broken": []}


def describe_live(request: HubRequest, *, of_companies: bool = False) -> dict[str, Any]:
    """Return the connections that can be searched with the same filters, with the addresses of the searches, and broken
    ones."""
    if not request.membership.has_right(Right.ENRICH):
        return NOT_LIVE
    kept: QueryDict = request.GET.copy()
    for name in (*PLACE, "sort", LOOK):
        kept.pop(name, None)
    route = "company-live" if of_companies else "contact-live"
    query = f"?{kept.urlencode(safe=';,:')}" if kept else ""
    found = search.list_searchable(organization=request.organization, of_companies=of_companies)
    return {
        "live": [(each.name, reverse(route, args=[each.pk]) + query) for each in found],
        "broken": search.list_broken_searches(
            organization=request.organization, of_companies=of_companies
        ),
    }
