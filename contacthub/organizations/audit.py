"""The audit log is written here: who did what to which thing."""

from dataclasses import dataclass
from typing import Any

import structlog

from contacthub.organizations.models import AuditEvent, Organization, User


@dataclass(frozen=True)
class Actor:
    """Who asks for something, as the audit log will name them.

    A person in the dashboard has a user and an address, an API key or a command line only a name.
    """

    name: str
    user: User | None = None
    address: str | None = None

    @classmethod
    def of(cls, user: User, *, address: str | None = None) -> "Actor":
        """Return the actor for a signed-in person."""
        return cls(name=user.name, user=user, address=address)


COMMAND_LINE = Actor(name="Command line")


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
    `[before, after]`; it must not hold personal values or secrets.
    """
    return AuditEvent.objects.create(
        organization=organization,
        actor=actor.user,
        actor_name=actor.name[:200],
        action=action,
        target=target[:300],
        subject=str(subject),
        detail=detail[:500],
        rows=rows,
        has_personal_data=has_personal_data,
        is_refused=is_refused,
        changes=changes or {},
        address=actor.address,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
    )
