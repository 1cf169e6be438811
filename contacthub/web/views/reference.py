"""The protocols' reference pages: read every call, and try it with a key of one's own."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacthub.core.errors import NotFound
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.job_words import Tab


@require_safe
@member()
def reference_home(request: HubRequest) -> HttpResponse:
    """Lead to the first protocol."""
    return redirect("reference-detail", protocol=next(iter(PROTOCOLS)))


@require_safe
@member()
def reference_detail(request: HubRequest, protocol: str) -> HttpResponse:
    """Show a protocol's calls from its OpenAPI document; the page calls only this host."""
    if protocol not in PROTOCOLS:
        raise NotFound("There is no such protocol.")
    entry = PROTOCOLS[protocol]
    context = {
        "protocol": protocol,
        "tabs": [
            Tab(each.label, reverse("reference-detail", args=[name]), name == protocol)
            for name, each in PROTOCOLS.items()
        ],
        "title": entry.label,
        "subject": entry.subject,
        # Where a key goes: "X-API-Key", or "Authorization: Bearer …".
        "header": entry.key_header + (f": {entry.key_prefix}…" if entry.key_prefix else ""),
    }
    return render(request, "reference/detail.html", context)
