"""ContactBased at the gateway: `X-API-Key`, `{"detail": …}`, 422 for values, 502 where enrichment does not answer."""

from django.http import HttpRequest, HttpResponse

from contacthub.api.gateway.bodies import json_reply
from contacthub.api.gateway.problems import Kind, Problem
from contacthub.api.gateway.protocol import Protocol
from contacthub.wire import contactbased as wire

STATUSES = {
    Kind.BAD_REQUEST: 400,
    Kind.UNAUTHORIZED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD: 405,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.ADDRESS_TOO_LONG: 414,
    Kind.HEADERS_TOO_LARGE: 431,
    Kind.MEDIA_TYPE: 415,
    Kind.MALFORMED: 422,
    Kind.INVALID: 422,
    Kind.LIMITED: 429,
    Kind.INTERNAL: 500,
    Kind.BUSY: 503,
}
ENRICHMENT = "/enrich/"


def render_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return FastAPI's shapes, which is what the vendor's clients read."""
    status = STATUSES[problem.kind]
    if problem.kind is Kind.BUSY and request.path.startswith(ENRICHMENT):
        return json_reply(wire.error_body("Upstream enrichment store unavailable"), status=502)
    if status == 422:
        reasons = [
            {"loc": list(field.location), "msg": field.message, "type": field.type}
            for field in problem.fields
        ] or [{"loc": ["body"], "msg": problem.message, "type": "value_error"}]
        return json_reply(wire.error_body(reasons), status=status)
    return json_reply(wire.error_body(problem.message), status=status)


PROTOCOL = Protocol(
    name="contactbased",
    version="0.1.0",
    description=(
        "Intent feeds, exports of them in stable pages, and enrichment of contacts. Every call needs a key in "
        "`X-API-Key`."
    ),
    prefixes=("/intent/", "/organization/", "/enrich/"),
    read_key=lambda request: request.headers.get("X-API-Key"),
    render_problem=render_problem,
    security={"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
    error_model=wire.Error,
)
