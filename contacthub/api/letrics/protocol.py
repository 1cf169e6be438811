"""Letrics at the gateway: `Authorization: Bearer`, and data, meta and errors on every answer."""

from django.http import HttpRequest, HttpResponse

from contacthub.api.gateway.bodies import json_reply
from contacthub.api.gateway.keys import bearer_of
from contacthub.api.gateway.problems import FieldProblem, Kind, Problem
from contacthub.api.gateway.protocol import Protocol
from contacthub.wire import letrics as wire

# Status and stable id of each kind of problem.
ERRORS = {
    Kind.BAD_REQUEST: (400, "invalid_input"),
    Kind.INVALID: (400, "invalid_input"),
    Kind.MALFORMED: (400, "invalid_input"),
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
INVALID_JSON, NOT_JSON = "invalid_json", "json_invalid"
HOW_TO_AUTHENTICATE = "Send a key that is active as `Authorization: Bearer YOUR_API_KEY`."
EXTRA, NO_SUCH_FIELD = "extra_forbidden", "There is no such field."
# The most wrong items of one field that an error names.
MOST_TOLD = 3


def render_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the vendor's envelope, with one item for each field that cannot be used."""
    status, error_id = ERRORS[problem.kind]
    if any(field.type == NOT_JSON for field in problem.fields):
        return json_reply(wire.failure_body(INVALID_JSON, status, [problem.message]), status=status)
    if problem.kind is Kind.UNAUTHORIZED:
        details = [f"{problem.message}. {HOW_TO_AUTHENTICATE}"]
    else:
        details = _list_fields(problem.fields) or [problem.message]
    response = json_reply(wire.failure_body(error_id, status, details), status=status)
    if problem.kind is Kind.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _list_fields(problems: tuple[FieldProblem, ...]) -> list[str]:
    """Return one sentence for each field, whatever number of its items are wrong."""
    by_field: dict[str, list[str]] = {}
    for problem in problems:
        field = str(problem.location[1]) if len(problem.location) > 1 else problem.name
        message = NO_SUCH_FIELD if problem.type == EXTRA else problem.message
        by_field.setdefault(field, []).append(f"{problem.name}: {message}")
    return [_join(sentences) for sentences in by_field.values()]


def _join(sentences: list[str]) -> str:
    more = len(sentences) - MOST_TOLD
    return " ".join(sentences[:MOST_TOLD]) + (f" And {more:,} more." if more > 0 else "")


PROTOCOL = Protocol(
    name="letrics",
    version="1.0.0",
    description=(
        "Contacts and companies by criteria, page by page. Every answer has `data`, `meta` and `errors`; every call "
        "needs `Authorization: Bearer YOUR_API_KEY`. POST with a body of JSON and GET with query parameters answer "
        "the same."
    ),
    prefixes=("/api/contacts", "/api/companies"),
    read_key=bearer_of,
    render_problem=render_problem,
    security={"Bearer": {"type": "http", "scheme": "bearer"}},
    error_model=wire.Failure,
)
