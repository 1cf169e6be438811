"""Who is asking, in which organization; and what people see when something is wrong."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from contacthub.core import clock
from contacthub.core.errors import (
    Conflict,
    ContactHubError,
    Invalid,
    NotAllowed,
    NotFound,
    TooBusy,
    TooLarge,
    Unavailable,
)
from contacthub.core.tenancy import across_organizations, bind_request
from contacthub.organizations.actions import note_visit
from contacthub.organizations.models import Membership, User
from contacthub.organizations.queries import list_memberships
from contacthub.web.errors import bad_request, error_response, not_found, title_of
from contacthub.web.scalars import UNSTORABLE

GetResponse = Callable[[HttpRequest], HttpResponse]
SESSION_ORGANIZATION = "organization"
STATUSES: dict[type[ContactHubError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    TooLarge: 413,
    TooBusy: 429,
    Unavailable: 503,
}
# Addresses of pages that a browser sends along; they are hints, and a request is as good without them.
ADDRESS_HEADERS = ("HTTP_HX_CURRENT_URL", "HTTP_REFERER")
SEEN_EVERY = dt.timedelta(minutes=5)


class UsableRequestMiddleware:
    """Let no view or library read what cannot be read: one check for headers, paths and encodings of people's pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Drop invalid addresses in headers; answer 404 to a path and 400 to a body that cannot be stored."""
        for name in ADDRESS_HEADERS:
            if name in request.META and not _is_address(request.META[name]):
                del request.META[name]
                # Filled when a header was first read; it is built again from what is left.
                request.__dict__.pop("headers", None)
        # A quoted cookie may hold any byte, and a session is looked up by it.
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if not UNSTORABLE.search(value)
        }
        if UNSTORABLE.search(request.path_info):
            return not_found(request, Http404())
        encoding = request.encoding or "utf-8"
        if encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
            request.encoding = "utf-8"
            return bad_request(request, BadRequest(encoding))
        return self.get_response(request)


def _is_address(text: str) -> bool:
    """Return whether a text can be taken apart as an address, its port included."""
    try:
        urlsplit(text).port  # noqa: B018 - reading it is the check
        urlsplit(unquote(text)).port  # noqa: B018 - htmx may encode what it sends
    except ValueError:
        return False
    return not UNSTORABLE.search(text)


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs a signed-in person unless it says otherwise; a fragment sends the whole page to sign in."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """Redirect to the sign-in page and come back to the page that was open, not to the fragment."""
        if getattr(request, "htmx", False):
            here = request.htmx.current_url_abs_path or resolve_url(settings.LOGIN_REDIRECT_URL)  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(
                f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}"
            )
        return super().handle_no_permission(request, view_func)


class PrivacyMiddleware:
    """No browser and no cache keeps a page of a signed-in person, and no page may use the device's sensors."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the headers; pages for strangers hold one-time links at times, so nothing is kept of them either."""
        response = self.get_response(request)
        said = response.get("Cache-Control")
        is_known = isinstance(getattr(request, "user", None), User)
        if said is None or (is_known and "no-store" not in said):
            response["Cache-Control"] = "no-store"
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


class MembershipMiddleware:
    """Set `membership` and `organization` from the session, or from the person's first organization."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look the memberships up once per request: a removed member is out at once."""
        if isinstance(request.user, User):
            with across_organizations():
                memberships = list(list_memberships(user=request.user))
            chosen = request.session.get(SESSION_ORGANIZATION)
            membership = next((m for m in memberships if m.organization.slug == chosen), None)
            membership = membership or (memberships[0] if memberships else None)
            request.memberships = memberships  # type: ignore[attr-defined]
            request.membership = membership  # type: ignore[attr-defined]
            request.organization = membership.organization if membership else None  # type: ignore[attr-defined]
            if membership is not None:
                bind_request(membership.organization_id)
                _note_visit(membership)
        return self.get_response(request)


def _note_visit(membership: Membership) -> None:
    now = clock.now()
    if membership.last_seen_at is None or now - membership.last_seen_at > SEEN_EVERY:
        note_visit(membership=membership, now=now)


class ErrorPageMiddleware:
    """Turn what the house raises into a page, or for a fragment into one sentence that is shown in a toast."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through; exceptions come to process_exception."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer the house's errors and a database that does not answer; anything else is a bug and a 500."""
        if isinstance(exception, (OperationalError, InterfaceError)):
            response = error_response(
                request, 503, "The database did not answer in time. Nothing was changed."
            )
            response["Retry-After"] = "5"
            return response
        if not isinstance(exception, ContactHubError):
            return None
        status = next(code for kind, code in STATUSES.items() if isinstance(exception, kind))
        response = error_response(request, status, str(exception), title=title_of(exception))
        if isinstance(exception, TooBusy):
            response["Retry-After"] = str(exception.seconds)
        return response
