"""How a pull ends, in the transaction that ends its job."""

from django.db import transaction

from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor, record_event
from contacthub.sourcing.bulk.models import Pull
from contacthub.sourcing.bulk.vendor_job import stop_job


def complete(*, pull: Pull) -> None:
    """Say what came of it."""
    pull.refresh_from_db()
    record(pull, Actor(name=pull.created_by_name), "Pulled contacts", detail=_describe(pull))


def undo(*, pull: Pull, state: Job.State) -> None:
    """End without all rows. What is here stays, so that going on asks only for the rest.

    The vendor's job of a cancelled one is stopped after the commit.
    """
    is_cancelled = state == Job.State.CANCELLED
    pull.refresh_from_db()
    actor = Actor(name=pull.created_by_name)
    record(pull, actor, "Cancelled pull" if is_cancelled else "Pull failed", detail=_describe(pull))
    if is_cancelled:
        transaction.on_commit(lambda: stop_job(pull), robust=True)


def _describe(pull: Pull) -> str:
    counts = (
        (pull.added, "new"),
        (pull.changed, "changed"),
        (pull.unchanged, "known"),
        (pull.refused, "rejected"),
    )
    words = ", ".join(f"{count:,} {word}" for count, word in counts)
    return f"{words}; {pull.cost:,} transactions" if pull.ids else words


def record(pull: Pull, actor: Actor, action: str, *, detail: str = "") -> None:
    """Write a line of the audit log."""
    record_event(
        organization=pull.organization,
        actor=actor,
        action=action,
        target=f"{pull.name} from {pull.connection_name}",
        subject=pull.pk,
        detail=detail,
        rows=pull.added + pull.changed or None,
        has_personal_data=True,
    )
