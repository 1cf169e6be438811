"""The audit log is written here: who did what to which thing, and who read personal data."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction

from contacthub.core import clock
from contacthub.organizations import sql
from contacthub.organizations.models import (
    ActorKind,
    AuditEvent,
    AuditRead,
    Organization,
    User,
)

# Reads become lines of the log when their minute is over; this many at a time.
MOST_READS_AT_ONCE = 1000


@dataclass(frozen=True)
class Actor:
    """Who asks for something, as the audit log will name them.

    `kind`, `ref` and `email` distinguish actors with the same name: a person's number and address, a key's public
    id and the address of the person who made it. A part of the system, such as a job, has only a name.
    """

    name: str
    user: User | None = None
    address: str | None = None
    kind: ActorKind = ActorKind.SYSTEM
    ref: str = ""
    email: str = ""

    @classmethod
    def of(cls, user: User, *, address: str | None = None) -> "Actor":
        """Return the actor for a signed-in person."""
        return cls(
            name=user.name,
            user=user,
            address=address,
            kind=ActorKind.PERSON,
            ref=str(user.pk),
            email=user.email,
        )

    def columns(self) -> dict[str, Any]:
        """Return what a line of the log keeps of the actor."""
        return {
            "actor": self.user,
            "actor_kind": self.kind,
            "actor_ref": (self.ref or self.name)[:64],
            "actor_email": self.email[:254],
            "actor_name": self.name[:200],
            "address": self.address,
        }


COMMAND_LINE = Actor(name="Command line", kind=ActorKind.COMMAND, ref="command")


def record_event(
    *,
    organization: Organization,
    actor: Actor,
    action: str,
    target: str = "",
    subject: object = "",
    detail: str = "",
    rows: int | None = None,
    has_personal_data: bool = False,
    is_refused: bool = False,
    changes: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one line of the audit log in the caller's transaction.

    `subject` is the id of the thing, so that its page can show its history. `changes` maps a field's name to
    `[before, after]`; it must not hold personal values or secrets. The database chains the line at the end of the
    transaction.
    """
    return AuditEvent.objects.create(
        organization=organization,
        action=action,
        target=target[:300],
        subject=str(subject),
        detail=detail[:500],
        rows=rows,
        has_personal_data=has_personal_data,
        is_refused=is_refused,
        changes=changes or {},
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        **actor.columns(),
    )


def record_read(
    *,
    organization: Organization,
    actor: Actor,
    action: str,
    rows: int,
    detail: str = "",
    has_personal_data: bool = True,
) -> None:
    """Count a read of people's data, to become a line of the log when its minute is over (`write_reads`).

    One line an actor, minute, action and detail, with the sum of `rows`: a program reads thousands of pages. A read of
    no rows is none.
    """
    if not rows:
        return
    columns = actor.columns()
    user = columns.pop("actor")
    sql.add_read(
        **columns,
        organization=organization.pk,
        actor=user.pk if user else None,
        minute=clock.now().replace(second=0, microsecond=0),
        action=action,
        detail=detail[:500],
        rows=rows,
        has_personal_data=has_personal_data,
    )


def write_reads(*, now: dt.datetime) -> int:
    """Turn the reads of past minutes into lines of the audit log. Returns how many lines."""
    written = 0
    while True:
        with transaction.atomic():
            reads = list(
                AuditRead.objects.select_for_update(skip_locked=True)
                .filter(minute__lt=now.replace(second=0, microsecond=0))
                .order_by("organization_id", "minute", "pk")[:MOST_READS_AT_ONCE]
            )
            AuditEvent.objects.bulk_create(map(_line_of, reads))
            AuditRead.objects.filter(pk__in=[read.pk for read in reads]).delete()
        written += len(reads)
        if len(reads) < MOST_READS_AT_ONCE:
            return written


def _line_of(read: AuditRead) -> AuditEvent:
    word = "request" if read.requests == 1 else "requests"
    return AuditEvent(
        organization_id=read.organization_id,
        # The end of the minute: nothing of it was written before.
        at=read.minute + dt.timedelta(minutes=1),
        actor_id=read.actor_id,
        actor_kind=read.actor_kind,
        actor_ref=read.actor_ref,
        actor_email=read.actor_email,
        actor_name=read.actor_name,
        action=read.action,
        detail=", ".join(part for part in (read.detail, f"{read.requests:,} {word}") if part)[:500],
        rows=read.rows,
        has_personal_data=read.has_personal_data,
        address=read.address,
    )
