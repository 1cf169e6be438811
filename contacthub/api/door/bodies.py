"""Reading what a program sends, strictly; and writing what it gets, once.

Python's own parser is used for its hooks: a repeated name, NaN, Infinity and 1e999 are refused (RFC 8259 §4, §6;
I-JSON, RFC 7493 §2.2, §2.3). Bodies are at most a mebibyte.
"""

import json
import math
import re
from typing import Any, NoReturn

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from contacthub.api.door.problems import FieldProblem, Kind, Problem, ProblemFound

# A client that says nothing means JSON.
JSON_TYPES = ("application/json", "")
# A NUL as orjson writes it; behind an escaped backslash the same characters are text.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class StrictParser(Parser):
    """django-ninja's parser, which takes nothing that could mean two things."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the JSON of a body. Raises `ProblemFound` where it is none, or says that it is something else."""
        if request.content_type not in JSON_TYPES:
            message = "Send a body of JSON, with Content-Type: application/json."
            raise ProblemFound(Problem(Kind.MEDIA_TYPE, message))
        return read_json(request.body)

    def parse_querydict(
        self, data: MultiValueDict[Any, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Return the parameters of a query."""
        refuse_nul(data)
        return super().parse_querydict(data, list_fields, request)


def refuse_nul(data: MultiValueDict[Any, Any]) -> None:
    """Raise `ProblemFound` where a parameter holds a NUL, which Postgres cannot store."""
    for name, values in data.lists():
        if any("\0" in value for value in (name, *values)):
            shown = name.replace("\0", "")
            field = FieldProblem(("query", shown), "Text may not hold the character NUL.")
            raise ProblemFound(Problem(Kind.INVALID, f"{shown}: {field.message}", (field,)))


def read_chunks(request: HttpRequest, *, most_bytes: int) -> bool:
    """Read a body that comes in chunks (RFC 9112 §7.1), for which Django reads none. Returns False for a larger one."""
    if "HTTP_TRANSFER_ENCODING" not in request.META or "CONTENT_LENGTH" in request.META:
        return True
    body: bytes = request.META["wsgi.input"].read(most_bytes + 1)
    request._body = body[:most_bytes]
    return len(body) <= most_bytes


def read_json(body: bytes) -> Any:
    """Return the value that a body spells in UTF-8. Raises `ProblemFound` (MALFORMED)."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_read_float,
        )
        # orjson writes only what every JSON reader takes: no lone surrogates, no numbers beyond 64 bits.
        if NUL.search(orjson.dumps(value)):
            _refuse("Text may not hold the character NUL.")
    except (ValueError, RecursionError, TypeError) as error:
        _refuse(f"This is not JSON: {error}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _read_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is beyond the range of numbers")
    return number


def _refuse(message: str) -> NoReturn:
    raise ProblemFound(
        Problem(
            Kind.MALFORMED, message[:300], (FieldProblem(("body",), message[:300], "json_invalid"),)
        )
    )


def json_reply(value: Any, *, status: int = 200) -> HttpResponse:
    """Return a reply of JSON in UTF-8, encoded once, with times in UTC (`Z`).

    Takes what orjson takes, and bytes that are JSON already.
    """
    body = value if isinstance(value, bytes) else orjson.dumps(value, option=orjson.OPT_UTC_Z)
    return HttpResponse(body, status=status, content_type="application/json")
