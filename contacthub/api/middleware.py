"""The fork: programs go through their protocol's gateway, people through the pages' middleware.

Programs need no session, no CSRF token and no page for an error; taking them out here saves both the time and the
question of which of these might touch them.
"""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_resolver

from contacthub.api.gateway.api import render_problem
from contacthub.api.gateway.bodies import WholeBody, too_large
from contacthub.api.gateway.problems import Kind, Problem, problem_of
from contacthub.api.gateway.protocol import Protocol
from contacthub.api.protocols import APIS, find_protocol
from contacthub.core.query_text import normalize_query
from contacthub.core.text import normalize

GetResponse = Callable[[HttpRequest], HttpResponse]
# What Django and django-ninja answer themselves.
KINDS = {
    400: Kind.MALFORMED,
    401: Kind.UNAUTHORIZED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    405: Kind.METHOD,
    413: Kind.TOO_LARGE,
    415: Kind.MEDIA_TYPE,
}
# Of a Content-Length; Python refuses to read numbers of thousands of digits.
MOST_DIGITS = 12
MESSAGES = {Kind.NOT_FOUND: "Not Found", Kind.METHOD: "Method Not Allowed"}


class ProtocolMiddleware:
    """Answer the five protocols' paths; everything else goes to the pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and say on every answer what is left of the key's rate."""
        protocol = find_protocol(request.path_info)
        if protocol is None:
            return self.get_response(request)
        response = _answer(protocol, request)
        rate = getattr(request, "rate", None)
        for name, value in rate.headers().items() if rate else ():
            response[name] = value
        response.setdefault("Cache-Control", "no-store")
        if not response.streaming:
            # Else the web server sends chunks, which old clients cannot read.
            response.setdefault("Content-Length", str(len(response.content)))
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        if request_id:
            response["X-Request-ID"] = request_id
        return response


def _answer(protocol: Protocol, request: HttpRequest) -> HttpResponse:
    try:
        problem = _find_problem(protocol, request)
        if problem is not None:
            return render_problem(protocol, request, problem)
        response = _call_view(request)
        if response.status_code == 405 and request.path_info.startswith(protocol.key_before_method):
            APIS[protocol.name].read(request)
    except Resolver404:
        return render_problem(protocol, request, Problem(Kind.NOT_FOUND, MESSAGES[Kind.NOT_FOUND]))
    except Exception as error:  # the last line of defence: never a page, never a traceback
        return render_problem(protocol, request, problem_of(error))
    if response.status_code < 400 or getattr(response, "is_of_protocol", False):
        return response
    return _rewrite(protocol, request, response)


def _call_view(request: HttpRequest) -> HttpResponse:
    # Queries are normalized like stored text; bodies are read by the gateway.
    request.GET = normalize_query(request.GET)  # type: ignore[assignment]
    match = get_resolver(settings.PROTOCOL_URLCONF).resolve(normalize(request.path_info))
    request.resolver_match = match
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


def _rewrite(protocol: Protocol, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Render again what Django or django-ninja answered in their own words, such as a wrong method."""
    kind = KINDS.get(response.status_code, Kind.INTERNAL)
    headers = {"Allow": response["Allow"]} if "Allow" in response else {}
    message = MESSAGES.get(kind, response.reason_phrase)
    return render_problem(protocol, request, Problem(kind, message, headers=headers))


def _find_problem(protocol: Protocol, request: HttpRequest) -> Problem | None:
    """Return what is wrong with a request before anything of its body is understood."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise SuspiciousOperation("Content-Length is no number.")
    if len(length) > MOST_DIGITS or int(length) > protocol.most_body_bytes:
        return too_large(protocol.most_body_bytes)
    request._stream = WholeBody(request)  # type: ignore[assignment]
    return None
