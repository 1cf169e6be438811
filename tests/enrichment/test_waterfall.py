"""The waterfall against ContactHub's own gateway as the vendor, in a real process, with the wire cut here and there."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.core.errors import Conflict, Invalid
from contacthub.credentials.connections import actions as connection_actions
from contacthub.credentials.models import Connection, ConnectionHealth
from contacthub.enrichment import rounds, vendor_calls
from contacthub.enrichment.actions import batches, drafts
from contacthub.enrichment.actions.batches import ask_failed_again
from contacthub.enrichment.actions.vendors import ask_vendors, describe_answer, save_waterfall
from contacthub.enrichment.models import (
    Asking,
    EnrichmentAnswer,
    EnrichmentBatch,
    Finding,
    Section,
    StopRule,
    VendorAnswer,
    Waterfall,
    WaterfallStep,
)
from contacthub.enrichment.queries import waterfall as reads
from contacthub.enrichment.queries.look_ups import get_look_up
from contacthub.organizations.models import AuditEvent, Organization
from tests.credentials.connecting import add
from tests.enrichment.builders import SOMEBODY, cid, content, csv_of, draft, make_contact, run
from tests.enrichment.vendor import COUNT, SECOND_PHONES, Wire, email_of, phone_of
from tests.stack import Stack
from tests.workers import list_kill_points, run_until_killed

pytestmark = pytest.mark.django_db(transaction=True)

ALL = ("pii", "emails", "phones")
FIRST = dict.fromkeys(Section, StopRule.FIRST)


@pytest.fixture(autouse=True)
def quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connectors call loopback addresses, in small pieces."""
    settings.OUTBOUND_ALLOW_PRIVATE = True
    monkeypatch.setattr(vendor_calls, "MOST_ASKED", 10)
    monkeypatch.setattr(vendor_calls, "JOB_WAIT", 0.2)


@pytest.fixture
def wires(facade: tuple[Stack, dict[str, str]]) -> Iterator[dict[str, Wire]]:
    found = {name: Wire(facade[0].base_url) for name in ("one", "two")}
    yield found
    for wire in found.values():
        wire.close()


Connect = Callable[..., Connection]


@pytest.fixture
def connect(facade: tuple[Stack, dict[str, str]], wires: dict[str, Wire]) -> Connect:
    def connect(organization: Organization, account: str, **values: Any) -> Connection:
        key = facade[1][account]
        given = {"name": account, "base_url": wires[account].url, "credentials": {"api_key": key}}
        return add(organization, **(given | values))

    return connect


def set_waterfall(
    organization: Organization,
    *connections: Connection,
    sections: Sequence[Section] = tuple(Section),
    rules: dict[Section, StopRule] | None = None,
    limit: int = 100_000,
) -> None:
    save_waterfall(
        organization=organization,
        actor=SOMEBODY,
        steps={section: [each.pk for each in connections] for section in sections},
        rules=FIRST | (rules or {}),
        lookup_limit=limit,
    )


def start(
    organization: Organization, keys: Sequence[int], *, limit: int = 100_000, sections: Any = ALL
) -> EnrichmentBatch:
    batch = draft(organization, csv_of(*map(cid, keys)))
    whose = {"organization": organization, "actor": SOMEBODY, "batch_id": batch.pk}
    drafts.map_column(column=0, **whose)
    started, _ = batches.start_batch(sections=sections, format="csv", lookup_limit=limit, **whose)
    return started


def words_of(batch: EnrichmentBatch) -> list[tuple[str, str, str, str]]:
    answers = EnrichmentAnswer.objects.filter(batch=batch).order_by("ordinal")
    return list(answers.values_list("outcome", "pii", "emails", "phones"))


# --- Nothing by itself ------------------------------------------------------------------------------


def test_fresh_organization_asks_nobody(acme: Organization, connect: Connect) -> None:
    connect(acme, "one")
    assert not reads.get_plan(organization=acme).connections
    with pytest.raises(Conflict):
        start(acme, [1], limit=5)
    with pytest.raises(Invalid):
        ask_vendors(organization=acme, actor=SOMEBODY, key=1, sections=[Section.PII])


def test_list_without_a_limit_asks_nobody(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, connect(acme, "one"))
    batch = run(start(acme, [1, 2], limit=0))
    assert batch.no_record_count == 2
    assert not wires["one"].calls


def test_waterfall_refuses_what_is_not_the_organizations(
    acme: Organization, globex: Organization, connect: Connect
) -> None:
    theirs = connect(globex, "one")
    with pytest.raises(Invalid):
        set_waterfall(acme, theirs)
    ours = connect(acme, "one")
    with pytest.raises(Invalid):
        set_waterfall(acme, ours, ours)
    with pytest.raises(Invalid):
        set_waterfall(acme, add(acme, vendor="letrics", name="Letrics"))
    for limit in (0, 1_000_001):
        with pytest.raises(Invalid):
            set_waterfall(acme, ours, limit=limit)
    assert not WaterfallStep.objects.exists()
    set_waterfall(acme, ours, limit=7)
    event = AuditEvent.objects.get(action="Changed waterfall")
    assert event.changes["E-mails"] == [
        "own catalog, first found",
        "own catalog → one, first found",
    ]
    connection_actions.remove_connection(organization=acme, actor=SOMEBODY, connection_id=ours.pk)
    assert not WaterfallStep.objects.exists()
    assert Waterfall.objects.get().lookup_limit == 7


# --- A list -----------------------------------------------------------------------------------------


def test_list_runs_the_waterfall_and_keeps_where_values_came_from(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    # Own values come first and are not asked for; the shared ones of a contact stay its own.
    make_contact(6, emails=["own@acme.example"], full_name="Own Name", job_title="CTO")
    one, two = connect(acme, "one"), connect(acme, "two")
    set_waterfall(acme, one, two)
    keys = [*range(1, 13), 900]
    batch = run(start(acme, keys))
    assert (batch.state, batch.found_count, batch.no_record_count) == ("completed", 12, 1)
    assert words_of(batch)[0] == ("found", "found", "no_record", "found")
    assert words_of(batch)[5] == ("found", "found", "found", "found")
    # The first vendor is asked for everybody, the second for those without an address or a number.
    assert wires["one"].asked == dict.fromkeys(map(cid, keys), 1)
    assert set(wires["two"].asked) == {cid(k) for k in keys if k % 6 or k == 900}
    sums = {each.name: each for each in reads.sum_askings(batch=batch)}
    assert (sums["one"].asked, sums["one"].found, sums["one"].lookups) == (13, 12, 13)
    assert sums["one"].median_ms is not None
    assert batch.lookups_spent == sum(each.lookups for each in sums.values())
    contact = Contact.objects.get(key=6, organization=acme)
    assert (contact.full_name, contact.job_title) == ("Own Name", "CTO")
    assert [e.address for e in contact.emails.order_by("position")] == ["own@acme.example"]
    assert contact.phone == phone_of(6)
    assert ContactPhone.objects.get(contact=contact).source == "one"
    finding = Finding.objects.get(contact_key=2, section="emails")
    assert (finding.value, finding.connection_name, finding.vendor) == (
        email_of(2),
        "one",
        "contactbased",
    )
    assert finding.request_id
    assert finding.fetched_at
    answer = VendorAnswer.objects.get(contact_key=1, asking__connection_name="one")
    assert (answer.pii, answer.emails, answer.phones) == ("found", "no_record", "no_record")
    assert email_of(2).encode() in content(batch)
    # Asked again, it is all there.
    before = len(wires["one"].calls)
    again = run(start(acme, [2, 6, 12]))
    assert (again.found_count, again.lookups_spent) == (3, 0)
    assert len(wires["one"].calls) == before


def test_until_a_valid_one_asks_on_and_keeps_the_losers(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    make_contact(3, phones=[{"phone": "+4700000001", "is_do_not_call": True}])
    one, two = connect(acme, "one"), connect(acme, "two")
    phones = [Section.PHONES]
    set_waterfall(acme, one, two, sections=phones, rules={Section.PHONES: StopRule.VALID})
    run(start(acme, [3], sections=["phones"]))
    contact = Contact.objects.get(key=3, organization=acme)
    assert [p.phone for p in contact.phones.order_by("position")] == ["+4700000001", phone_of(3)]
    assert not wires["two"].calls


def test_limit_is_never_exceeded(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, connect(acme, "one"), limit=1000)
    batch = run(start(acme, range(1, 41), limit=17))
    assert (batch.lookups_spent, batch.lookup_limit) == (17, 17)
    assert batch.is_limit_reached
    assert sum(wires["one"].asked.values()) == 17
    assert (batch.found_count, batch.no_record_count) == (17, 23)
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrichmentBatch.objects.filter(pk=batch.pk).update(lookups_spent=18)


def test_waterfalls_own_limit_wins(acme: Organization, connect: Connect) -> None:
    set_waterfall(acme, connect(acme, "one"), limit=12)
    batch = start(acme, range(1, 41), limit=900)
    assert batch.lookup_limit == 12


def test_later_changes_do_not_change_a_run(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, connect(acme, "one"))
    batch = start(acme, [2])
    set_waterfall(acme, connect(acme, "two"))
    run(batch)
    assert len(wires["one"].calls) == 1
    assert not wires["two"].calls


def test_trial_runs_ten_rows_and_leaves_the_draft(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, connect(acme, "one"))
    source = draft(acme, csv_of(*map(cid, range(1, 31))))
    whose = {"organization": acme, "actor": SOMEBODY, "batch_id": source.pk}
    drafts.map_column(column=0, **whose)
    asks = {"sections": ALL, "format": "csv", "lookup_limit": 100_000}
    trial = batches.start_trial(request_key="once", **asks, **whose)
    assert batches.start_trial(request_key="once", **asks, **whose).pk == trial.pk
    assert (trial.row_count, trial.lookup_limit) == (10, 10)
    trial = run(trial)
    assert (trial.state, trial.found_count, trial.lookups_spent) == ("completed", 10, 10)
    source.refresh_from_db()
    assert source.state == "draft"
    batches.start_batch(**asks, **whose)
    run(EnrichmentBatch.objects.get(pk=source.pk))
    # What the trial has paid for is not asked again.
    assert wires["one"].asked == dict.fromkeys(map(cid, range(1, 31)), 1)


# --- Vendors that fail ------------------------------------------------------------------------------


def test_one_dead_vendor_does_not_stop_the_others_and_failed_ones_are_asked_again(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    dead, alive = connect(acme, "two"), connect(acme, "one")
    wires["two"].is_dead = True
    set_waterfall(acme, dead, alive)
    batch = run(start(acme, [*range(1, 13), 900]))
    assert (batch.found_count, batch.failed_count) == (12, 1)
    assert batch.state == "completed"
    # A number that only the dead one knows failed; what the other one has is found.
    assert words_of(batch)[0] == ("found", "found", "failed", "failed")
    assert {each.name: each.failed > 0 for each in reads.sum_askings(batch=batch)} == {
        "two": True,
        "one": False,
    }
    wires["two"].is_dead = False
    ConnectionHealth.objects.update(breaker="closed", failures=0, open_until=None)
    asked = len(wires["one"].calls)
    whose = {"organization": acme, "actor": SOMEBODY, "batch_id": batch.pk}
    again = run(ask_failed_again(**whose))
    assert (again.failed_count, again.found_count) == (0, 10)
    assert words_of(again)[0][3] == "found"
    # The other vendor has answered already.
    assert len(wires["one"].calls) == asked
    assert (again.lookup_limit, again.lookups_spent) == (22, 11)
    with pytest.raises(Conflict):
        ask_failed_again(**{**whose, "batch_id": again.pk})


def test_502s_on_a_third_of_the_calls_end_with_all_rows(
    acme: Organization, connect: Connect, wires: dict[str, Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor_calls, "MOST_ASKED", 5)
    wires["one"].break_every = 3
    set_waterfall(acme, connect(acme, "one"))
    batch = run(start(acme, range(1, COUNT + 1)))
    assert (batch.found_count, batch.failed_count) == (COUNT, 0)
    needed = COUNT // 5
    assert len(wires["one"].calls) <= needed + wires["one"].broken * 1.1


def test_paused_connection_is_blocked_and_costs_nothing(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    one = connect(acme, "one")
    set_waterfall(acme, one)
    connection_actions.pause_connection(organization=acme, actor=SOMEBODY, connection_id=one.pk)
    batch = run(start(acme, [1, 2]))
    assert (batch.blocked_count, batch.lookups_spent) == (2, 0)
    assert not wires["one"].calls


def test_wrong_key_is_blocked(acme: Organization, connect: Connect) -> None:
    set_waterfall(acme, connect(acme, "one", credentials={"api_key": "chub_live_AAAAAAAAAA_no"}))
    batch = run(start(acme, [1, 2]))
    assert (batch.blocked_count, batch.lookups_spent) == (2, 0)


def test_removed_connection_is_blocked(acme: Organization, connect: Connect) -> None:
    one = connect(acme, "one")
    set_waterfall(acme, one)
    batch = start(acme, [1])
    connection_actions.remove_connection(organization=acme, actor=SOMEBODY, connection_id=one.pk)
    assert run(batch).blocked_count == 1


# --- Workers that die -------------------------------------------------------------------------------

FAILPOINTS = (
    "vendor_reserved",
    "vendor_answered",
    "vendor_answers_saved",
    "vendor_chunk_committed",
    "vendor_block_committed",
    "enrichment_chunk_committed",
)


def kill(batch: EnrichmentBatch, failpoint: str) -> None:
    run_until_killed("tests.enrichment.worker", batch.job_id, "20", "10", "20", failpoint=failpoint)


@pytest.mark.parametrize(
    "failpoint",
    list_kill_points(
        FAILPOINTS, always=["vendor_reserved", "vendor_answered", "vendor_chunk_committed"]
    ),
)
def test_killed_worker_asks_at_most_twice_and_loses_no_row(
    acme: Organization, connect: Connect, wires: dict[str, Wire], failpoint: str
) -> None:
    set_waterfall(acme, connect(acme, "one"), connect(acme, "two"))
    batch = start(acme, range(1, COUNT + 1))
    kill(batch, f"{failpoint}:kill:2")
    run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.found_count, batch.answered_count) == ("completed", COUNT, COUNT)
    for wire in wires.values():
        assert set(wire.asked.values()) <= {1, 2}
    places = EnrichmentAnswer.objects.filter(batch=batch).order_by("ordinal")
    assert list(places.values_list("ordinal", flat=True)) == list(range(1, COUNT + 1))
    assert Contact.objects.filter(organization=acme).count() == COUNT
    assert ContactEmail.objects.count() == COUNT // 2
    # Whatever was lost with the worker counts as spent.
    assert batch.lookups_spent == sum(Asking.objects.values_list("lookup_count", flat=True))
    assert batch.lookups_spent >= sum(len(call) for wire in wires.values() for call in wire.calls)


# --- Whose it is ------------------------------------------------------------------------------------


def test_what_one_organization_paid_for_is_never_seen_by_another(
    acme: Organization, globex: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    make_contact(2, full_name="Shared")
    set_waterfall(acme, connect(acme, "one"))
    run(start(acme, [2, 4]))
    assert get_look_up(organization=acme, key=2).answers[Section.EMAILS].values
    theirs = run(start(globex, [2, 4], limit=0))
    assert (theirs.found_count, theirs.no_record_count) == (0, 2)
    assert not reads.list_findings(organization=globex, key=2)
    assert not reads.list_vendor_answers(organization=globex, key=2)
    assert len(reads.list_findings(organization=acme, key=2)) >= 4
    # Asked by the other one, it is paid for by the other one.
    set_waterfall(globex, connect(globex, "one"))
    assert run(start(globex, [2])).lookups_spent == 1


# --- One contact ------------------------------------------------------------------------------------


def test_one_contact_is_asked_for_what_is_missing(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, connect(acme, "one"), connect(acme, "two"))
    answers = ask_vendors(organization=acme, actor=SOMEBODY, key=1, sections=list(Section))
    said = [(a.asking.connection_name, describe_answer(a)) for a in answers]
    assert said == [
        ("one", "profile found, e-mails no record, phones no record"),
        ("two", "e-mails no record, phones found"),
    ]
    event = AuditEvent.objects.get(action="Asked vendors")
    assert "one: profile found" in event.detail
    assert "First1" not in event.detail
    assert [len(wire.calls) for wire in wires.values()] == [1, 1]
    assert cid(1) in wires["two"].asked
    assert 1 in SECOND_PHONES


def test_one_contact_stays_within_the_limit(
    acme: Organization, connect: Connect, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, connect(acme, "one"), connect(acme, "two"), limit=1)
    ask_vendors(organization=acme, actor=SOMEBODY, key=1, sections=list(Section))
    assert [len(wire.calls) for wire in wires.values()] == [1, 0]


def test_rounds_hold_no_transaction_over_a_call(
    acme: Organization, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    call = vendor_calls.Vendors.call

    def watch(self: vendor_calls.Vendors, question: Any) -> vendor_calls.Reply:
        seen.append(connection.in_atomic_block)
        return call(self, question)

    monkeypatch.setattr(vendor_calls.Vendors, "call", watch)
    set_waterfall(acme, connect(acme, "one"))
    run(start(acme, [1]))
    ask_vendors(organization=acme, actor=SOMEBODY, key=3, sections=list(Section))
    assert seen == [False, False]
    assert rounds.AT_ONCE > 1
