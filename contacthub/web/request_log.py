"""The two log lines of a request: which route, which caller, and the result; nothing that was sent."""

import contextlib
import re
import uuid
from http import HTTPMethod

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_resolver
from django_structlog.middlewares.request import RequestMiddleware

from contacthub.core.client_address import client_address

logger = structlog.get_logger(__name__)

NO_ROUTE = "(no such page)"
METHODS = frozenset(HTTPMethod)
# What proxies make, and nothing that could be markup, a line break or a person's address.
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's lines, with routes for addresses and our own reading of the client's address and id."""

    def prepare(self, request: HttpRequest) -> None:
        """Bind what every line of this request says, and write the first one."""
        address = client_address(request.META)
        structlog.contextvars.bind_contextvars(request_id=choose_request_id(request), ip=address)
        logger.info("request_started", request=self.format_request(request))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return the method and the route: `GET /invitations/<str:token>/`."""
        method = request.method if request.method in METHODS else "(other method)"
        return f"{method} {route_of(request)}"


def choose_request_id(request: HttpRequest) -> str:
    """Return the id that a trusted proxy gave a request, else a new one."""
    given = request.headers.get("X-Request-Id", "") if settings.TRUSTED_PROXY_COUNT else ""
    return given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address that was requested, never the address itself."""
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    for urls in (settings.ROOT_URLCONF, settings.PROTOCOL_URLCONF):
        with contextlib.suppress(Resolver404):
            return f"/{get_resolver(urls).resolve(request.path_info).route}"
    return NO_ROUTE
