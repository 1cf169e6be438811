"""What no HTTP client sends (broken chunks, headers, lines and bodies), over a socket to the real web server."""

import contextlib
import json
import re
import socket
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from contacthub.api.protocols import APIS
from tests.api.test_authorization import by_header
from tests.stack import Stack

SECONDS = 10
CHUNKED = "Transfer-Encoding: chunked"
TARGETS = {
    "contactbased": "/intent/feeds/preview",
    "letrics": "/api/contacts",
    "backstory": "/pull/v1/export/contacts/jobs",
    "richutilities": "/v1/contacts",
    "insideview": "/api/v1/contact/job",
}
ERRORS: dict[str, type[Any]] = {name: api.protocol.error_model for name, api in APIS.items()}
# Bodies that nobody can read to their end, and the headers that announce them.
BROKEN_BODIES: Sequence[tuple[str, bytes]] = (
    (CHUNKED, b"ZZ\r\n{}\r\n0\r\n\r\n"),
    (CHUNKED, b""),
    (CHUNKED, b"5\r\n{}"),
    (CHUNKED, b"2\r\n{}\r\n"),
    (CHUNKED, b"-2\r\n{}\r\n0\r\n\r\n"),
    (CHUNKED, b"f" * 40 + b"\r\n{}\r\n0\r\n\r\n"),
    (CHUNKED, b"2\r\n{}xx0\r\n\r\n"),
    (CHUNKED, b"2;=\r\n{}\r\n0\r\n\r\n"),
    (CHUNKED, b"2\r\n{}\r\n0\r\nHost: x\r\n\r\n"),
    # Half a list of ids is no smaller list.
    ("Content-Length: 100", b"1,2,3"),
    ("Content-Length: 100", b"{}"),
)
# Refused before the application sees them.
BROKEN_HEADERS = (
    "Transfer-Encoding: gzip",
    "Transfer-Encoding: nonsense",
    f"{CHUNKED}\r\nContent-Length: 2",
    "Content-Length: abc",
    "Content-Length: -1",
    "Content-Length: 2\r\nContent-Length: 2",
    "Content-Length: " + "9" * 5000,
    "Content-Length: \xb2",
    "Content-Type: text/plain\r\nContent-Type: text/html",
    "Host: another.example",
    "nonsense",
    ": nonsense",
    "X A: b",
    "X-A: a\0b",
    "X-A: a\r\n b",
    "Expect: 200-maybe",
)
# Method, what follows the path, and version.
BROKEN_LINES = (
    ("get", "", "HTTP/1.1"),
    ("A", "", "HTTP/1.1"),
    ("POST", "", "HTTP/3.0"),
    ("POST", "", "FOO/1"),
    ("POST", "/\xff", "HTTP/1.1"),
    ("POST", "?q=\xe9", "HTTP/1.1"),
)
# Strange, and read all the same: the answer is that of the call, whatever it is.
ODD_HEADERS = (
    "Content-Type: application/json; charset=base64",
    "Content-Type: application/json; charset=undefined",
    "Content-Type: application/x-www-form-urlencoded; charset=utf-16",
    "Content-Type: ;;;=\";charset",
    "Content-Encoding: nonsense",
    "Accept: ;;;q=zz,*/*;q=2, \"\"",
    "Accept: \xff",
    "Expect: 100-continue",
    "X-Forwarded-For: unknown, \xff, 1.2.3.4:5",
    "X-Request-ID: \xff" + "x" * 3000,
    "Idempotency-Key: \xff",
    "Range: bytes=9-1,zz",
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "X_A: a",
    "If-Modified-Since: Mon, 20 Nov 9999999999 12:00:00 GMT",
    "Cookie: \xff=\0".replace("\0", ""),
)  # fmt: skip
ODD_TAILS = ("/%ff", "/%00", "/%ed%a0%80", "/%zz%", "//a", "/../../etc", "/" + "x" * 7900,
             "?q=%ff&feed_id=%00&period=%ff&fragment=%ff", "?" + "a=1&" * 1500)  # fmt: skip
METHODS = ("TRACE", "BREW", "CONNECT", "OPTIONS", "PATCH", "PUT", "DELETE")


@pytest.fixture(scope="module")
def key(guide_stack: Stack) -> str:
    return guide_stack.manage("issue_key", "--organization", "acme", "--scopes", "all").split()[0]


class Caller:
    """Sends bytes as they are to one protocol's path."""

    def __init__(self, stack: Stack, protocol: str, key: str) -> None:
        self.port, self.protocol = stack.port, protocol
        self.key_lines = [f"{name}: {value}" for name, value in by_header(protocol, key).items()]

    def send(
        self,
        *headers: str,
        body: bytes = b"",
        method: str = "POST",
        tail: str = "",
        version: str = "HTTP/1.1",
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers by lower-case name, and body of the one answer."""
        kind = "text/plain" if self.protocol == "insideview" else "application/json"
        mine = (
            []
            if any(each.startswith("Content-Type") for each in headers)
            else [f"Content-Type: {kind}"]
        )
        lines = [f"{method} {TARGETS[self.protocol]}{tail} {version}", "Host: hub.example.com",
                 *self.key_lines, *mine, *headers]  # fmt: skip
        return self.send_bytes("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def send_bytes(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall(sent)
            # The server may have answered and closed before all was sent.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                received += data
        received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        head, _, content = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        pairs = (field.split(": ", 1) for field in fields)
        found = {name.lower(): value for name, value in pairs}
        assert len(content) == int(found["content-length"]), (line, "more than one answer")
        return int(line.split()[1]), found, content

    def refused(self, *headers: str, **more: Any) -> int:
        """Return the status of a request that must be refused, in the protocol's shape."""
        status, found, content = self.send(*headers, **more)
        asked = (self.protocol, headers, more)
        assert 400 <= status < 500, (asked, status, content[:300])
        self.check(status, found, content, asked)
        return status

    def check(self, status: int, found: dict[str, str], content: bytes, asked: Any) -> None:
        assert found["x-request-id"], asked
        assert found["cache-control"] == "no-store", asked
        if found["content-type"] == "application/xml":
            tree = ElementTree.fromstring(content)
            assert tree.tag == "error", asked
            body: Any = {child.tag: child.text for child in tree}
            assert body["status"] == str(status)
        else:
            assert found["content-type"] == "application/json", asked
            body = json.loads(content)
        ERRORS[self.protocol].model_validate(body)


@pytest.mark.parametrize("protocol", list(APIS))
def test_what_is_not_http_is_refused_in_the_protocols_shape(
    guide_stack: Stack, key: str, protocol: str
) -> None:
    caller = Caller(guide_stack, protocol, key)
    # Rich Utilities has no call that reads a body.
    broken = 405 if protocol == "richutilities" else 400
    for header, body in BROKEN_BODIES:
        assert caller.refused(header, body=body) == broken, (header, body)
    for header in BROKEN_HEADERS:
        assert caller.refused(header, body=b"{}") == 400, header
    for method, tail, version in BROKEN_LINES:
        assert caller.refused(method=method, tail=tail, version=version) == 400, (method, tail)
    for long in (8190, 100_000):
        assert caller.refused(tail="?q=" + "a" * long) == 414
    assert caller.refused("X-A: " + "a" * 9000) == 431
    assert caller.refused(*[f"X-{number}: a" for number in range(120)]) == 431


@pytest.mark.parametrize("protocol", list(APIS))
def test_odd_requests_are_no_error_of_ours(guide_stack: Stack, key: str, protocol: str) -> None:
    caller = Caller(guide_stack, protocol, key)
    for header in ODD_HEADERS:
        for tail in ("", "?q=%ff&feed_id=a"):
            status, found, content = caller.send(header, "Content-Length: 2", body=b"{}", tail=tail)
            assert status < 500, (header, content)
            if status >= 400:
                caller.check(status, found, content, header)
    for tail in ODD_TAILS:
        status, found, content = caller.send("Content-Length: 2", body=b"{}", tail=tail)
        assert status < 500, (tail, content)
        if status >= 400:
            caller.check(status, found, content, tail)
    for method in METHODS:
        assert caller.refused(method=method) == (404 if protocol == "backstory" else 405)


def test_compressed_body_is_415_and_says_what_to_do(guide_stack: Stack, key: str) -> None:
    for protocol in ("contactbased", "letrics", "backstory", "insideview"):
        caller = Caller(guide_stack, protocol, key)
        status, found, _ = caller.send(
            "Content-Encoding: gzip", "Content-Length: 4", body=b"\x1f\x8b\x08\0"
        )
        assert (status, found["accept-encoding"]) == (415, "identity")


def test_refusal_speaks_json_where_json_is_wanted(guide_stack: Stack, key: str) -> None:
    caller = Caller(guide_stack, "insideview", key)
    for header in (f"X-A: {'a' * 9000}", "Content-Length: abc"):
        for accept, kind in (("application/json", "application/json"), ("*/*", "application/xml")):
            assert caller.send(f"Accept: {accept}", header)[1]["content-type"] == kind
    long = b"POST /Auth/login/v1/token.json?code=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    status, found, _ = caller.send_bytes(long)
    assert (status, found["content-type"]) == (414, "application/json")


def test_path_of_a_refused_request_is_found_however_it_is_written(
    guide_stack: Stack, key: str
) -> None:
    caller = Caller(guide_stack, "letrics", key)
    for line in (
        b"POST http://hub.example.com/api/contacts?a=b HTTP/1.1",
        b"POST /api/%63ontacts#a HTTP/1.1",
        b"\r\nPOST /api/companies/x HTTP/1.1",
    ):
        status, found, content = caller.send_bytes(line + b"\r\nnonsense\r\n\r\n")
        assert status == 400
        caller.check(status, found, content, line)


def test_refusal_outside_the_protocols_is_plain_text_without_what_was_sent(
    guide_stack: Stack, key: str
) -> None:
    caller = Caller(guide_stack, "letrics", key)
    for sent, expected in (
        (b"GET /feeds?token=hunter2 HTTP/1.1\r\nnonsense\r\n\r\n", 400),
        (b"GET /feeds?token=hunter2" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /feeds?hunter2 HTTP/1.1\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"hunter2\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03hunter2\r\n\r\n", 400),
    ):
        status, found, content = caller.send_bytes(sent)
        assert (status, found["content-type"]) == (expected, "text/plain; charset=utf-8"), sent
        assert b"hunter2" not in content
        assert found["connection"] == "close"
    assert "hunter2" not in (guide_stack.folder / "web.log").read_text()


def test_broken_body_is_answered_once(guide_stack: Stack, key: str) -> None:
    """Where a call reads no body, the break is found after the answer: a second answer would be the next request's."""
    caller = Caller(guide_stack, "letrics", key)
    for target in (b"/healthz", b"/api/contacts"):
        status, found, _ = caller.send_bytes(
            b"GET "
            + target
            + b" HTTP/1.1\r\nHost: localhost\r\n"
            + CHUNKED.encode()
            + b"\r\n\r\nZZ\r\n"
        )
        assert status == (200 if target == b"/healthz" else 401)
        assert found["content-length"]


def test_charset_of_a_page_is_utf_8_whatever_is_said(guide_stack: Stack, key: str) -> None:
    caller = Caller(guide_stack, "letrics", key)
    for charset in ("base64", "hex", "undefined", "idna", "utf-16", "nonsense"):
        status, _, _ = caller.send_bytes(
            b"GET /healthz?q=%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: text/html; charset=" + charset.encode() + b"\r\n\r\n"
        )
        assert status == 200, charset


def test_client_in_the_address_of_a_token_call_is_in_no_log(guide_stack: Stack, key: str) -> None:
    caller = Caller(guide_stack, "insideview", key)
    query = f"clientId={key[10:20]}&clientSecret={key}&grantType="
    for grant, version, expected in (("cred", "1.1", 200), ("x", "1.1", 400), ("cred", "3.0", 400)):
        line = f"POST /Auth/login/v1/token.json?{query}{grant} HTTP/{version}\r\nHost: a\r\n\r\n"
        status, _, content = caller.send_bytes(line.encode())
        assert status == expected, content
    logs = "".join(path.read_text(errors="replace") for path in guide_stack.folder.glob("*.log"))
    assert key not in logs
    assert key[21:] not in logs


def test_no_refusal_is_logged_as_an_error(guide_stack: Stack, key: str) -> None:
    """Runs after the others of this file: what clients break is no fault of the system."""
    Caller(guide_stack, "letrics", key).refused("nonsense")
    log = (guide_stack.folder / "web.log").read_text(encoding="utf-8", errors="replace")
    assert '"event": "request_unreadable"' in log
    assert not re.search(r'"event": "(request_failed|Error handling request)', log)
