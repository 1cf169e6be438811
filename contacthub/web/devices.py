"""Browsers that have signed in to an account before, recognized by a signed cookie.

The cookie is a proof for the limits of sign-ins alone and does not sign anyone in. It names accounts by number, each
with a random id of this browser and a fingerprint of the account's password: a changed password revokes it everywhere
at once.
"""

import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from contacthub.organizations.models import User

SALT = "contacthub.web.device"
KEPT_SECONDS = 60 * 60 * 24 * 180
# A browser in use gets a new id this often.
ROTATED_SECONDS = 60 * 60 * 24 * 30
# Accounts that one browser remembers, the newest first.
MOST_ACCOUNTS = 5
# The account's number: the browser's id, the fingerprint, and when it was given out in seconds since 1970.
Devices = dict[str, tuple[str, str, int]]


def find_device(request: HttpRequest, email: str) -> str:
    """Return this browser's id for the account with this address, or "" where it never signed in to it."""
    devices = _read(request)
    if not devices:
        return ""
    user = User.objects.filter(email=email, is_active=True).first()
    entry = devices.get(str(user.pk)) if user else None
    is_known = entry and user and constant_time_compare(entry[1], _fingerprint(user))
    return entry[0] if entry and is_known else ""


class DeviceMiddleware:
    """Remember the signed-in person's browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the cookie where it lacks this account, was given out long ago, or the password has changed."""
        response = self.get_response(request)
        user = getattr(request, "user", None)
        if isinstance(user, User):
            devices, now = _read(request), int(time.time())
            entry, fingerprint = devices.pop(str(user.pk), None), _fingerprint(user)
            if entry is None or entry[1] != fingerprint or now - entry[2] > ROTATED_SECONDS:
                others = list(devices.items())[: MOST_ACCOUNTS - 1]
                mine = {str(user.pk): (secrets.token_urlsafe(12), fingerprint, now)}
                _write(response, mine | dict(others))
        return response


def _fingerprint(user: User) -> str:
    return salted_hmac(SALT, user.password).hexdigest()[:20]


def _read(request: HttpRequest) -> Devices:
    try:
        found = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return {}
    return {name: tuple(entry) for name, entry in found.items()}


def _write(response: HttpResponse, devices: Devices) -> None:
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(devices, salt=SALT),
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
