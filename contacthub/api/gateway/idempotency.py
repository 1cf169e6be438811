"""Requests that spend, sent twice: the second one gets the answer of the first and spends nothing.

Source: draft-ietf-httpapi-idempotency-key-header. The answer is kept in the transaction that spends, so neither exists
without the other, whatever dies. Failed requests are not kept: nothing happened, so trying again is right.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction
from django.http import HttpResponse

from contacthub.api.gateway.problems import FieldProblem, Kind, Problem, ProblemFound
from contacthub.api.gateway.protocol import ApiRequest
from contacthub.core.failpoints import failpoint
from contacthub.credentials import replays

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MOST_LENGTH = 255

View = TypeVar("View", bound=Callable[..., HttpResponse])


def spends(view: View) -> View:
    """Run a view once for each `Idempotency-Key` of an organization; without one it runs as often as it is sent.

    The view runs in one transaction and returns a finished reply. The same key with another body is 422, while the
    first request is still running 409.
    """

    @wraps(view)
    def run_once(request: ApiRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = _read_key(request)
        with transaction.atomic():
            if key is None:
                return view(request, *args, **kwargs)
            asked = replays.Request(
                organization=request.organization,
                route=f"{request.method} {request.path}",
                key=key,
                request_hash=_hash(request),
            )
            kept = _find(asked)
            if kept is not None:
                return _repeat(kept)
            response = view(request, *args, **kwargs)
            replays.keep_reply(
                asked=asked,
                status=response.status_code,
                content_type=response["Content-Type"],
                body=response.content,
            )
            failpoint("before_reply_commit")
        failpoint("after_reply_commit")
        return response

    return cast(View, run_once)


def _read_key(request: ApiRequest) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= MOST_LENGTH or not key.isascii() or not key.isprintable():
        raise _refusal(Kind.INVALID, f"{HEADER} is 1 to {MOST_LENGTH} printable ASCII characters.")
    return key


def _hash(request: ApiRequest) -> bytes:
    query = request.META.get("QUERY_STRING", "").encode()
    return hashlib.sha256(query + b"\0" + request.body).digest()


def _find(asked: replays.Request) -> replays.Reply | None:
    kept = replays.find_reply(asked=asked)
    if kept is replays.Missing.IN_FLIGHT:
        raise _refusal(Kind.CONFLICT, f"A request with this {HEADER} is still running.")
    if kept is replays.Missing.OTHER_REQUEST:
        raise _refusal(Kind.INVALID, f"This {HEADER} came with another request before.")
    return kept if isinstance(kept, replays.Reply) else None


def _refusal(kind: Kind, message: str) -> ProblemFound:
    return ProblemFound(Problem(kind, message, (FieldProblem(("header", HEADER), message),)))


def _repeat(kept: replays.Reply) -> HttpResponse:
    response = HttpResponse(kept.body, status=kept.status, content_type=kept.content_type)
    response[REPLAYED] = "true"
    return response
