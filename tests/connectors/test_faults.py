"""Every connector against a vendor that misbehaves, over a real socket."""

import logging
import socket
import time
from dataclasses import replace
from typing import Any

import orjson
import pytest

from contacthub.connectors import errors
from contacthub.connectors.client import Client, Request
from contacthub.connectors.gate import OpenGate, Outcome
from contacthub.connectors.replies import parse
from contacthub.core.errors import Invalid
from contacthub.wire import contactbased as wire
from tests.connectors.vendors import EXPORT, JOB, QUICK, SECRET, VENDORS, Vendor, connect, read, say
from tests.receiver import answer, hang, listening, raw, reset

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", errors.Refused),
        ("401 Unauthorized", errors.WrongKey),
        ("403 Forbidden", errors.NotEntitled),
        ("404 Not Found", errors.NotFound),
        ("409 Conflict", errors.Refused),
        ("413 Content Too Large", errors.Refused),
        ("422 Unprocessable Content", errors.Refused),
        ("429 Too Many Requests", errors.Throttled),
        ("500 Internal Server Error", errors.VendorDown),
        ("501 Not Implemented", errors.VendorDown),
        ("502 Bad Gateway", errors.VendorDown),
        ("503 Service Unavailable", errors.VendorDown),
        ("302 Found", errors.ContractBroken),
    ],
)
@every_vendor
def test_status_is_its_error(vendor: Vendor, status: str, error: type[errors.VendorError]) -> None:
    gate = OpenGate()
    body = answer(status, "Content-Type: text/html", "Location: /x", body=b"<h1>No</h1>")
    with (
        listening(*vendor.scripts(body)) as server,
        connect(vendor.name, server, gate) as connector,
        pytest.raises(error) as raised,
    ):
        vendor.call(connector)
    assert type(raised.value) is error
    assert gate.exchanges[-1].status == int(status[:3])
    assert gate.exchanges[-1].error.startswith(error.code)


@every_vendor
def test_vendors_own_sentence_is_told(vendor: Vendor) -> None:
    refusal = say(vendor.name, "error", "400 Bad Request")
    with (
        listening(*vendor.scripts(refusal)) as server,
        connect(vendor.name, server) as connector,
        pytest.raises(errors.Refused) as raised,
    ):
        vendor.call(connector)
    assert len(raised.value.vendor_says) > 15
    assert raised.value.vendor_says not in str(raised.value)


@every_vendor
def test_gateway_error_is_repeated_until_it_works(vendor: Vendor) -> None:
    gate = OpenGate()
    bad = [answer("502 Bad Gateway"), answer("503 Service Unavailable")]
    with (
        listening(*vendor.scripts(*bad, vendor.good())) as server,
        connect(vendor.name, server, gate) as connector,
    ):
        assert vendor.call(connector)
    assert [e.status for e in gate.exchanges][-3:] == [502, 503, 200]
    assert [e.outcome for e in gate.exchanges][-3:] == [
        Outcome.FAILED,
        Outcome.FAILED,
        Outcome.ALIVE,
    ]


@every_vendor
def test_vendor_that_stays_down_is_asked_four_times(vendor: Vendor) -> None:
    with (
        listening(*vendor.scripts(answer("502 Bad Gateway"))) as server,
        connect(vendor.name, server) as connector,
    ):
        with pytest.raises(errors.VendorDown):
            vendor.call(connector)
        assert len(server.requests) - len(vendor.prelude) == QUICK.attempts


@pytest.mark.parametrize("fault", [answer("502 Bad Gateway"), reset, raw(b"")])
def test_call_that_spends_is_not_repeated(fault: Any) -> None:
    with listening(fault) as server, connect("contactbased", server) as connector:
        with pytest.raises(errors.Temporary):
            connector.create_export(JOB)
        with pytest.raises(errors.Temporary):
            connector.run_search(JOB, lookback_days=3)
        assert len(server.requests) == 2


def test_call_that_spends_is_repeated_where_nothing_was_sent_or_done() -> None:
    throttled = answer("429 Too Many Requests", "Retry-After: 0")
    with (
        listening(throttled, say("contactbased", "export")) as server,
        connect("contactbased", server) as connector,
    ):
        assert connector.create_export(JOB).total_rows == 942
        assert len(server.requests) == 2
    gate = OpenGate()
    with (
        connect("contactbased", f"http://127.0.0.1:{free_port()}", gate) as connector,
        pytest.raises(errors.Unreachable) as raised,
    ):
        connector.create_export(JOB)
    assert not raised.value.is_sent
    assert len(gate.exchanges) == QUICK.attempts


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@every_vendor
def test_retry_after_is_waited_for(vendor: Vendor) -> None:
    storm = [answer("429 Too Many Requests", "Retry-After: 1")] * 2
    with (
        listening(*vendor.scripts(*storm, vendor.good())) as server,
        connect(vendor.name, server) as connector,
    ):
        start = time.monotonic()
        vendor.call(connector)
        assert 2.0 <= time.monotonic() - start < 4.0


@every_vendor
def test_longer_retry_after_than_anybody_waits_is_told_at_once(vendor: Vendor) -> None:
    storm = answer("429 Too Many Requests", "Retry-After: 600")
    with (
        listening(*vendor.scripts(storm)) as server,
        connect(vendor.name, server) as connector,
        pytest.raises(errors.Throttled) as raised,
    ):
        vendor.call(connector)
    assert raised.value.retry_after == 600
    assert len(server.requests) == 1 + len(vendor.prelude)


def spoil(body: bytes) -> list[tuple[str, bytes]]:
    value = orjson.loads(body)
    return [
        ("malformed", b"{not json"),
        ("truncated", body[: len(body) // 2]),
        ("empty", b""),
        ("html", b"<html>Sign in</html>"),
        ("error body", b'{"error": "boom"}'),
        ("scalar", b"7"),
        ("null", b"null"),
        ("other shape", orjson.dumps([value])),
        ("nothing", b"{}"),
        ("surrogate", b'{"data": "\\ud800"}'),
        ("deep", b"[" * 100_000),
    ]


@pytest.mark.parametrize("number", range(11))
@every_vendor
def test_good_status_with_a_bad_body_breaks_the_contract(vendor: Vendor, number: int) -> None:
    _, body = spoil(read(vendor.name, vendor.sample))[number]
    gate = OpenGate()
    with (
        listening(*vendor.scripts(answer("200 OK", JSON, body=body))) as server,
        connect(vendor.name, server, gate) as connector,
    ):
        with pytest.raises(errors.ContractBroken) as raised:
            vendor.call(connector)
        # It would answer the same again.
        assert len(server.requests) == 1 + len(vendor.prelude)
    assert raised.value.path
    assert gate.exchanges[-1].error == f"contract_broken {raised.value.path}"


def test_broken_contract_names_the_path_and_keeps_no_value() -> None:
    page = orjson.loads(read("contactbased", "page"))
    page["rows"][0]["observed_date"] = "ingrid@acme.example"
    body = answer("200 OK", JSON, body=orjson.dumps(page))
    with (
        listening(body) as server,
        connect("contactbased", server) as connector,
        pytest.raises(errors.ContractBroken) as raised,
    ):
        connector.read_export_page(EXPORT, 1)
    error = raised.value
    assert error.path == "rows.0.observed_date"
    assert '"first_name":"str"' in error.sample
    for told in (str(error), error.sample, repr(error)):
        assert "ingrid" not in told.lower()
        assert "Solheim" not in told


def test_another_page_or_contact_than_was_asked_for_breaks_the_contract() -> None:
    with (
        listening(say("contactbased", "page")) as server,
        connect("contactbased", server) as connector,
        pytest.raises(errors.ContractBroken),
    ):
        connector.read_export_page(EXPORT, 2)
    for ids in (["id_0000000000000001", "id_3f2a8d1b9c0e5f47"], ["id_3f2a8d1b9c0e5f47"]):
        with (
            listening(say("contactbased", "batch")) as server,
            connect("contactbased", server) as connector,
            pytest.raises(errors.ContractBroken),
        ):
            connector.enrich(ids)


@every_vendor
def test_cut_connection_is_repeated(vendor: Vendor) -> None:
    cut = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")
    with (
        listening(*vendor.scripts(reset, cut, vendor.good())) as server,
        connect(vendor.name, server) as connector,
    ):
        assert vendor.call(connector)


@every_vendor
def test_silent_vendor_is_left_after_the_read_timeout(vendor: Vendor) -> None:
    hasty = replace(QUICK, read_seconds=0.4)
    with (
        listening(*vendor.scripts(hang(3))) as server,
        connect(vendor.name, server, patience=hasty) as connector,
    ):
        start = time.monotonic()
        with pytest.raises(errors.Unreachable) as raised:
            vendor.call(connector)
        # Not repeated: it would only be waited for again.
        assert time.monotonic() - start < 1.5
        assert raised.value.is_late
        assert len(server.requests) == 1 + len(vendor.prelude)


def test_dripping_vendor_is_left_after_the_whole_time() -> None:
    hasty = replace(QUICK, total_seconds=1.0)
    drip = raw(b"HTTP/1.1 200 OK\r\n", *[b"X-A: 1\r\n"] * 60, pause=0.1)
    with listening(drip) as server, connect("contactbased", server, patience=hasty) as connector:
        start = time.monotonic()
        with pytest.raises(errors.Unreachable):
            connector.list_feeds()
        assert time.monotonic() - start < 2.0


@every_vendor
def test_reply_without_end_is_cut(vendor: Vendor) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n"
    flood = raw(head, b"x" * 1_000_000, forever=True)
    with (
        listening(*vendor.scripts(flood)) as server,
        connect(vendor.name, server) as connector,
        pytest.raises(errors.ContractBroken) as raised,
    ):
        vendor.call(connector)
    assert raised.value.path == "(size)"


def test_compressed_reply_is_refused_unread() -> None:
    bomb = answer("200 OK", JSON, "Content-Encoding: gzip", body=b"\x1f\x8b" + b"\0" * 100)
    with (
        listening(bomb) as server,
        connect("contactbased", server) as connector,
        pytest.raises(errors.Unreachable),
    ):
        connector.list_feeds()
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_third_of_calls_failing_costs_no_more_than_the_failures() -> None:
    """500, 502 and 503 in turn on every third exchange: all calls end, with one exchange more for each failure."""
    calls = 60
    count = 0

    def answer_one(request: Any, connection: socket.socket) -> None:
        nonlocal count
        count += 1
        if count % 3 == 0:
            answer(("500 A", "502 B", "503 C")[count // 3 % 3])(request, connection)
        else:
            say("contactbased", "feeds")(request, connection)

    gate = OpenGate()
    with listening(answer_one) as server, connect("contactbased", server, gate) as connector:
        for _ in range(calls):
            connector.list_feeds()
    failures = sum(e.outcome is Outcome.FAILED for e in gate.exchanges)
    assert failures >= calls / 3
    assert len(gate.exchanges) <= calls + failures * 1.1


def test_dead_vendor_costs_ten_more_exchanges_at_the_most() -> None:
    gate = OpenGate()
    with listening(answer("502 B")) as server, connect("contactbased", server, gate) as connector:
        for _ in range(50):
            with pytest.raises(errors.VendorDown):
                connector.list_feeds()
    assert len(gate.exchanges) == 60


# --- Tokens ---------------------------------------------------------------------------------------


def test_token_that_ran_out_is_renewed_once() -> None:
    scripts = [
        say("backstory", "token"),
        answer("401 Unauthorized"),
        say("backstory", "token"),
        say("backstory", "completed"),
    ]
    with listening(*scripts) as server, connect("backstory", server) as connector:
        assert connector.get_bulk(JOB).is_final
        lines = [request.line.split(" ")[1] for request in server.requests]
    assert [line == "/auth/v1/tokens" for line in lines] == [True, False, True, False]


def test_token_is_got_once_and_before_it_ends() -> None:
    brief = orjson.dumps({**orjson.loads(read("backstory", "token")), "expires_in": 1})
    with (
        listening(
            answer("200 OK", JSON, body=brief),
            say("backstory", "completed"),
            say("backstory", "completed"),
            say("backstory", "token"),
            say("backstory", "completed"),
        ) as server,
        connect("backstory", server) as connector,
    ):
        connector.get_bulk(JOB)
        connector.get_bulk(JOB)
        time.sleep(0.6)
        connector.get_bulk(JOB)
        lines = [request.line.split(" ")[1] for request in server.requests]
    assert [line == "/auth/v1/tokens" for line in lines] == [True, False, False, True, False]


def test_refused_credentials_are_tried_twice_and_no_more() -> None:
    refused = answer("401 Unauthorized")
    with listening(refused) as server, connect("backstory", server) as connector:
        with pytest.raises(errors.WrongKey):
            connector.get_bulk(JOB)
        assert len(server.requests) == 1
    scripts = [say("backstory", "token"), refused, say("backstory", "token"), refused]
    with listening(*scripts) as server, connect("backstory", server) as connector:
        with pytest.raises(errors.WrongKey):
            connector.get_bulk(JOB)
        assert len(server.requests) == 4


# --- The guard and the connections ----------------------------------------------------------------


def test_private_address_is_not_dialled(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = False
    settings.OUTBOUND_PORTS = []
    with listening(say("contactbased", "feeds")) as server:
        settings.OUTBOUND_PORTS = [server.port]
        with connect("contactbased", server) as connector, pytest.raises(Invalid):
            connector.list_feeds()
        assert server.connections == 0


def test_name_of_a_private_address_is_not_dialled(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of the URL is fine; what the name resolves to is judged when it is dialled."""
    settings.OUTBOUND_ALLOW_PRIVATE = False
    with listening(say("contactbased", "feeds")) as server:
        settings.OUTBOUND_PORTS = [server.port]
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", server.port))]
        )
        url = f"http://api.vendor.example:{server.port}"
        with connect("contactbased", url) as connector, pytest.raises(errors.Unreachable):
            connector.list_feeds()
        assert server.connections == 0


def test_connection_is_kept_for_the_next_call() -> None:
    body = read("contactbased", "feeds")
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def keep_alive(request: Any, connection: socket.socket) -> None:
        connection.sendall(reply)
        connection.settimeout(5)
        while connection.recv(65536):
            connection.sendall(reply)

    with listening(keep_alive) as server:
        with connect("contactbased", server) as connector:
            for _ in range(5):
                connector.list_feeds()
        assert server.connections == 1


# --- Secrets --------------------------------------------------------------------------------------


@every_vendor
def test_planted_secret_is_in_no_log_error_or_record(
    vendor: Vendor, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    gate = OpenGate()
    told: list[str] = []
    # A vendor may repeat the key it refuses.
    echo = answer("401 Unauthorized", JSON, body=orjson.dumps({"detail": f"bad key {SECRET}"}))
    for fault in (echo, answer("502 B"), reset, answer("200 OK", body=SECRET.encode())):
        with (
            listening(*vendor.scripts(fault)) as server,
            connect(vendor.name, server, gate) as connector,
        ):
            with pytest.raises(errors.VendorError) as raised:
                vendor.call(connector)
            told += [str(raised.value), repr(raised.value), repr(connector.client.authorizer)]
            told.append(str(getattr(raised.value, "sample", "")))
    told += [repr(gate.exchanges), caplog.text, *capsys.readouterr()]
    assert gate.exchanges
    assert not [text for text in told if SECRET in text]


def test_query_with_a_name_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with (
        listening(say("richutilities", "contacts")) as server,
        connect("richutilities", server) as connector,
    ):
        connector.search_contacts({"text": "astrid@fjordsoft.no"})
        assert "astrid" in server.requests[0].line
    assert "astrid" not in caplog.text


def test_client_works_without_a_connector() -> None:
    with listening(say("contactbased", "feeds")) as server:
        client = Client(base_url=f"http://127.0.0.1:{server.port}", gate=OpenGate())
        found = client.call(
            Request("x", "GET", "/organization/feeds", lambda r: parse(r, wire.FeedEntries))
        )
        client.close()
    assert len(found.feeds) == 2
