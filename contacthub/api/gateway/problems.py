"""What can go wrong with a request, before a protocol writes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from ninja.errors import HttpError, ValidationError

from contacthub.core import errors

logger = structlog.get_logger(__name__)

INTERNAL_MESSAGE = (
    "Something went wrong in ContactHub. The log has the details under this request's id."
)
BUSY_MESSAGE = "The database did not answer in time. Nothing was changed."
BUSY_SECONDS = 5


class Kind(Enum):
    """The kinds of problem. Each protocol has a table from these to its statuses and codes."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD = "method_not_allowed"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too_large"
    ADDRESS_TOO_LONG = "address_too_long"
    HEADERS_TOO_LARGE = "headers_too_large"
    RANGE = "range_not_satisfiable"  # only where files are handed out
    MEDIA_TYPE = "unsupported_media_type"
    BAD_REQUEST = "bad_request"  # what a protocol itself calls 400; a request that is not HTTP
    MALFORMED = "malformed"  # the body is not JSON at all
    INVALID = "invalid"  # a value cannot be used
    LIMITED = "rate_limited"
    BUSY = "unavailable"
    INTERNAL = "internal_error"


@dataclass(frozen=True)
class FieldProblem:
    """One value that cannot be used: where it is, why, and pydantic's word for the reason."""

    location: tuple[str | int, ...]
    message: str
    type: str = "value_error"

    @property
    def name(self) -> str:
        """Return the field as people write it: `contact_ids.3`."""
        return ".".join(map(str, self.location[1:])) or str(self.location[0])


@dataclass(frozen=True)
class Problem:
    """One failure, ready to be written. `error` is what the house raised, where a protocol must look closer."""

    kind: Kind
    message: str
    fields: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Exception | None = None


class ProblemFound(Exception):
    """Raised by code of the gateway that has found a problem itself."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def problem_of(error: Exception) -> Problem:
    """Return what is wrong, for anything that a request can raise. Unexpected errors are logged."""
    cause = error.__cause__ if isinstance(error, HttpError) else error
    for wrong, judge in JUDGES:
        if isinstance(cause, wrong):
            return judge(cause)
    logger.error("request_failed", exc_info=error)
    return Problem(Kind.INTERNAL, INTERNAL_MESSAGE, error=error)


def _of_kind(kind: Kind) -> Callable[[Any], Problem]:
    return lambda error: Problem(kind, str(error), error=error)


def _saying(kind: Kind, message: str) -> Callable[[Any], Problem]:
    return lambda error: Problem(kind, message, error=error)


def _unavailable(error: Exception, message: str | None = None) -> Problem:
    headers = {"Retry-After": str(BUSY_SECONDS)}
    return Problem(Kind.BUSY, message or str(error), headers=headers, error=error)


def _limited(error: errors.TooBusy) -> Problem:
    headers = {"Retry-After": str(error.seconds)}
    return Problem(Kind.LIMITED, str(error), headers=headers, error=error)


def _busy(error: Exception) -> Problem:
    logger.warning("database_unavailable", exc_info=error)
    return _unavailable(error, BUSY_MESSAGE)


def _invalid(error: errors.Invalid) -> Problem:
    fields = (FieldProblem(("body", error.field), str(error)),) if error.field else ()
    return Problem(Kind.INVALID, str(error), fields, error=error)


def _problem_of_values(found: list[dict[str, Any]]) -> Problem:
    fields = tuple(
        FieldProblem(_place(item["loc"]), _sentence(item), str(item["type"])) for item in found
    )
    first = fields[0]
    return Problem(Kind.INVALID, f"{first.name}: {first.message}", fields)


def _place(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Leave out the name of the view's argument, which no client knows: `body, request, page` is `body, page`."""
    is_named = (
        len(location) > 1 and location[0] in ("body", "query", "path") and location[1] in NAMES
    )
    return (location[0], *location[2:]) if is_named else location


# How views name the argument that takes a whole body or query.
NAMES = ("body", "query")


def _sentence(item: Mapping[str, Any]) -> str:
    return str(item["msg"]).removeprefix("Value error, ")


# The first class that fits counts, so the special ones come first.
JUDGES: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (ProblemFound, lambda error: error.problem),
    (ValidationError, lambda error: _problem_of_values(error.errors)),
    (errors.Invalid, _invalid),
    (errors.KeyRefused, _of_kind(Kind.UNAUTHORIZED)),
    (errors.Expired, _of_kind(Kind.GONE)),
    (errors.NotFound, _of_kind(Kind.NOT_FOUND)),
    (errors.NotAllowed, _of_kind(Kind.FORBIDDEN)),
    (errors.Conflict, _of_kind(Kind.CONFLICT)),
    (errors.TooLarge, _of_kind(Kind.TOO_LARGE)),
    (errors.TooBusy, _limited),
    (errors.Unavailable, _unavailable),
    (OperationalError, _busy),
    (InterfaceError, _busy),
    (RequestDataTooBig, _saying(Kind.TOO_LARGE, "The request's body is too large.")),
    (SuspiciousOperation, _saying(Kind.BAD_REQUEST, "Invalid request.")),
)
