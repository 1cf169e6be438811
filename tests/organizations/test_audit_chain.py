"""The chain of hashes: whatever is done to a line afterwards is found."""

import importlib
import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from contacthub.core.database_roles import grant_tables
from contacthub.core.tenancy import within
from contacthub.organizations import actions
from contacthub.organizations.apps import APPEND_ONLY, READ_ONLY
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.audit_chain import verify
from contacthub.organizations.models import AuditChain, AuditEvent, AuditLink, Organization

pytestmark = [pytest.mark.django_db, pytest.mark.tables_owner]

ACTOR = Actor(name='Key "x" \\ é\u2028\t', address="2001:db8::1")


def seal() -> None:
    """Run what Postgres runs at the end of a transaction, which a test's own never reaches."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def write(organization: Organization, number: int = 4) -> list[AuditEvent]:
    events = [
        record_event(
            organization=organization,
            actor=ACTOR,
            action="Did",
            target=f"thing {each}, ünïcode 🎉 \x7f",
            rows=each or None,
            changes={"limit": [None, each], "a longer name": [True, "x"], "é": [1, 2]},
        )
        for each in range(number)
    ]
    seal()
    return events


@pytest.fixture
def log(acme: Organization, globex: Organization) -> list[AuditEvent]:
    write(globex, 2)
    return write(acme)


def test_untouched_log_is_intact_and_each_organization_has_its_own(
    acme: Organization, globex: Organization, log: list[AuditEvent]
) -> None:
    for organization, lines in ((acme, 5), (globex, 3)):
        verdict = verify(organization=organization)
        assert (verdict.faults, verdict.sequence) == ([], lines)
    assert verify(organization=acme).hash != verify(organization=globex).hash


def rename(event: AuditEvent) -> None:
    AuditEvent.objects.filter(pk=event.pk).update(actor_name="Somebody else")


def remove(event: AuditEvent) -> None:
    AuditEvent.objects.filter(pk=event.pk).delete()


def remove_with_its_link(event: AuditEvent) -> None:
    AuditLink.objects.filter(event=event).delete()
    AuditEvent.objects.filter(pk=event.pk).delete()


def cut_off_from_here(event: AuditEvent) -> None:
    place = AuditLink.objects.get(event=event).sequence
    gone = AuditLink.objects.filter(organization=event.organization, sequence__gte=place)
    events = list(gone.values_list("event_id", flat=True))
    gone.delete()
    AuditEvent.objects.filter(pk__in=events).delete()


def move_to_another_organization(event: AuditEvent) -> None:
    AuditEvent.objects.filter(pk=event.pk).update(
        organization=Organization.objects.exclude(pk=event.organization_id).get()
    )


def swap(event: AuditEvent) -> None:
    link = AuditLink.objects.get(event=event)
    other = AuditLink.objects.get(organization=event.organization, sequence=link.sequence + 1)
    AuditLink.objects.filter(pk__in=[link.pk, other.pk]).delete()
    for one, sequence, hashed in (
        (other, link.sequence, link.hash),
        (link, other.sequence, other.hash),
    ):
        AuditLink.objects.create(
            event_id=one.event_id, organization=event.organization, sequence=sequence, hash=hashed
        )


def put_in_unchained(event: AuditEvent) -> None:
    # Its trigger has not run, as if somebody had switched it off.
    record_event(organization=event.organization, actor=ACTOR, action="Forged")


@pytest.mark.parametrize(
    "tamper",
    [rename, remove, remove_with_its_link, cut_off_from_here, move_to_another_organization, swap, put_in_unchained],
)  # fmt: skip
def test_tampering_is_found(
    acme: Organization, log: list[AuditEvent], tamper: Callable[[AuditEvent], None]
) -> None:
    tamper(log[1])
    assert verify(organization=acme).faults


@pytest.mark.parametrize(
    "column",
    [field.attname for field in AuditEvent._meta.concrete_fields if field.attname not in ("id", "organization_id")],
)  # fmt: skip
def test_every_column_is_covered(acme: Organization, log: list[AuditEvent], column: str) -> None:
    values: dict[str, Any] = {
        "at": "2026-01-01T00:00:00Z", "actor_id": 77, "rows": 77, "address": "192.0.2.1", "changes": {},
        "has_personal_data": True, "is_refused": True,
    }  # fmt: skip
    AuditEvent.objects.filter(pk=log[1].pk).update(**{column: values.get(column, "other")})
    assert verify(organization=acme).faults == ["Line 3 was changed, or one before it was removed."]


def test_whole_new_chain_lacks_the_line_that_was_noted(
    acme: Organization, log: list[AuditEvent]
) -> None:
    verdict = verify(organization=acme)
    anchor = (verdict.sequence, verdict.hash)
    write(acme, 1)
    assert verify(organization=acme, anchor=anchor).faults == []
    rename(log[0])
    AuditLink.objects.filter(organization=acme).delete()
    AuditChain.objects.filter(organization=acme).delete()
    migration = importlib.import_module(
        "contacthub.organizations.migrations.0003_audit_actors_and_chain"
    )
    with connection.cursor() as cursor:
        AuditLink.objects.all().delete()
        AuditChain.objects.all().delete()
        cursor.execute(migration.CHAIN_FORMER)
    assert verify(organization=acme).faults == []
    assert verify(organization=acme, anchor=anchor).faults


def test_command_prints_each_end_and_fails_where_one_is_broken(
    acme: Organization, globex: Organization, log: list[AuditEvent]
) -> None:
    out = StringIO()
    call_command("audit_log", "--verify", stdout=out)
    (first, second) = out.getvalue().splitlines()
    assert first.startswith("intact acme:5:")
    assert second.startswith("intact globex:3:")
    anchor = first.split()[1]
    call_command("audit_log", "--verify", "--anchor", anchor, stdout=StringIO())
    call_command("audit_log", "--verify", "--organization", "globex", stdout=StringIO())
    rename(log[1])
    with pytest.raises(CommandError, match="1 of the logs"):
        call_command("audit_log", "--verify", stdout=out)
    assert "broken acme:5:" in out.getvalue()
    for wrong in (
        ("--organization", "nobody"),
        ("--anchor", "acme:5:zz"),
        ("--anchor", f"nobody:5:{'0' * 64}"),
    ):
        with pytest.raises(CommandError):
            call_command("audit_log", "--verify", *wrong, stdout=StringIO())


def test_programs_role_adds_and_reads_lines_only(acme: Organization) -> None:
    with within(acme.pk), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain_program")
        grant_tables(cursor, role="plain_program", append_only=APPEND_ONLY, read_only=READ_ONLY)
        cursor.execute("SET LOCAL ROLE plain_program")
        record_event(organization=acme, actor=ACTOR, action="Did")
        seal()
        assert verify(organization=acme).faults == []
        for statement in (
            "UPDATE organizations_auditevent SET action = 'x'",
            "DELETE FROM organizations_auditevent",
            "TRUNCATE organizations_auditevent",
            "UPDATE organizations_auditlink SET sequence = 9",
            "DELETE FROM organizations_auditchain",
            f"INSERT INTO organizations_auditchain VALUES ({acme.pk + 1}, 0, '')",
            "SELECT organizations_audit_link(e) FROM organizations_auditevent e",
            "ALTER TABLE organizations_auditevent DISABLE TRIGGER audit_chain",
        ):
            with (
                pytest.raises(Exception, match=r"permission denied|must be owner"),
                transaction.atomic(),
            ):
                cursor.execute(statement)
        cursor.execute("RESET ROLE")


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain() -> None:
    acme = actions.create_organization(slug="acme", name="Acme")

    def work() -> None:
        for _ in range(10):
            record_event(organization=acme, actor=ACTOR, action="Did")
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify(organization=acme)
    assert (verdict.faults, verdict.sequence) == ([], 41)
