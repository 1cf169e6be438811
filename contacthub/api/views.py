"""The protocols' own descriptions, at stable addresses, for programs and for the reference pages."""

from functools import cache

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from contacthub.api.gateway.documents import build_document
from contacthub.api.protocols import APIS

# Where `make demo` is, for the documents that are read and not fetched.
DEMO_URL = "http://127.0.0.1:8000"


@require_safe
@login_not_required
def openapi_document(request: HttpRequest, protocol: str) -> HttpResponse:
    """Show the OpenAPI document of a protocol. It holds nothing of any organization."""
    if protocol not in APIS:
        raise Http404
    document = read_document(protocol, settings.BASE_URL)
    response = HttpResponse(document, content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


@cache
def read_document(protocol: str, base_url: str = DEMO_URL) -> bytes:
    """Return the OpenAPI document of a protocol at an address: indented JSON and a line feed.

    Without an address it is the one that is committed in docs/openapi.
    """
    document = build_document(APIS[protocol], base_url=base_url)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
