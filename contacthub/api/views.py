"""The protocols' own descriptions, at stable addresses, for programs and for the reference pages."""

from functools import cache

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from contacthub.api.door.documents import build_document
from contacthub.api.protocols import APIS


@require_safe
@login_not_required
def openapi_document(request: HttpRequest, protocol: str) -> HttpResponse:
    """Show the OpenAPI document of a protocol. It holds nothing of any organization."""
    if protocol not in APIS:
        raise Http404
    response = HttpResponse(read_document(protocol), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


@cache
def read_document(protocol: str) -> bytes:
    """Return the OpenAPI document of a protocol as it is committed in docs/openapi: indented JSON and a line feed."""
    document = build_document(APIS[protocol])
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
