"""A key's public id and text, exchanged for a token that stands for the key for a while."""

import datetime as dt
import hmac
from dataclasses import dataclass

from django.http import HttpRequest

from contacthub.api.gateway import rates
from contacthub.api.gateway.keys import MOST_KEY_LENGTH
from contacthub.api.gateway.problems import Kind, Problem, ProblemFound
from contacthub.api.gateway.protocol import Protocol
from contacthub.core import clock
from contacthub.core.client_address import client_address
from contacthub.core.errors import KeyRefused
from contacthub.credentials.keys import parse_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_key
from contacthub.credentials.tokens import make_token

REFUSED = "Unknown client id or wrong client secret"


@dataclass(frozen=True)
class IssuedToken:
    """A token and when it ends: after its own life, or with its key."""

    text: str
    expires_at: dt.datetime
    seconds_left: int


def exchange(
    request: HttpRequest,
    protocol: Protocol,
    *,
    client_id: str,
    client_secret: str,
    life: dt.timedelta,
) -> IssuedToken:
    """Return a new token; earlier ones stay valid to their end.

    Raises `ProblemFound`: UNAUTHORIZED for a wrong client, LIMITED over the key's rate, FORBIDDEN for a key that may
    do nothing on this protocol.
    """
    now = clock.now()
    key = _authenticate(request, client_id, client_secret, now)
    request.rate = rates.count(key)  # type: ignore[attr-defined]
    if not request.rate.is_admitted:  # type: ignore[attr-defined]
        raise ProblemFound(rates.problem_of(request.rate))  # type: ignore[attr-defined]
    if not any(key.allows(protocol.name, write=write) for write in (False, True)):
        raise ProblemFound(Problem(Kind.FORBIDDEN, f"This key may do nothing on {protocol.title}."))
    expires_at = min(now + life, key.expires_at or dt.datetime.max.replace(tzinfo=dt.UTC))
    text = make_token(
        public_id=key.public_id, protocol=protocol.name, expires_at=expires_at.timestamp()
    )
    return IssuedToken(text, expires_at, int((expires_at - now).total_seconds()))


def _authenticate(
    request: HttpRequest, client_id: str, client_secret: str, now: dt.datetime
) -> ApiKey:
    address = client_address(request.META)
    try:
        if len(client_secret) > MOST_KEY_LENGTH:
            raise KeyRefused("malformed")
        if not hmac.compare_digest(
            parse_key(client_secret).public_id.encode(), client_id.encode("utf-8", "replace")
        ):
            raise KeyRefused("client")
        return authenticate_key(client_secret, address, now)
    except KeyRefused as error:
        raise ProblemFound(rates.refusal_of(error, address, REFUSED)) from error
