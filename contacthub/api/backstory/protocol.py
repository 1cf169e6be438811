"""Backstory at the gateway: a Bearer token or key, `{"error", "message"}`, 400 for values, 404 for a wrong method."""

from django.http import HttpRequest, HttpResponse

from contacthub.api.gateway.bodies import json_reply
from contacthub.api.gateway.keys import bearer_of
from contacthub.api.gateway.problems import Kind, Problem
from contacthub.api.gateway.protocol import Protocol
from contacthub.core import errors
from contacthub.wire import backstory as wire

TOKEN_PATH = "/auth/v1/tokens"  # noqa: S105
# Status and code of each kind of problem. Source for the wrong method: the vendor's "Bulk APIs".
ERRORS = {
    Kind.BAD_REQUEST: (400, "invalid_request"),
    Kind.INVALID: (400, "invalid_request"),
    Kind.MALFORMED: (400, "invalid_request"),
    Kind.UNAUTHORIZED: (401, "unauthorized"),
    Kind.FORBIDDEN: (403, "forbidden"),
    Kind.NOT_FOUND: (404, "not_found"),
    Kind.METHOD: (404, "not_found"),
    Kind.CONFLICT: (409, "conflict"),
    Kind.GONE: (410, "results_expired"),
    Kind.TOO_LARGE: (413, "payload_too_large"),
    Kind.ADDRESS_TOO_LONG: (414, "uri_too_long"),
    Kind.HEADERS_TOO_LARGE: (431, "headers_too_large"),
    Kind.MEDIA_TYPE: (415, "unsupported_media_type"),
    Kind.RANGE: (416, "range_not_satisfiable"),
    Kind.LIMITED: (429, "too_many_requests"),
    Kind.INTERNAL: (500, "internal_error"),
    Kind.BUSY: (503, "unavailable"),
}
# What the house refuses, where the vendor has a word of its own.
REFUSALS: tuple[tuple[type[Exception], tuple[int, str]], ...] = (
    (errors.TooManyJobs, (429, "too_many_jobs")),
    (errors.NotReady, (409, "job_not_completed")),
)
# Values that cannot be used, by their place.
INVALID_FRAGMENT = ("query", "fragment")
GRANT_TYPE = ("body", "grant_type")
CODES = {INVALID_FRAGMENT: "invalid_fragment", GRANT_TYPE: "unsupported_grant_type"}


def render_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the vendor's shape."""
    status, code = _judge(request, problem)
    is_token = request.path == TOKEN_PATH
    body = wire.token_error_body if is_token else wire.error_body
    response = json_reply(body(code, problem.message), status=status)
    if problem.kind is Kind.UNAUTHORIZED:
        # A client that tried Basic gets that scheme in the answer (RFC 6749 §5.2).
        response["WWW-Authenticate"] = 'Basic realm="tokens"' if is_token else "Bearer"
    return response


def _judge(request: HttpRequest, problem: Problem) -> tuple[int, str]:
    for refusal, answer in REFUSALS:
        if isinstance(problem.error, refusal):
            return answer
    status, code = ERRORS[problem.kind]
    place = problem.fields[0].location if problem.fields else ()
    if status == 400:
        if place and place[0] == "header":
            return 422, "idempotency_key_reused"
        return status, CODES.get((str(place[0]), str(place[-1])) if place else ("", ""), code)
    if problem.kind is Kind.UNAUTHORIZED and request.path == TOKEN_PATH:
        return status, "invalid_client"
    return status, code


PROTOCOL = Protocol(
    name="backstory",
    version="1.0.0",
    description=(
        "Enriched contacts in bulk: create a job, poll it, retrieve its result whole or in fragments. Calls need a "
        "token of `/auth/v1/tokens` or a key as `Authorization: Bearer`. A method that a path does not have is 404."
    ),
    prefixes=("/pull/", "/auth/v1/"),
    read_key=bearer_of,
    render_problem=render_problem,
    security={"Bearer": {"type": "http", "scheme": "bearer"}},
    error_model=wire.Error,
)
