"""Whose rows this thread works on: what the row policies of Postgres compare a row's organization with.

Every look-up names its organization; the policies are the second line, for the one that forgets to. The scope is a
context variable. `core.postgres` compares it with the connection's setting before every statement, so a connection that
served another request, or another organization, is never used as it was left. The scope `NOBODY` shows no rows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponseBase

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

# The setting of a connection that the policies read, and its values that are no organization's number.
SETTING = "contacthub.organization"
NOBODY = ""
EVERYBODY = "*"

_scope: ContextVar[str] = ContextVar("organization", default=NOBODY)


def current_scope() -> str:
    """Return the number of the organization whose rows may be seen and written, `NOBODY` or `EVERYBODY`."""
    return _scope.get()


@contextmanager
def within(organization_id: int) -> Iterator[None]:
    """Work on the rows of one organization only."""
    with _set(str(organization_id)):
        yield


@contextmanager
def across_organizations() -> Iterator[None]:
    """Work on the rows of all: sign-in, choosing the next job, purges, commands. Also a decorator."""
    with _set(EVERYBODY):
        yield


def bind_request(organization_id: int) -> None:
    """Let the rest of this request work on the rows of one organization, once it is known who asks."""
    _scope.set(str(organization_id))


def carry(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Return a function that works on the same rows in another thread, which begins without any."""
    scope = _scope.get()

    def carried(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        with _set(scope):
            return function(*args, **kwargs)

    return carried


class TenancyMiddleware:
    """Begin every request without rows, and end its scope with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a streamed body is read after this, and in the scope of its request all the same."""
        with _set(NOBODY):
            response = self.get_response(request)
            if response.streaming:
                response.streaming_content = _carry_stream(response.streaming_content)  # type: ignore[attr-defined]
            return response


def _carry_stream(pieces: Iterator[Any]) -> Iterator[Any]:
    step, end = carry(next), object()
    return iter(lambda: step(pieces, end), end)


@contextmanager
def _set(scope: str) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)
