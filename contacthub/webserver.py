"""The web server's worker: what gunicorn refuses itself is answered in the shape of the protocol that was called.

A request that is not HTTP never reaches the application, and gunicorn answers it with HTML. This worker keeps the first
bytes of what was read, so that the path, and with it the protocol, is known. Source: RFC 9110 §15.5, RFC 9112 §2.2.
"""

import re
import socket
import struct
import time
import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import structlog
from django.http import HttpRequest, HttpResponse
from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker

from contacthub.api.gateway.api import render_problem
from contacthub.api.gateway.problems import INTERNAL_MESSAGE, Kind, Problem
from contacthub.api.protocols import find_protocol

logger = structlog.get_logger(__name__)

# Bytes of a request that are kept for its refusal: the longest request line, and some headers.
MOST_HEAD = 16_384
LINE = re.compile(rb"\s*([!-~]*) ([^ \r\n]*)")
ACCEPT = re.compile(rb"\r\naccept:[ \t]*([^\r\n]*)", re.IGNORECASE)
SCHEME_AND_HOST = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
# A request may take so many seconds to arrive, and one more for every so many bytes: slower than any network that
# people work on, and too fast to hold the threads by sending a byte now and then. Only waiting for bytes counts.
GRACE_SECONDS = 30.0
LEAST_BYTES_PER_SECOND = 8_192
# A client that takes nothing of an answer for so long has gone.
STALL_SECONDS = 60
UNREADABLE = Problem(Kind.BAD_REQUEST, "This request is not valid HTTP.")
PROBLEMS: tuple[tuple[type[Exception], Problem], ...] = (
    (
        errors.LimitRequestLine,
        Problem(Kind.ADDRESS_TOO_LONG, "The address is longer than 8,190 bytes."),
    ),
    (
        errors.LimitRequestHeaders,
        Problem(
            Kind.HEADERS_TOO_LARGE,
            "The request has more than 100 headers, or one longer than 8,190 bytes.",
        ),
    ),
    # An unknown transfer coding (501 by RFC 9112 §6.1) is the client's mistake, too.
    (errors.ParseException, UNREADABLE),
)


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a connection, and gives up on a client that sends too slowly."""

    waited = 0.0
    received = 0

    def begin(self) -> None:
        """Start counting again with a new request."""
        self.waited, self.received = 0.0, 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what has arrived. Raises `NoMoreData` if the request takes too long."""
        left = GRACE_SECONDS + self.received / LEAST_BYTES_PER_SECOND - self.waited
        before = self.sock.gettimeout()
        began = time.monotonic()
        self.sock.settimeout(max(0.001, left if before is None else min(left, before)))
        try:
            data: bytes = super().chunk(size_hint)
        except TimeoutError as error:
            raise errors.NoMoreData from error
        finally:
            self.waited += time.monotonic() - began
            self.sock.settimeout(before)
        self.received += len(data)
        return data


class KeptRequest(Request):  # type: ignore[misc]
    """A request whose first bytes stay known, also if it cannot be read."""

    head = b""

    def __init__(self, cfg: Any, unreader: PatientUnreader, *others: Any) -> None:
        unreader.begin()
        try:
            super().__init__(cfg, unreader, *others)
        except errors.ParseException as error:
            error.head = self.head
            raise

    def read_into(self, unreader: Any, buf: bytearray, stop: bool = False) -> None:
        """Read on, and keep the first bytes."""
        before = len(buf)
        super().read_into(unreader, buf, stop=stop)
        self.head = (self.head + bytes(buf[before : before + MOST_HEAD]))[:MOST_HEAD]


class KeptParser(RequestParser):  # type: ignore[misc]
    """Reads requests whose first bytes stay known, from clients that send them in time."""

    mesg_class = KeptRequest

    def __init__(self, cfg: Any, connection: socket.socket, client: Any) -> None:
        super().__init__(cfg, connection, client)
        self.unreader = PatientUnreader(connection)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, whose refusals have the protocols' shapes."""

    def handle(self, conn: Any) -> Any:
        """Handle the next request of a connection, in a thread."""
        if conn.parser is None and not self.cfg.is_ssl:
            conn.parser = KeptParser(self.cfg, conn.sock, conn.client)
            # A send that makes no progress for so long ends with an error (socket(7)).
            stall = struct.pack("ll", STALL_SECONDS, 0)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stall)
        return super().handle(conn)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Return whether the connection can be used again: not after a body that cannot be read to its end."""
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        except errors.ParseException:
            # The request has its answer; another one would be taken for that of the next request.
            return False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that cannot be served, and close the connection."""
        head = req.head if req is not None else getattr(exc, "head", b"")
        request_id = str(uuid.uuid4())
        problem = next((it for kind, it in PROBLEMS if isinstance(exc, kind)), None)
        if problem is None:
            logger.error("request_failed", request_id=request_id, exc_info=exc)
            problem = Problem(Kind.INTERNAL, INTERNAL_MESSAGE)
        else:
            # Nothing of the request itself: its address may hold a secret.
            logger.info("request_unreadable", request_id=request_id, reason=type(exc).__name__)
        try:
            util.write_nonblock(client, write_refusal(head, problem, request_id))
        except Exception:
            logger.info("refusal_not_sent", request_id=request_id)


def write_refusal(head: bytes, problem: Problem, request_id: str) -> bytes:
    """Return the whole answer to a request of which these are the first bytes, as HTTP/1.1."""
    request = read_head(head)
    protocol = find_protocol(request.path_info)
    response = render_problem(protocol, request, problem) if protocol else _as_text(problem)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Request-ID"] = request_id
    response["Content-Length"] = str(len(response.content))
    response["Connection"] = "close"
    lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in response.items()]
    body = b"" if request.method == "HEAD" else response.content
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read_head(head: bytes) -> HttpRequest:
    """Return what is known of a request from its first bytes: method, path and `Accept`."""
    request = HttpRequest()
    line = LINE.match(head)
    method, target = (part.decode("latin-1") for part in line.groups()) if line else ("", "")
    request.method = method
    path = SCHEME_AND_HOST.sub("", target, count=1) if "://" in target else target
    request.path = request.path_info = unquote(re.split(r"[?#]", path, maxsplit=1)[0])
    accept = ACCEPT.search(head)
    if accept:
        request.META["HTTP_ACCEPT"] = accept[1].decode("latin-1")
    return request


STATUSES = {
    Kind.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Kind.ADDRESS_TOO_LONG: HTTPStatus.REQUEST_URI_TOO_LONG,
    Kind.HEADERS_TOO_LARGE: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    Kind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def _as_text(problem: Problem) -> HttpResponse:
    return HttpResponse(
        problem.message + "\n",
        status=STATUSES[problem.kind],
        content_type="text/plain; charset=utf-8",
    )
