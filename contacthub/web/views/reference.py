"""The protocols' reference pages: read every call, and try it with a key of one's own."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from contacthub.core.errors import NotFound
from contacthub.credentials.scopes import PROTOCOLS
from contacthub.web.access import member
from contacthub.web.calls import KEY_HEADERS
from contacthub.web.http import HubRequest

# Whose clients speak it, in a line.
SUBJECTS = {
    "contactbased": "Intent feeds, searches, exports in pages, enrichment of contacts.",
    "letrics": "Contacts and companies by criteria.",
    "backstory": "Bulk extraction of contacts as jobs, in fragments or as one file.",
    "richutilities": "Nordic contacts with filters, sorting and a cursor.",
    "insideview": "Contact details for up to 10,000 ids as a job, in XML or JSON.",
}


@require_safe
@member()
def reference_home(request: HubRequest) -> HttpResponse:
    """Lead to the first protocol."""
    return redirect("reference-detail", protocol=next(iter(PROTOCOLS)))


@require_safe
@member()
def reference_detail(request: HubRequest, protocol: str) -> HttpResponse:
    """Show a protocol's calls from its OpenAPI document; the page asks this host and nobody else."""
    if protocol not in PROTOCOLS:
        raise NotFound("There is no such protocol.")
    context = {
        "protocol": protocol,
        "protocols": PROTOCOLS.items(),
        "title": PROTOCOLS[protocol],
        "subject": SUBJECTS[protocol],
        "header": KEY_HEADERS[protocol],
    }
    return render(request, "reference/detail.html", context)
