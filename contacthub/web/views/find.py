"""The search field of the top bar."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from contacthub.core.matching import matches
from contacthub.core.public_ids import CONTACT_ID
from contacthub.exports.queries import list_exports
from contacthub.feeds.queries import list_grants
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters
from contacthub.web.views.find_view import describe_found

MOST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def find(request: HubRequest) -> HttpResponse:
    """Find feeds and exports by their words; a contact id goes to the contact."""
    sent = Parameters(request.GET)
    text = sent.text()
    if CONTACT_ID.fullmatch(text):
        return redirect("contact-detail", contact_id=text)
    grants = [
        grant
        for grant in list_grants(organization=request.organization)
        if text and matches(text, grant.feed.name, grant.feed.description)
    ]
    exports = (
        list(list_exports(organization=request.organization, text=text)[:MOST]) if text else []
    )
    context = {
        **sent.context,
        "heading": f"“{sent.context['q']}”" if sent.context["q"] else "Search",
        "groups": describe_found(grants, exports),
    }
    return render(request, "find/results.html", context, status=sent.status)
