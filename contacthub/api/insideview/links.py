"""Links to a file that need no accessToken: a token that stands for the key on this one file, for a day."""

import datetime as dt
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

from contacthub.api.gateway.keys import MOST_KEY_LENGTH
from contacthub.api.gateway.problems import Kind, Problem, ProblemFound
from contacthub.core import clock
from contacthub.core.client_address import client_address
from contacthub.core.errors import KeyRefused
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_token
from contacthub.credentials.tokens import is_token, make_token
from contacthub.wire import insideview as wire


def make_link(*, key: ApiKey, path: str) -> str:
    """Return the address of a file for 24 hours, and no longer than the key itself works."""
    until = clock.now() + dt.timedelta(seconds=wire.LINK_SECONDS)
    text = make_token(
        public_id=key.public_id, protocol=_purpose(path), expires_at=until.timestamp()
    )
    return f"{settings.BASE_URL}{path}?{urlencode({'signature': text})}"


def read_link(request: HttpRequest, *, signature: str) -> ApiKey:
    """Return the key that a link was made with. Raises `ProblemFound` (401) for any that does not hold here and now."""
    try:
        if not is_token(signature) or len(signature) > MOST_KEY_LENGTH:
            raise KeyRefused("malformed")
        return authenticate_token(
            signature, _purpose(request.path), client_address(request.META), clock.now()
        )
    except KeyRefused as error:
        raise ProblemFound(
            Problem(Kind.UNAUTHORIZED, "This link does not hold.", error=error)
        ) from error


def _purpose(path: str) -> str:
    return f"file {path}"
