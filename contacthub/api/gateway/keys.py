"""Who asks: the key of a request, its rate, and whether it may do this here."""

import base64
from urllib.parse import unquote_plus

from django.http import HttpRequest

from contacthub.api.gateway import rates
from contacthub.api.gateway.bodies import read_long_body
from contacthub.api.gateway.problems import Kind, Problem, ProblemFound
from contacthub.api.gateway.protocol import Protocol
from contacthub.core import clock
from contacthub.core.client_address import client_address
from contacthub.core.errors import KeyRefused
from contacthub.core.tenancy import bind_request
from contacthub.credentials.actions import actor_of_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_key, authenticate_token
from contacthub.credentials.tokens import is_token

REFUSED = "Invalid or inactive API key"
READ, WRITE = False, True
# No key or token is longer; anything else is not even looked at.
MOST_KEY_LENGTH = 512


class Admission:
    """django-ninja's `auth`: admits a request, or raises what is wrong with it."""

    def __init__(self, protocol: Protocol, *, write: bool) -> None:
        self.protocol = protocol
        self.write = write

    def __call__(self, request: HttpRequest) -> ApiKey:
        """Check in this order: key (401), rate (429), scope (403)."""
        key = self._authenticate(request)
        admit(request, key)
        request.rate = rates.count(key)  # type: ignore[attr-defined]
        if not request.rate.is_admitted:  # type: ignore[attr-defined]
            raise ProblemFound(rates.problem_of(request.rate))  # type: ignore[attr-defined]
        self.check_account(request, key)
        if not key.allows(self.protocol.name, write=self.write):
            verb = "write" if self.write else "read"
            raise ProblemFound(
                Problem(
                    Kind.FORBIDDEN,
                    f"This key may not {verb} on {self.protocol.title} (scope {self.protocol.name}:{verb}).",
                )
            )
        # Not before: of a stranger nothing is kept in memory. The web server drops what was not read.
        read_long_body(request, most_bytes=self.protocol.most_body_bytes)
        return key

    def check_account(self, request: HttpRequest, key: ApiKey) -> None:
        """Check what only this protocol has, such as a throttle of the whole account. Raises `ProblemFound`."""

    def _authenticate(self, request: HttpRequest) -> ApiKey:
        text = self.protocol.read_key(request) or ""
        address, now = client_address(request.META), clock.now()
        try:
            if len(text) > MOST_KEY_LENGTH:
                raise KeyRefused("malformed")
            if is_token(text):
                return authenticate_token(text, self.protocol.name, address, now)
            return authenticate_key(text, address, now)
        except KeyRefused as error:
            raise ProblemFound(rates.refusal_of(error, address, REFUSED)) from error


def admit(request: HttpRequest, key: ApiKey) -> None:
    """Let a request act with a key, on the rows of its organization only."""
    bind_request(key.organization_id)
    request.key, request.organization = key, key.organization  # type: ignore[attr-defined]
    request.actor = actor_of_key(key=key, address=client_address(request.META))  # type: ignore[attr-defined]


def bearer_of(request: HttpRequest) -> str | None:
    """Return what follows `Authorization: Bearer`, whose case does not matter (RFC 9110 §11.1); None without it."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" and text else None


def basic_client_of(request: HttpRequest) -> dict[str, str] | None:
    """Return `client_id` and `client_secret` of `Authorization: Basic`, or None if there is none that can be read.

    Both are encoded as in a form before they are joined (RFC 6749 §2.3.1).
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = (
            base64.b64decode(text.strip(), validate=True).decode().partition(":")
        )
    except ValueError:
        return None
    if not colon:
        return None
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}
