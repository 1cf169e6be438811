"""Every connector against the cases of real trouble: an answer is read, or says nothing; it never breaks anything."""

from dataclasses import replace
from typing import Any

import pytest

from contacthub.connectors import errors
from contacthub.connectors.client import Request
from contacthub.connectors.gate import Limits, OpenGate
from contacthub.connectors.replies import Reply
from tests.connectors.vendors import QUICK, VENDORS, Vendor, connect, read
from tests.fake_vendor import Rule, vending
from tests.receiver import answer, listening

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
# What each vendor's calls need before the one that is asked for.
TOKENS = [
    Rule("/auth/v1/tokens", body=read("backstory", "token").decode()),
    Rule("/Auth/login", body=read("insideview", "token").decode()),
]
ONCE = replace(QUICK, attempts=1)


@every_vendor
def test_date_that_cannot_be_says_nothing(vendor: Vendor) -> None:
    gate = OpenGate()
    with vending(*TOKENS, case="retry_after_overflow") as server:
        with (
            connect(vendor.name, server.url, gate) as connector,
            pytest.raises(errors.VendorDown) as raised,
        ):
            vendor.call(connector)
        assert raised.value.retry_after is None
        # Its own pauses, as often as always.
        assert sum("oken" not in seen.path for seen in server.seen) == QUICK.attempts
    assert gate.exchanges[-1].hold_seconds is None


@every_vendor
def test_reset_in_milliseconds_is_seconds_from_now(vendor: Vendor) -> None:
    gate = OpenGate()
    limits = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0"}
    good = Rule("/", body=read(vendor.name, vendor.sample).decode(), headers=limits, now_ms=30)
    with (
        vending(*TOKENS, good) as server,
        connect(vendor.name, server.url, gate) as connector,
    ):
        assert vendor.call(connector)
    seen = gate.exchanges[-1].limits
    assert seen is not None
    assert (seen.limit, seen.left) == (100, 0)
    # Thirty when the answer was made, rounded to milliseconds.
    assert 0 < (seen.reset_seconds or 0) < 31


def test_case_of_milliseconds_is_an_empty_page_with_a_pause_of_thirty_seconds() -> None:
    gate = OpenGate()
    with (
        vending(case="ratelimit_reset_ms") as server,
        connect("richutilities", server.url, gate) as connector,
    ):
        assert connector.check().may == ("Contact search",)
    seen = gate.exchanges[-1].limits
    assert seen is not None
    # Thirty when the answer was made, rounded to milliseconds.
    assert 0 < (seen.reset_seconds or 0) < 31


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        (["X-Rate-Limit-Limit: 10", "X-Rate-Limit-Remaining: 3", "X-Rate-Limit-Reset: 9"], (10, 3, 9)),
        (["RateLimit-Limit: 10, 10;w=60", "RateLimit-Remaining: 3", "RateLimit-Reset: 9"], (10, 3, 9)),
        (["RateLimit: limit=10, remaining=3, reset=9"], (10, 3, 9)),
        (["X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 3", "X-RateLimit-Reset-After: 1.5"], (10, 3, 1.5)),
        (["X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 999999999"], (10, 0, None)),
        (["X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: soon"], (10, 0, None)),
        (["X-RateLimit-Limit: 99999999999", "X-RateLimit-Remaining: -1"], (2**31 - 1, None, None)),
        (['RateLimit-Policy: "a";q=10;w=999999999', 'RateLimit: "a";r=0;t=99999999999999'], (10, 0, None)),
    ],
)  # fmt: skip
def test_limits_by_their_other_names(headers: list[str], limits: tuple[Any, ...]) -> None:
    gate = OpenGate()
    script = answer("200 OK", *headers, body=read("contactbased", "feeds"))
    with (
        listening(script) as server,
        connect("contactbased", server, gate) as connector,
    ):
        connector.list_feeds()
    seen = gate.exchanges[0].limits or Limits()
    assert (seen.limit, seen.left, seen.reset_seconds) == limits


@pytest.mark.parametrize("error", [OverflowError, ValueError, KeyError, RecursionError])
def test_whatever_reading_raises_is_a_broken_contract(error: type[Exception]) -> None:
    def read_badly(reply: Reply) -> None:
        raise error("ingrid@acme.example")

    gate = OpenGate()
    with (
        vending(Rule("/", body={})) as server,
        connect("contactbased", server.url, gate) as connector,
        pytest.raises(errors.ContractBroken) as raised,
    ):
        connector.client.call(Request("x", "GET", "/", read_badly))
    assert "ingrid" not in f"{raised.value}{raised.value.sample}"
    assert gate.exchanges[-1].error == "contract_broken (body)"


def test_failure_that_cannot_be_read_is_a_broken_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        vending(Rule("/", 503, body={})) as server,
        connect("contactbased", server.url, patience=ONCE) as connector,
    ):
        monkeypatch.setattr(connector.client, "read_error", lambda reply: 1 / 0)
        with pytest.raises(errors.ContractBroken):
            connector.list_feeds()
