"""Rich Utilities at the gateway: a Bearer key or `X-API-Key`, and `{"error": {code, message, parameter}}`."""

from django.http import HttpRequest, HttpResponse

from contacthub.api.gateway.bodies import json_reply
from contacthub.api.gateway.keys import bearer_of
from contacthub.api.gateway.problems import Kind, Problem
from contacthub.api.gateway.protocol import Protocol
from contacthub.wire import richutilities as wire

# Status and code of each kind of problem.
ERRORS = {
    Kind.BAD_REQUEST: (400, "invalid_parameter"),
    Kind.INVALID: (400, "invalid_parameter"),
    Kind.MALFORMED: (400, "invalid_request"),
    Kind.UNAUTHORIZED: (401, "unauthorized"),
    Kind.FORBIDDEN: (403, "forbidden"),
    Kind.NOT_FOUND: (404, "not_found"),
    Kind.METHOD: (405, "method_not_allowed"),
    Kind.CONFLICT: (409, "conflict"),
    Kind.GONE: (410, "gone"),
    Kind.TOO_LARGE: (413, "payload_too_large"),
    Kind.ADDRESS_TOO_LONG: (414, "uri_too_long"),
    Kind.HEADERS_TOO_LARGE: (431, "headers_too_large"),
    Kind.MEDIA_TYPE: (415, "unsupported_media_type"),
    Kind.LIMITED: (429, "rate_limited"),
    Kind.INTERNAL: (500, "internal_error"),
    Kind.BUSY: (503, "unavailable"),
}
INVALID_CURSOR = "invalid_cursor"
CURSOR = "cursor"


def read_key(request: HttpRequest) -> str | None:
    """Return the key of `Authorization: Bearer`, else of `X-API-Key`."""
    return bearer_of(request) or request.headers.get("X-API-Key")


def render_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the vendor's shape, with the first parameter that cannot be used."""
    status, code = ERRORS[problem.kind]
    field = problem.fields[0] if problem.fields else None
    parameter = str(field.location[1]) if field and len(field.location) > 1 else None
    if status == 400 and parameter == CURSOR:
        code = INVALID_CURSOR
    response = json_reply(wire.failure_body(code, problem.message, parameter), status=status)
    if problem.kind is Kind.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


PROTOCOL = Protocol(
    name="richutilities",
    version="1.0.0",
    description=(
        "Contacts of Nordic companies with filters by industry, geography, quality and department, four sorts and a "
        "cursor. Every call needs a key as `Authorization: Bearer` or in `X-API-Key`."
    ),
    prefixes=("/v1/",),
    read_key=read_key,
    render_problem=render_problem,
    security={
        "Bearer": {"type": "http", "scheme": "bearer"},
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    },
    error_model=wire.Failure,
)
