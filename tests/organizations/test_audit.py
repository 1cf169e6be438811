"""The audit log: found by its filters, leafed through by place."""

import datetime as dt

import pytest

from contacthub.core import clock
from contacthub.organizations import queries
from contacthub.organizations.audit import Actor, record_event, record_read, write_reads
from contacthub.organizations.models import ActorKind, AuditEvent, Organization, User

SYSTEM = Actor(name="System")
START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def log(acme: Organization, globex: Organization) -> list[AuditEvent]:
    """Twelve events of acme, oldest first, four at each moment, and one of globex at every moment."""
    events = []
    for number in range(12):
        at = START + dt.timedelta(days=number // 4)
        event = record_event(
            organization=acme, actor=SYSTEM, action="Did", target=f"thing {number}"
        )
        AuditEvent.objects.filter(pk=event.pk).update(at=at)
        events.append(event)
        other = record_event(organization=globex, actor=SYSTEM, action="Did", target="theirs")
        AuditEvent.objects.filter(pk=other.pk).update(at=at)
    return events


def events_of(organization: Organization) -> list[AuditEvent]:
    return list(queries.list_events(organization=organization).filter(action="Did"))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 12, 13])
def test_pages_walk_the_log_without_gap_or_repetition(
    acme: Organization, log: list[AuditEvent], size: int
):
    everything = [event.pk for event in events_of(acme)]
    found = queries.list_events(organization=acme).filter(action="Did")
    page = queries.get_event_page(organization=acme, events=found, size=size)
    walked = [event.pk for event in page.events]
    assert not page.has_newer
    while page.has_older:
        page = queries.get_event_page(
            organization=acme, events=found, size=size, before=page.events[-1].pk
        )
        assert page.has_newer
        walked += [event.pk for event in page.events]
    assert walked == everything
    back = [page.events]
    while page.has_newer:
        page = queries.get_event_page(
            organization=acme, events=found, size=size, after=page.events[0].pk
        )
        back.append(page.events)
    assert [event.pk for event in back[-1]] == everything[:size]
    assert {event.pk for events in back for event in events} == set(everything)


def test_new_events_move_no_page(acme: Organization, log: list[AuditEvent]):
    found = queries.list_events(organization=acme).filter(action="Did")
    before = queries.get_event_page(organization=acme, events=found, size=4).events[-1].pk
    second = queries.get_event_page(organization=acme, events=found, size=4, before=before)
    record_event(organization=acme, actor=SYSTEM, action="Did", target="newest")
    again = queries.get_event_page(organization=acme, events=found, size=4, before=before)
    assert again.events == second.events


def test_event_of_another_organization_is_no_place(
    acme: Organization, globex: Organization, log: list[AuditEvent]
):
    theirs = events_of(globex)[-1].pk
    found = queries.list_events(organization=acme).filter(action="Did")
    first = queries.get_event_page(organization=acme, events=found, size=4)
    for place in ({"before": theirs}, {"after": theirs}):
        assert queries.get_event_page(organization=acme, events=found, size=4, **place) == first


def test_counting_ends_at_the_most(acme: Organization, log: list[AuditEvent]):
    found = queries.list_events(organization=acme).filter(action="Did")
    assert queries.count_events(events=found, most=100) == 12
    assert queries.count_events(events=found, most=12) == 12
    assert queries.count_events(events=found, most=5) == 6


def test_filters_find_what_they_say(acme: Organization):
    def record(**values: object) -> None:
        record_event(organization=acme, actor=Actor(name="Key “x”"), **values)  # type: ignore[arg-type]

    record(action="Exported", target="Cloud cost", has_personal_data=True, rows=5)
    record(action="Exported", target="Payroll", detail="for the Cloud team", subject="id_77")
    record(action="Was refused", target="Manage", is_refused=True)
    AuditEvent.objects.filter(target="Manage").update(request_id="abcd1234-ffff")

    def found(**conditions: object) -> list[str]:
        events = queries.list_events(organization=acme, **conditions)  # type: ignore[arg-type]
        return sorted(e.target for e in events.exclude(action="Created organization"))

    assert found() == ["Cloud cost", "Manage", "Payroll"]
    assert found(action="Exported") == ["Cloud cost", "Payroll"]
    assert found(text="CLOUD") == ["Cloud cost", "Payroll"]
    assert found(text="refused") == ["Manage"]
    assert found(text="key “") == ["Cloud cost", "Manage", "Payroll"]
    assert found(text="id_77") == ["Payroll"]
    assert found(text="abcd1234") == ["Manage"]
    assert found(text="1234") == []
    assert found(text="%") == []
    assert found(personal_only=True) == ["Cloud cost"]
    assert found(actor=("system", "Key “x”"), action="Was refused") == ["Manage"]
    assert found(actor=("person", "Key “x”")) == []


def test_words_of_the_filters_are_those_of_the_organization(
    acme: Organization, globex: Organization
):
    for name, action in (("Bob", "Exported"), ("Alice", "Did"), ("Bob", "Did"), ("äke", "Did")):
        record_event(organization=acme, actor=Actor(name=name), action=action)
    record_event(organization=globex, actor=Actor(name="Charlie"), action="Spied")
    actors = [actor.name for actor in queries.list_event_actors(organization=acme)]
    assert sorted(actors) == sorted(["Alice", "Bob", "Command line", "äke"])
    assert queries.list_event_actions(organization=acme) == [
        "Created organization", "Did", "Exported",
    ]  # fmt: skip
    AuditEvent.objects.all().delete()
    assert queries.list_event_actors(organization=acme) == []
    assert queries.list_event_actions(organization=acme) == []


def test_people_with_one_name_are_told_apart(acme: Organization, alice: User, bob: User):
    """Bob renames himself to Alice and does something."""
    record_event(organization=acme, actor=Actor.of(alice), action="Did", target="hers")
    bob.name = alice.name
    bob.save()
    record_event(organization=acme, actor=Actor.of(bob), action="Did", target="his")
    his = AuditEvent.objects.get(target="his")
    assert (his.actor_kind, his.actor_ref, his.actor_email) == ("person", str(bob.pk), bob.email)
    assert his.actor_words == bob.email
    people = {
        (actor.ref, actor.email)
        for actor in queries.list_event_actors(organization=acme)
        if actor.kind == "person"
    }
    assert people == {(str(alice.pk), alice.email), (str(bob.pk), bob.email)}
    found = queries.list_events(organization=acme, actor=("person", str(bob.pk)))
    assert [event.target for event in found if event.action == "Did"] == ["his"]


def test_reads_of_a_minute_become_one_line_when_it_is_over(
    acme: Organization, globex: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
):
    now = clock.now().replace(second=30, microsecond=0)
    key = Actor(name="Key “x”", kind=ActorKind.KEY, ref="ch_1", email="a@acme.example")
    with monkeypatch.context() as frozen:
        frozen.setattr(clock, "now", lambda: now)
        for rows in (25, 10, 0):
            record_read(
                organization=acme, actor=key, action="Read contacts", rows=rows, detail="Letrics"
            )
        record_read(organization=acme, actor=Actor.of(bob), action="Viewed contacts", rows=1)
        record_read(organization=globex, actor=key, action="Read contacts", rows=7)
    assert write_reads(now=now) == 0
    assert write_reads(now=now + dt.timedelta(minutes=1)) == 3
    assert write_reads(now=now + dt.timedelta(minutes=1)) == 0
    event = AuditEvent.objects.get(organization=acme, action="Read contacts")
    assert (event.rows, event.detail, event.has_personal_data) == (35, "Letrics, 2 requests", True)
    assert (event.actor_kind, event.actor_ref, event.actor_email) == (
        "key",
        "ch_1",
        "a@acme.example",
    )
    assert event.at == now.replace(second=0) + dt.timedelta(minutes=1)
    assert AuditEvent.objects.get(action="Viewed contacts").actor == bob
    assert AuditEvent.objects.get(organization=globex, action="Read contacts").rows == 7


def test_days_are_whole_and_inclusive(acme: Organization, log: list[AuditEvent]):
    def count(since: int | None, until: int | None) -> int:
        def day(n: int | None) -> dt.date | None:
            return None if n is None else START.date() + dt.timedelta(days=n)

        return (
            queries.list_events(organization=acme, since=day(since), until=day(until))
            .filter(action="Did")
            .count()
        )

    assert count(None, None) == 12
    assert [count(n, n) for n in (-1, 0, 1, 2, 3)] == [0, 4, 4, 4, 0]
    assert count(1, None) == 8
    assert count(None, 1) == 8


def test_event_keeps_within_its_columns(acme: Organization):
    event = record_event(
        organization=acme,
        actor=Actor(name="n" * 300),
        action="Did",
        target="t" * 400,
        detail="d" * 600,
    )
    event.refresh_from_db()
    assert (len(event.actor_name), len(event.target), len(event.detail)) == (200, 300, 500)
    assert clock.now() - event.at < dt.timedelta(minutes=1)
