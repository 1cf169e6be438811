"""Every connector against ContactHub's own gateway, in a real process over a real socket."""

import contextlib
import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contacthub.connectors import bulk, errors, records
from contacthub.connectors.base import Capability, Connector
from contacthub.connectors.client import Request
from contacthub.connectors.gate import OpenGate, Outcome
from contacthub.connectors.registry import CONNECTORS, find_connector
from contacthub.core import clock
from tests.browser.conftest import fill
from tests.connectors.vendors import QUICK
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS

every_vendor = pytest.mark.parametrize("vendor", CONNECTORS)
UNKNOWN = "5f0c2a9e-31f4-4a55-9a53-0d5f7d9f2c11"
LAST = bulk.BulkState.COMPLETED


@pytest.fixture(scope="module")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Organizations acme and globex, acme's feeds of 36,450 records, 399 contacts; web and worker."""
    stack = Stack(tmp_path_factory.mktemp("facade"), OUTBOUND_ALLOW_PRIVATE="1")
    try:
        fill(stack)
        stack.start("web", "worker", "beat")
        yield stack
    finally:
        stack.stop()


# Made in one process: each start of one takes seconds.
MAKE_KEYS = """
import json
from contacthub.credentials.actions import issue_key, revoke_key
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import Organization

def make(slug, scope, rate=6000):
    organization = Organization.objects.get(slug=slug)
    key, text = issue_key(
        organization=organization, actor=COMMAND_LINE, name="Tests", scopes=[scope], rate_per_minute=rate
    )
    return key, text

revoked, text = make("acme", "all")
revoke_key(organization=revoked.organization, actor=COMMAND_LINE, public_id=revoked.public_id)
keys = {"acme": make("acme", "all")[1], "globex": make("globex", "all")[1], "revoked": text}
keys |= {f"only {name}": make("acme", name)[1] for name in ("letrics", "contactbased")}
keys |= {f"rate {name}": make("acme", "all", 3)[1] for name in VENDORS}
print(json.dumps(keys))
"""


@pytest.fixture(scope="module")
def keys(facade: Stack) -> dict[str, str]:
    """Keys of acme: one for all, a revoked one, two for one protocol each, one of 3 calls a minute for each vendor."""
    script = MAKE_KEYS.replace("VENDORS", repr(list(CONNECTORS)))
    found: dict[str, str] = json.loads(facade.manage("shell", "-v0", "-c", script))
    return found


Connect = Callable[..., Connector]


@pytest.fixture
def connect(facade: Stack, keys: dict[str, str]) -> Iterator[Connect]:
    """Return what opens a vendor's connector with acme's key, or another one."""
    opened: list[Connector] = []

    def open_one(vendor: str, key: str = "acme", gate: OpenGate | None = None) -> Any:
        text = keys.get(key, key)
        # The public id is the client id where the vendor has tokens.
        terms = {"api_key": text, "client_id": text.split("_")[2], "client_secret": text}
        connector = find_connector(vendor)
        opened.append(
            connector(
                base_url=facade.base_url,
                credentials={term.name: terms[term.name] for term in connector.terms},
                gate=gate or OpenGate(),
                patience=QUICK,
            )
        )
        return opened[-1]

    yield open_one
    for connector in opened:
        connector.close()


# --- What all have ----------------------------------------------------------------------------------


@every_vendor
def test_check_says_what_the_account_may_do(connect: Connect, vendor: str) -> None:
    gate = OpenGate()
    assert connect(vendor, gate=gate).check().may
    assert all(e.outcome is Outcome.ALIVE and not e.error for e in gate.exchanges)
    assert gate.exchanges[-1].request_id


@every_vendor
def test_revoked_key_is_a_wrong_key(connect: Connect, vendor: str) -> None:
    with pytest.raises(errors.WrongKey):
        connect(vendor, "revoked").check()


@every_vendor
def test_mistyped_key_is_a_wrong_key(connect: Connect, vendor: str) -> None:
    with pytest.raises(errors.WrongKey):
        connect(vendor, "chub_live_AAAAAAAAAA_nokey").check()


@every_vendor
def test_key_for_another_protocol_may_not(connect: Connect, vendor: str) -> None:
    key = "only letrics" if vendor != "letrics" else "only contactbased"
    with pytest.raises((errors.NotEntitled, errors.WrongKey)):
        connect(vendor, key).check()


@every_vendor
def test_rate_that_is_used_up_is_throttled_with_a_time(connect: Connect, vendor: str) -> None:
    gate = OpenGate()
    connector = connect(vendor, f"rate {vendor}", gate=gate)
    with pytest.raises(errors.Throttled) as raised:
        call_often(connector)
    assert 0 < (raised.value.retry_after or 0) <= 60
    seen = [e.limits for e in gate.exchanges if e.limits]
    assert seen
    assert seen[0].limit == 3


def call_often(connector: Connector) -> None:
    """Make the smallest call that counts, more often than the rate allows; an unknown job is an answer."""
    calls: dict[Capability, Callable[[], object]] = {
        Capability.FEEDS: connector.list_feeds,
        Capability.CONTACT_SEARCH: lambda: connector.search_contacts({}, size=1),
        Capability.BULK_JOBS: lambda: connector.get_bulk(UNKNOWN.replace("-", "")[:20]),
    }
    call = next(call for capability, call in calls.items() if connector.can(capability))
    for _ in range(12):
        with contextlib.suppress(errors.NotFound):
            call()


# --- ContactBased -----------------------------------------------------------------------------------


def test_contactbased_from_feed_to_pages(facade: Stack, connect: Connect) -> None:
    connector = connect("contactbased")
    feed = next(feed for feed in connector.list_feeds() if feed.row_limit)
    assert (feed.most_lookback_days, feed.is_pii_enabled) == (30, True)
    preview = connector.preview(feed.feed_id, lookback_days=3)
    assert preview.record_count == sum(day.records for day in preview.days) == 2700
    assert preview.end_on == clock.today()
    search = connector.run_search(feed.feed_id, lookback_days=3)
    assert search.search_id in [s.search_id for s in connector.list_searches(feed.feed_id)]
    made = connector.create_export(search.search_id, get_pii=True, require_contact_id=True)
    assert made.total_rows == preview.with_contact_count
    assert connector.get_export(made.export_id) == made
    assert connector.list_exports(search_id=search.search_id) == [made]
    rows: list[records.IntentRow] = []
    for number in range(1, made.total_pages + 1):
        rows += connector.read_export_page(made.export_id, number).rows
    assert len(rows) == made.total_rows
    assert all(row.contact_id and row.city == "Oslo" for row in rows)
    now = next(each for each in connector.list_feeds() if each.feed_id == feed.feed_id)
    assert now.rows_used == feed.rows_used + made.total_rows
    with pytest.raises(errors.Refused):
        connector.read_export_page(made.export_id, made.total_pages + 1)
    with pytest.raises(errors.NotFound):
        connector.get_export(UNKNOWN)
    with pytest.raises(errors.NotEntitled):
        connector.preview(feed.feed_id, lookback_days=31)
    with pytest.raises(errors.NotEntitled):
        connector.create_export(search.search_id, include_business_info=True)


def test_contactbased_quota_that_is_short_spends_nothing(connect: Connect) -> None:
    connector = connect("contactbased")
    feed = next(feed for feed in connector.list_feeds() if feed.row_limit)
    left = feed.rows_left or 0
    search = connector.run_search(feed.feed_id, lookback_days=30)
    while left >= search.record_count:
        search = connector.run_search(feed.feed_id, lookback_days=30)
        left -= connector.create_export(search.search_id).total_rows
    search = connector.run_search(feed.feed_id, lookback_days=30)
    with pytest.raises(errors.QuotaShort) as raised:
        connector.create_export(search.search_id)
    assert raised.value.requested == search.record_count
    now = next(each for each in connector.list_feeds() if each.feed_id == feed.feed_id)
    assert now.rows_left == raised.value.remaining == left


def test_contactbased_enrichment_in_the_order_of_the_ids(connect: Connect) -> None:
    ids = [f"id_{number:016x}" for number in (399, 1, 2, 3, 4, 99_999)]
    found = connect("contactbased").enrich(ids)
    assert [each.contact_id for each in found.results] == ids
    first, second, third, fourth, fifth, unknown = found.results
    assert second.pii
    assert second.pii["last_name"] == "Solheim1"
    assert second.emails
    assert second.emails[0].email == "ingrid1@haldenrobotics.example"
    assert third.emails == ()
    assert fourth.emails is None
    assert fourth.phones
    assert (fifth.pii, fifth.phones) == (None, None)
    assert unknown.found == ()
    assert first.pii
    assert found.request_id
    assert len(connect("contactbased").enrich(ids[:1] * 1000).results) == 1000
    only = connect("contactbased").enrich(["id_0000000000000001"], sections=("phones",))
    assert only.results[0].found == ("phones",)


def test_contactbased_of_another_organization_sees_nothing(connect: Connect) -> None:
    feed = connect("contactbased").list_feeds()[0]
    stranger = connect("contactbased", "globex")
    assert stranger.list_feeds() == []
    with pytest.raises(errors.NotFound):
        stranger.preview(feed.feed_id, lookback_days=1)


# --- Live search ------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["letrics", "richutilities"])
def test_live_search_pages_to_the_end(connect: Connect, vendor: str) -> None:
    connector = connect(vendor)
    position: str | None = None
    seen: list[records.Contact] = []
    for _ in range(10):
        page = connector.search_contacts({"job_titles": ("supply",)}, position=position, size=80)
        seen += page.items
        position = page.next
        if position is None:
            break
    assert len(seen) == len({contact.vendor_id for contact in seen}) == 399
    row = next(c for c in seen if c.full_name == "Ingrid Solheim1").as_row()
    assert row["job_title"] == "VP Supply Chain"
    assert row["emails"][0]["email"] == "ingrid1@haldenrobotics.example"


def test_live_search_honors_what_it_says(connect: Connect) -> None:
    rich, letrics = connect("richutilities"), connect("letrics")
    assert len(rich.search_contacts({"text": "Solheim17"}, size=100).items) == 11
    assert len(rich.search_contacts({"has_phone": True}, size=100).items) == 100
    assert rich.search_contacts({"min_quality_score": 87}).items == ()
    assert letrics.search_contacts({"is_decision_maker": True}).items == ()
    found = letrics.search_companies({"tlds": ("example",)})
    assert [company.domain for company in found.items] == ["haldenrobotics.example"]
    for question in ({"has_email": "maybe"}, {"sources": ("nowhere",)}):
        with pytest.raises(errors.Refused):
            rich.client.call(search(question))


def search(question: dict[str, Any]) -> Any:
    names = {"has_email": "has_email", "sources": "source"}
    query = [(names[name], str(value)) for name, value in question.items()]
    return Request("search", "GET", "/v1/contacts", lambda reply: reply, query=query)


# --- Bulk jobs --------------------------------------------------------------------------------------


def follow(connector: Connector, job: bulk.BulkJob) -> bulk.BulkJob:
    until = time.monotonic() + PATIENCE_SECONDS
    while not job.is_final:
        assert time.monotonic() < until, job
        time.sleep(0.3)
        job = connector.get_bulk(job.job_id)
    return job


def test_backstory_pull_from_days_to_contacts(connect: Connect) -> None:
    connector = connect("backstory")
    today = clock.today()
    wanted = bulk.DateRange(start_on=today - dt.timedelta(days=2), end_on=today)
    started = connector.start_bulk(wanted)
    job = follow(connector, started)
    assert (job.state, job.fragment_count) == (LAST, 1)
    rows = connector.read_bulk(job.job_id, 0)
    assert len(rows) == 399
    assert {row.last_name for row in rows if row.last_name} <= {
        f"Solheim{number}" for number in range(400)
    }
    with pytest.raises(errors.Refused):
        connector.read_bulk(job.job_id, 1)
    with pytest.raises(errors.NotFound):
        connector.get_bulk(UNKNOWN)


def test_insideview_pull_from_ids_to_contacts(connect: Connect) -> None:
    numbers = [
        int(contact.vendor_id or 0)
        for contact in connect("letrics").search_contacts({}, size=20).items
    ]
    connector = connect("insideview")
    started = connector.start_bulk(bulk.IdList(vendor_ids=[*numbers, 5, *numbers]))
    job = follow(connector, started)
    assert job.state is LAST
    rows = connector.read_bulk(job.job_id, 0)
    assert [int(row.vendor_id or 0) for row in rows] == numbers
    assert rows[0].full_name
    today = clock.today()
    assert job.job_id in [j.job_id for j in connector.list_bulk(since=today, until=today)]
    with pytest.raises(errors.Refused):
        connector.cancel_bulk(job.job_id)
    with pytest.raises(errors.NotFound):
        connector.get_bulk("0" * 20)
