"""The gate of a connection: one breaker and one rate for all workers."""

import contextlib
import datetime as dt
import importlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction

from contacthub.connectors import errors
from contacthub.connectors.client import Patience
from contacthub.connectors.gate import Exchange, Limits, Outcome, Permit
from contacthub.core import clock, shutdown
from contacthub.credentials.connections import queries, sql
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.credentials.connections.threads import call_at_once
from contacthub.organizations.models import Organization
from tests.connectors.vendors import QUICK, say
from tests.credentials.connecting import add
from tests.racing import race
from tests.receiver import answer, listening

ONCE = Patience(attempts=1)


@pytest.fixture
def connection(acme: Organization) -> Connection:
    return add(acme)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Open the breaker for half a second at first."""
    settings.OUTBOUND_ALLOW_PRIVATE = True
    monkeypatch.setattr(sql, "FIRST_OPEN_SECONDS", 0.5)


def health(connection: Connection) -> ConnectionHealth:
    return ConnectionHealth.objects.get(connection=connection)


def make_exchange(outcome: Outcome = Outcome.ALIVE, **values: Any) -> Exchange:
    words = {Outcome.FAILED: "provider_down", Outcome.THROTTLED: "throttled"}
    given = {"error": words.get(outcome, ""), "ms": 5, **values}
    return Exchange("list feeds", clock.now(), outcome=outcome, **given)


def make_gate(connection: Connection, patience: float = 0.0) -> ConnectionGate:
    return ConnectionGate(connection.pk, patience_seconds=patience)


def fail(gate: ConnectionGate, times: int = sql.MOST_FAILURES) -> None:
    for _ in range(times):
        gate.tell(gate.ask("list feeds"), make_exchange(Outcome.FAILED))


def test_breaker_opens_after_failures_in_a_row(connection: Connection) -> None:
    gate = make_gate(connection)
    fail(gate, sql.MOST_FAILURES - 1)
    gate.tell(gate.ask("x"), make_exchange())
    fail(gate, sql.MOST_FAILURES - 1)
    assert health(connection).breaker == "closed"
    fail(gate, 1)
    assert health(connection).breaker == "open"
    with pytest.raises(errors.BreakerOpen) as raised:
        gate.ask("x")
    assert 0 < (raised.value.retry_after or 0) <= 0.5
    assert health(connection).condition == "down"


def test_probe_closes_the_breaker_or_opens_it_for_longer(connection: Connection) -> None:
    gate = make_gate(connection)
    fail(gate)
    time.sleep(0.55)
    probe = gate.ask("x")
    assert probe.probe is not None
    assert health(connection).breaker == "half_open"
    with pytest.raises(errors.BreakerOpen):
        gate.ask("x")
    gate.tell(probe, make_exchange(Outcome.FAILED))
    with pytest.raises(errors.BreakerOpen) as raised:
        gate.ask("x")
    assert 0.5 < (raised.value.retry_after or 0) <= 1.0
    time.sleep(1.05)
    gate.tell(gate.ask("x"), make_exchange())
    assert (health(connection).breaker, health(connection).trips) == ("closed", 0)
    assert gate.ask("x") == Permit()


def test_throttled_probe_shows_that_the_vendor_lives(connection: Connection) -> None:
    gate = make_gate(connection)
    fail(gate)
    time.sleep(0.55)
    gate.tell(gate.ask("x"), make_exchange(Outcome.THROTTLED))
    assert health(connection).breaker == "closed"


def test_interrupted_probe_is_given_back(connection: Connection) -> None:
    gate = make_gate(connection)
    fail(gate)
    time.sleep(0.55)
    gate.tell(gate.ask("x"), make_exchange(Outcome.INTERRUPTED, error="interrupted"))
    assert health(connection).breaker == "open"
    assert gate.ask("x").probe is not None


def test_probe_of_a_dead_worker_is_taken_over(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "PROBE_SECONDS", 0.3)
    gate = make_gate(connection)
    fail(gate)
    time.sleep(0.55)
    dead = gate.ask("x")
    with pytest.raises(errors.BreakerOpen):
        gate.ask("x")
    time.sleep(0.35)
    alive = gate.ask("x")
    # The dead one turns out to be slow; its word does not count any more.
    gate.tell(dead, make_exchange(Outcome.FAILED))
    assert health(connection).breaker == "half_open"
    gate.tell(alive, make_exchange())
    assert health(connection).breaker == "closed"


def test_call_from_before_neither_closes_nor_prolongs(connection: Connection) -> None:
    gate = make_gate(connection)
    early = [gate.ask("x"), gate.ask("x")]
    fail(gate)
    until = health(connection).open_until
    gate.tell(early[0], make_exchange())
    gate.tell(early[1], make_exchange(Outcome.FAILED))
    assert (health(connection).breaker, health(connection).open_until) == ("open", until)


def test_refusals_of_the_callers_making_do_not_count(connection: Connection) -> None:
    gate = make_gate(connection)
    for word in ("wrong_key", "refused", "not_found", "contract_broken rows.0") * 5:
        gate.tell(gate.ask("x"), make_exchange(error=word))
    assert health(connection).breaker == "closed"
    gate.tell(gate.ask("x"), make_exchange(error="wrong_key"))
    assert health(connection).condition == "wrong_key"
    gate.tell(gate.ask("x"), make_exchange(error="not_found"))
    assert health(connection).condition == "works"


def test_vendors_wish_holds_everybody(connection: Connection) -> None:
    gate, other = make_gate(connection), make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(Outcome.THROTTLED, hold_seconds=0.6))
    with pytest.raises(errors.Throttled) as raised:
        other.ask("x")
    assert 0 < (raised.value.retry_after or 0) <= 0.6
    start = time.monotonic()
    make_gate(connection, patience=5).ask("x")
    assert 0.3 < time.monotonic() - start < 2


def test_worker_that_is_told_to_go_does_not_wait(connection: Connection) -> None:
    gate = make_gate(connection, patience=60)
    gate.tell(gate.ask("x"), make_exchange(Outcome.THROTTLED, hold_seconds=20))
    shutdown.requested.set()
    try:
        start = time.monotonic()
        with pytest.raises(errors.Throttled):
            gate.ask("x")
        assert time.monotonic() - start < 2
    finally:
        shutdown.requested.clear()


def test_last_call_of_a_window_is_made_once(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(10, 60, 2, 0.6)))
    assert gate.ask("x") == gate.ask("x") == Permit()
    with pytest.raises(errors.Throttled):
        gate.ask("x")
    # A reply from before those two says that two are left; it does not know of them.
    gate.tell(Permit(), make_exchange(limits=Limits(10, 60, 2, 0.5)))
    with pytest.raises(errors.Throttled):
        gate.ask("x")
    time.sleep(0.65)
    assert gate.ask("x") == Permit()
    assert health(connection).rate_left == 9


def test_another_program_with_the_same_key_counts(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(10, 60, 9, 30)))
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(10, 60, 0, 29)))
    with pytest.raises(errors.Throttled):
        gate.ask("x")


# --- Pauses that are too long ----------------------------------------------------------------------


def seconds_to(moment: dt.datetime | None) -> float:
    return (moment - clock.now()).total_seconds() if moment else 0.0


def test_no_pause_is_longer_than_a_day(connection: Connection) -> None:
    gate = make_gate(connection)
    years = make_exchange(Outcome.THROTTLED, hold_seconds=1e9, limits=Limits(10, 10**9, 0, 1e9))
    gate.tell(gate.ask("x"), years)
    seen = health(connection)
    assert 86300 < seconds_to(seen.held_until) <= 86400
    assert 86300 < seconds_to(seen.rate_resets_at) <= 86400


def test_window_of_years_starts_over_within_a_day(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(1, 10**9, 0, 0.01)))
    time.sleep(0.05)
    gate.ask("x")
    seen = health(connection)
    assert (seen.rate_left, 86300 < seconds_to(seen.rate_resets_at) <= 86400) == (0, True)


def test_rate_without_a_reset_shuts_nobody_out(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(10, None, 0, None)))
    assert gate.ask("x") == gate.ask("x") == Permit()
    assert health(connection).rate_left == 0


def test_test_goes_through_a_pause_and_ends_it(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(
        gate.ask("x"),
        make_exchange(Outcome.THROTTLED, hold_seconds=600, limits=Limits(10, 60, 0, 600)),
    )
    with pytest.raises(errors.Throttled):
        gate.ask("x")
    test = ConnectionGate(connection.pk, patience_seconds=0, is_test=True)
    # A test that is refused ends nothing.
    test.tell(test.ask("x"), make_exchange(Outcome.FAILED))
    test.tell(test.ask("x"), make_exchange(error="wrong_key"))
    with pytest.raises(errors.Throttled):
        gate.ask("x")
    test.tell(test.ask("x"), make_exchange())
    assert gate.ask("x") == Permit()
    seen = health(connection)
    assert (seen.held_until, seen.rate_left, seen.rate_resets_at) == (None, None, None)


def test_what_the_test_itself_is_told_counts(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(10, 60, 0, 600)))
    test = ConnectionGate(connection.pk, patience_seconds=0, is_test=True)
    test.tell(test.ask("x"), make_exchange(limits=Limits(10, 60, 0, 30)))
    assert 28 < seconds_to(health(connection).rate_resets_at) <= 30


@pytest.mark.django_db(transaction=True)
def test_stored_pauses_of_years_end_within_a_day(acme: Organization) -> None:
    far, near = add(acme, name="Far"), add(acme, name="Near")
    soon = clock.now() + dt.timedelta(minutes=5)
    never = dt.datetime(7661, 1, 1, tzinfo=dt.UTC)
    ConnectionHealth.objects.filter(connection=far).update(held_until=never, rate_resets_at=never)
    ConnectionHealth.objects.filter(connection=near).update(held_until=soon)
    migration = importlib.import_module("contacthub.credentials.migrations.0005_bound_pauses")
    with database.cursor() as cursor:
        cursor.execute(migration.BOUND)
    seen = health(far)
    assert 86300 < seconds_to(seen.held_until) <= 86400
    assert 86300 < seconds_to(seen.rate_resets_at) <= 86400
    assert health(near).held_until == soon


def test_gate_is_never_asked_inside_a_transaction(connection: Connection) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        make_gate(connection).ask("x")


@pytest.mark.django_db(transaction=True)
def test_one_of_many_workers_makes_the_probe(connection: Connection) -> None:
    fail(make_gate(connection))
    time.sleep(0.55)
    answers = race([lambda: make_gate(connection).ask("x")] * 12)
    assert sum(isinstance(a, Permit) for a in answers) == 1
    assert sum(isinstance(a, errors.BreakerOpen) for a in answers) == 11


@pytest.mark.django_db(transaction=True)
def test_many_workers_take_no_more_than_what_is_left(connection: Connection) -> None:
    gate = make_gate(connection)
    gate.tell(gate.ask("x"), make_exchange(limits=Limits(100, 60, 7, 30)))
    answers = race([lambda: make_gate(connection).ask("x")] * 20)
    assert sum(isinstance(a, Permit) for a in answers) == 7
    assert sum(isinstance(a, errors.Throttled) for a in answers) == 13


@pytest.mark.django_db(transaction=True)
def test_failures_of_many_workers_open_one_breaker(connection: Connection) -> None:
    gates = [make_gate(connection) for _ in range(8)]
    permits = [gate.ask("x") for gate in gates]
    race(
        [
            lambda gate=gate, permit=permit: gate.tell(permit, make_exchange(Outcome.FAILED))
            for gate, permit in zip(gates, permits, strict=True)
        ]
    )
    assert health(connection).breaker == "open"
    assert health(connection).trips == 1
    assert VendorCall.objects.count() == 8


# --- With a connector -------------------------------------------------------------------------------


@contextlib.contextmanager
def vendor(acme: Organization, *scripts: Any) -> Iterator[tuple[Connection, Any]]:
    with listening(*scripts) as server:
        yield add(acme, base_url=f"http://127.0.0.1:{server.port}"), server


def test_dead_vendor_is_left_alone_and_found_again(acme: Organization) -> None:
    down = [answer("502 B")] * sql.MOST_FAILURES
    with vendor(acme, *down, say("contactbased", "feeds")) as (connection, server):
        with queries.open_connector(connection, patience=QUICK) as connector:
            for _ in range(2):
                with pytest.raises(errors.VendorDown):
                    connector.list_feeds()
            with queries.open_connector(connection, is_interactive=True) as hasty:
                gate_closed = time.monotonic()
                # A person is told at once, or after the moment that the breaker is open.
                with contextlib.suppress(errors.BreakerOpen):
                    hasty.list_feeds()
                assert time.monotonic() - gate_closed < 2
            assert connector.list_feeds()
        assert health(connection).breaker == "closed"
        assert len(server.requests) <= sql.MOST_FAILURES + 2


def test_dead_vendor_does_not_touch_another_connection(acme: Organization) -> None:
    dead, alive = add(acme, name="Dead"), add(acme, name="Alive")
    fail(make_gate(dead))
    with pytest.raises(errors.BreakerOpen):
        make_gate(dead).ask("x")
    assert make_gate(alive).ask("x") == Permit()


@pytest.mark.django_db(transaction=True)
def test_pages_are_read_several_at_once(acme: Organization) -> None:
    slow = delayed(0.2, say("contactbased", "feeds"))
    with (
        vendor(acme, slow) as (connection, server),
        queries.open_connector(connection) as connector,
    ):
        start = time.monotonic()
        found = list(call_at_once(lambda _: connector.list_feeds(), range(12), at_once=6))
        taken = time.monotonic() - start
    assert [item for item, _ in found] == list(range(12))
    assert taken < 12 * 0.2 * 0.7
    assert VendorCall.objects.count() == len(server.requests) == 12


def delayed(seconds: float, script: Callable[..., None]) -> Callable[..., None]:
    def run(request: Any, connection: Any) -> None:
        time.sleep(seconds)
        script(request, connection)

    return run


@pytest.mark.django_db(transaction=True)
def test_error_of_one_is_raised_at_its_place() -> None:
    made: list[int] = []

    def work(number: int) -> int:
        made.append(number)
        if number == 5:
            raise errors.NotFound("No.")
        return number

    seen: list[int] = []
    results = call_at_once(work, range(1000), at_once=3)
    with pytest.raises(errors.NotFound):
        seen.extend(result for _, result in results)
    assert seen == [0, 1, 2, 3, 4]
    assert len(made) < 12
