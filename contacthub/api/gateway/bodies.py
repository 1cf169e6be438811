"""Reading what a program sends, strictly; and writing what it gets, once.

Python's own parser is used for its hooks: a repeated name, NaN, Infinity and 1e999 are refused (RFC 8259 §4, §6;
I-JSON, RFC 7493 §2.2, §2.3). Bodies are at most a mebibyte.
"""

import io
import json
import math
import re
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from contacthub.api.gateway.problems import FieldProblem, Kind, Problem, ProblemFound
from contacthub.core.text import normalize_all

# A client that says nothing means JSON.
JSON_TYPES = ("application/json", "")
COMPRESSED = "Send the body without Content-Encoding: compressed bodies are not read."
# What a client may do instead (RFC 9110 §15.5.16).
NO_CODING = {"Accept-Encoding": "identity"}
CUT_OFF = "The body ended before the length that Content-Length names."
BROKEN = "The body cannot be read: its chunks are broken, or the connection was closed."
# A NUL as orjson writes it; behind an escaped backslash the same characters are text.
ESCAPE = b"\\u"
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class StrictParser(Parser):
    """django-ninja's parser, which takes nothing that could mean two things."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the JSON of a body. Raises `ProblemFound` if it is none, or says that it is something else."""
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
    """Raise `ProblemFound` if a parameter holds a NUL, which Postgres cannot store."""
    for name, values in data.lists():
        if any("\0" in value for value in (name, *values)):
            shown = name.replace("\0", "")
            field = FieldProblem(("query", shown), "Text may not hold the character NUL.")
            raise ProblemFound(Problem(Kind.INVALID, f"{shown}: {field.message}", (field,)))


class WholeBody(io.BufferedIOBase):
    """The body of a request: read once, whole, or an error that says what is wrong with it.

    Django reads none that comes in chunks (RFC 9112 §7.1), and takes one that was cut off for a whole one: half a list
    of ids would be a smaller list. `most_bytes` is that of a form, until a longer one is allowed.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.source = request.META["wsgi.input"]
        self.coding = request.headers.get("Content-Encoding", "").strip().lower()
        self.most_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
        length = request.META.get("CONTENT_LENGTH") or "0"
        self.length = None if is_chunked and "CONTENT_LENGTH" not in request.META else int(length)

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return everything, whatever the size. Raises `ProblemFound` if it is compressed, too large or broken."""
        if self.length == 0:
            return b""
        if self.coding not in ("", "identity"):
            raise ProblemFound(Problem(Kind.MEDIA_TYPE, COMPRESSED, headers=NO_CODING))
        body = self._read()
        if self.length is None and len(body) > self.most_bytes:
            raise ProblemFound(too_large(self.most_bytes))
        if self.length is not None and len(body) < self.length:
            raise ProblemFound(Problem(Kind.BAD_REQUEST, CUT_OFF))
        self.length = 0
        return body

    def _read(self) -> bytes:
        try:
            body: bytes = self.source.read(
                self.most_bytes + 1 if self.length is None else self.length
            )
        except Exception as error:
            # Each web server has errors of its own for a broken chunk, a closed connection and silence.
            raise ProblemFound(Problem(Kind.BAD_REQUEST, BROKEN)) from error
        return body


def too_large(most_bytes: int) -> Problem:
    """Return the answer to a request with a larger body."""
    return Problem(Kind.TOO_LARGE, f"A request's body may have {most_bytes:,} bytes.")


def read_long_body(request: HttpRequest, *, most_bytes: int) -> None:
    """Read a body that may be longer than a form's, for which Django refuses `request.body`; its size is checked.

    One in chunks does not say how long it is.
    """
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if is_chunked or length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        request._stream.most_bytes = most_bytes  # type: ignore[attr-defined]
        request._body = request.read()


def read_json(body: bytes) -> Any:
    """Return the value of a body in UTF-8, its texts normalized. Raises `ProblemFound` (MALFORMED)."""
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
    return value if body.isascii() and ESCAPE not in body else normalize_all(value)


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
