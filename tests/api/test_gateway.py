"""What happens to every request before and around a call: sizes, types, methods, broken bodies, broken databases."""

import io
import json
import re
import threading
from typing import Any

import httpx
import pytest
from django.db import connection, connections
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from contacthub.api.protocols import APIS
from contacthub.feeds.models import FeedGrant
from tests.api.conftest import Program, make_key
from tests.api.contactbased.conftest import by_header
from tests.api.test_authorization import by_header as header_of
from tests.api.test_authorization import routes
from tests.contacts.files import ID
from tests.stack import Stack

pytestmark = pytest.mark.django_db

PREVIEW, FEEDS, BATCH = "/intent/feeds/preview", "/organization/feeds", "/enrich/contacts/batch"
TOKENS = "/auth/v1/tokens"
MEBIBYTE = 1024 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW")
# What a reply must never show: pages, tracebacks, statements, places in the code.
NEVER = (
    b"<html",
    b"<!doctype",
    b"Traceback",
    b"SELECT ",
    b'File "',
    b"contacthub.",
    b"psycopg",
    b"site-packages",
)


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_header, acme_key)


def detail(response: Any) -> Any:
    assert response.headers["Content-Type"] == "application/json"
    assert not any(word in response.content for word in NEVER), response.content
    body = json.loads(response.content)
    assert list(body) == ["detail"]
    return body["detail"]


def send(
    program: Program, method: str, path: str, body: bytes = b"", **environ: Any
) -> HttpResponse:
    return program.client.generic(
        method, path, body, content_type="application/json", headers=program.headers, **environ
    )


class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")


# --- Sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "length", [MEBIBYTE + 1, 10**11, 10**300, "0" * 30 + str(10**7), "0" * 5000]
)
def test_too_large_a_body_is_refused_by_its_length(db: None, program: Program, length: Any) -> None:
    """It is not read, and neither a key nor a path is looked at."""
    for path in (BATCH, "/enrich/nowhere"):
        refused = program.client.generic(
            "POST", path, **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)}
        )
        assert refused.status_code == 413
        assert detail(refused) == "A request's body may have 1,048,576 bytes."


@pytest.mark.parametrize("key", [None, "ch_live_nobody_00000000000000000000000000"])
def test_body_of_a_stranger_is_not_read(db: None, program: Program, key: str | None) -> None:
    unread = {"wsgi.input": Unread(), "CONTENT_LENGTH": "900000"}
    headers = {"X-API-Key": key} if key else {}
    assert program.client.generic("POST", BATCH, headers=headers, **unread).status_code == 401


@pytest.mark.parametrize("length", ["abc", "-1", "1.5", "+1", "１２", "1e3", "0x10", " 5", "1,2"])
def test_length_that_is_no_number_is_refused(program: Program, length: str) -> None:
    refused = send(program, "POST", BATCH, b"{}", CONTENT_LENGTH=length)
    assert refused.status_code == 400
    assert "Invalid request" in json.dumps(detail(refused))


def test_body_in_chunks_is_read_up_to_the_limit(guide_stack: Stack) -> None:
    key = guide_stack.manage("issue_key", "--organization", "acme", "--scopes", "all").split()[0]

    def post(*chunks: bytes) -> httpx.Response:
        return httpx.post(
            guide_stack.base_url + BATCH,
            content=iter(chunks),
            headers={"X-API-Key": key, "Content-Type": "application/json"},
        )

    fine = post(b'{"contact_ids": ["', ID.encode(), b'"]', b"}")
    assert (fine.status_code, len(fine.json()["results"])) == (200, 1)
    spaces = b" " * 65536
    assert post(b"[", *[spaces] * 17).status_code == 413
    assert post(b"[", *[spaces] * 15).status_code == 422
    assert httpx.get(guide_stack.base_url + FEEDS, headers={"X-API-Key": key}).status_code == 200
    # A call that needs no key takes no more than a form may have.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for count, status in ((3, 400), (5, 413)):
        content = iter([b"grant_type=", *[b"x" * 65536] * count])
        refused = httpx.post(guide_stack.base_url + TOKENS, content=content, headers=form)
        assert refused.status_code == status


# --- Media types and methods ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("application/json;charset=bogus", 200),
        ("", 200),
        ("text/plain", 415),
        ("text/json", 415),
        ("application/xml", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/octet-stream", 415),
        ("nonsense", 415),
        ("application/jsonx", 415),
    ],
)
def test_body_is_json(program: Program, kind: str, status: int) -> None:
    answered = program.post(BATCH, {"contact_ids": [ID]}, content_type=kind)
    assert answered.status_code == status
    if status == 415:
        assert detail(answered) == "Send a body of JSON, with Content-Type: application/json."


def test_wrong_method_says_which_one_is_right(program: Program) -> None:
    for path, right in ((PREVIEW, "POST"), (FEEDS, "GET"), (f"/enrich/contacts/{ID}/pii", "GET")):
        for method in METHODS:
            if method == right:
                continue
            wrong = send(program, method, path)
            assert (wrong.status_code, wrong["Allow"]) == (405, right), method
            if method != "HEAD":
                assert detail(wrong) == "Method Not Allowed"


@pytest.mark.parametrize("protocol", list(APIS))
def test_every_path_takes_its_own_methods_only(acme_key: str, protocol: str) -> None:
    """405 with Allow, on Backstory 404."""
    methods: dict[str, set[str]] = {}
    for call in routes(protocol):
        method, path = call.split(" ")
        methods.setdefault(re.sub(r"{\w+}", ID, path), set()).add(method)
    speaker = Program(lambda key: header_of(protocol, key), acme_key)
    for path, own in methods.items():
        for method in set(METHODS) - own:
            wrong = send(speaker, method, path)
            if protocol == "backstory":
                assert wrong.status_code == 404, (method, path)
            else:
                assert wrong.status_code == 405, (method, path)
                assert set(wrong["Allow"].split(", ")) == own
            assert not any(word in wrong.content for word in NEVER)


@pytest.mark.parametrize("protocol", list(APIS))
def test_every_call_with_a_strange_body_is_no_error_of_ours(acme_key: str, protocol: str) -> None:
    speaker = Program(lambda key: header_of(protocol, key), acme_key)
    kinds = ("", "text/html", "application/xml", "multipart/form-data; boundary=x", "image/png", "x",
             "application/x-www-form-urlencoded", "application/json; charset=utf-16")  # fmt: skip
    for call in sorted(routes(protocol)):
        method, path = call.split(" ")
        path = re.sub(r"{\w+}", ID, path)
        for kind in kinds:
            for body in (b"\xff\xfe\x00<", b"a=%00&b=%ff", b"--x\r\n"):
                strange = speaker.client.generic(
                    method, path, body, content_type=kind, headers=speaker.headers
                )
                assert strange.status_code < 500, (call, kind, body)
                assert method in ("GET", "DELETE") or strange.status_code >= 400, (call, kind, body)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_headers_change_no_method(program: Program, header: str) -> None:
    assert program.get(PREVIEW, **{header: "POST"}).status_code == 405


@pytest.mark.parametrize("protocol", list(APIS))
def test_unknown_path_is_answered_by_its_protocol(
    db: None, program: Program, protocol: str
) -> None:
    for prefix in APIS[protocol].protocol.prefixes:
        for rest in ("nowhere", "", "%00", "..%2f", "a/b/c/", "é", "x" * 3000):
            for method in ("GET", "POST", "DELETE"):
                lost = send(program, method, prefix + rest)
                assert lost.status_code in (400, 401, 404, 405, 415, 422), (method, prefix, rest)
                assert not any(word in lost.content for word in NEVER)
                assert lost["Content-Type"].split(";")[0] in (
                    "application/json", "application/xml", "text/xml"
                ), prefix + rest  # fmt: skip


# --- Bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"{}{}", b"{} x", b"[", b"nul", b"'a'", b"\xff\xfe{\x00}\x00", b"\x80", b"\xed\xa0\x80",
        b"\xef\xbb\xbf{}", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": -1e999}',
        b'{"a": 1, "a": 2}', b'{"contact_ids": [], "contact_ids": []}', b'{"a": "\\ud800"}', b'{"a": "\\udc00\\ud800"}',
        b'{"a": "\\u0000"}', b'{"\\u0000": 1}', b'{"a": "\\\\\\u0000"}', b'{"a": "\x01"}', b'{"a": 1,}', b"{'a': 1}",
        b'{"a": 01}', b'{"a": .5}', b'{"a": 1_000}', b'{"a": 0x10}', b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": 18446744073709551616}',
        b"[[[[]]]]", b'"text"', b"1", b"null", b"true", b"\x1f\x8b\x08\x00",
    ],
)  # fmt: skip
def test_body_that_could_mean_anything_else_is_refused(program: Program, body: bytes) -> None:
    refused = program.post(BATCH, body)
    assert refused.status_code == 422
    assert set(detail(refused)[0]) == {"loc", "msg", "type"}


def test_backslash_before_u0000_is_text(program: Program) -> None:
    fine = program.post(BATCH, b'{"contact_ids": ["%s"], "note": "\\\\u0000"}' % ID.encode())
    assert fine.status_code == 200


@pytest.mark.parametrize("name", ["feed_id", "unknown", "a%00b"])
def test_nul_in_a_query_is_refused(program: Program, name: str) -> None:
    feed = "&feed_id=3d0c2b5e-7f4a-4c7e-9d55-0a4f3c1b2a19" if name != "feed_id" else ""
    refused = program.get(f"/intent/feeds/jobs?{name}=a%00b{feed}")
    assert refused.status_code == 422
    assert "\0" not in json.dumps(detail(refused))


@pytest.mark.parametrize(
    "query", ["include=%ff", "include=%ed%a0%80", "include=" + "é" * 500, "&&&", "=", "%"]
)
def test_broken_query_is_no_error_of_ours(program: Program, query: str) -> None:
    assert program.get(f"/enrich/contacts/{ID}?{query}").status_code in (400, 404, 422)


# --- When something breaks ------------------------------------------------------------------------


def test_unforeseen_error_shows_nothing(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("SELECT secret FROM contacthub.credentials WHERE password = 'hunter2'")

    monkeypatch.setattr("contacthub.feeds.queries.list_grants", fail)
    broken = program.get(FEEDS)
    assert broken.status_code == 500
    assert b"hunter2" not in broken.content
    assert detail(broken) == (
        "Something went wrong in ContactHub. The log has the details under this request's id."
    )
    assert broken["X-Request-ID"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text, "the log names places in the code, never a value"


@pytest.mark.django_db(transaction=True)
def test_locked_table_is_503_soon(program: Program, grant: FeedGrant) -> None:
    """As in the web process, a lock is waited for only so long; nothing of the statement is shown."""
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE feeds_feedgrant IN ACCESS EXCLUSIVE MODE")
            locked.set()
            done.wait(30)
            cursor.execute("ROLLBACK")
        connections["default"].close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert locked.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        busy = program.get(FEEDS)
    finally:
        done.set()
        holder.join()
    assert (busy.status_code, busy["Retry-After"]) == (503, "5")
    assert detail(busy) == "The database did not answer in time. Nothing was changed."
    assert program.get(FEEDS).status_code == 200


# --- Every answer ---------------------------------------------------------------------------------


def test_every_answer_has_an_id_and_is_not_stored(program: Program) -> None:
    for response in (
        program.get(FEEDS),
        program.get("/intent/nowhere"),
        program.get(PREVIEW),
        program.client.get(FEEDS),
        program.post(BATCH, b"{"),
        send(program, "POST", BATCH, CONTENT_LENGTH=str(10**9)),
    ):
        assert response["X-Request-ID"]
        assert response["Cache-Control"] == "no-store"
        assert not response.cookies
        assert "Set-Cookie" not in response
        assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "body", "count"),
    [
        ("GET", FEEDS, b"", 2),
        ("POST", PREVIEW, b'{"feed_id": "%s", "lookback_days": 3}', 3),
        ("GET", "/intent/feeds/jobs?feed_id=%s", b"", 3),
        ("POST", "/intent/feeds/exports/list", b"{}", 2),
        ("GET", f"/enrich/contacts/{ID}", b"", 2),
        ("POST", BATCH, b'{"contact_ids": ["%s"]}' % ID.encode(), 2),
        ("GET", "/intent/nowhere", b"", 0),
        ("PUT", FEEDS, b"", 0),
    ],
)
def test_statements_per_call(
    program: Program, grant: FeedGrant, method: str, path: str, body: bytes, count: int
) -> None:
    """One for the key, the rest for what was asked: no session, no user, no savepoint."""
    feed = str(grant.feed.public_id)
    path, body = path.replace("%s", feed), body.replace(b"%s", feed.encode())
    send(program, method, path, body)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        send(program, method, path, body)
    assert len(asked) == count, [query["sql"] for query in asked]
    assert not any("django_session" in query["sql"] for query in asked)


def test_mistyped_key_asks_nothing(program: Program, acme_key: str) -> None:
    mistyped = Program(by_header, acme_key[:-1] + ("A" if acme_key[-1] != "A" else "B"))
    with CaptureQueriesContext(connection) as asked:
        assert mistyped.get(FEEDS).status_code == 401
    assert len(asked) == 0


def test_session_of_a_browser_opens_nothing(program: Program, alice: Any) -> None:
    program.client.force_login(alice)
    assert program.client.get(FEEDS).status_code == 401


def test_foreign_address_is_refused(acme: Any) -> None:
    _, key = make_key(acme, allowed_addresses=["203.0.113.0/24"])
    program = Program(by_header, key)
    assert program.get(FEEDS).status_code == 401
    assert program.get(FEEDS, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 401
