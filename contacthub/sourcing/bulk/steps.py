"""How a pull's row is written while its job runs: fenced by the lease, and with the progress that people see."""

from typing import Any

from django.db import transaction

from contacthub.jobs.lease import CancelRequested, HandBack, Lease
from contacthub.jobs.models import Job
from contacthub.sourcing.bulk.models import Pull

Stop = CancelRequested | HandBack | None


def write(pull: Pull, lease: Lease, **changes: Any) -> Stop:
    """Save changes of a pull and prolong the lease, in one transaction. Raises `Fenced` if another worker holds it.

    Returns what asks the work to stop, which the caller raises once nothing may be lost by it.
    """
    with transaction.atomic():
        return write_within(pull, lease, **changes)


def write_within(pull: Pull, lease: Lease, **changes: Any) -> Stop:
    """Do the same in the caller's transaction."""
    for name, value in changes.items():
        setattr(pull, name, value)
    # Locked in the order of every writer: the pull, then its job.
    pull.save(update_fields=[*changes])
    try:
        lease.save(done=_count_done(pull))
    except (CancelRequested, HandBack) as request:
        return request
    return None


def save(pull: Pull, lease: Lease, **changes: Any) -> None:
    """Save changes of a pull, and stop where that is requested."""
    if (stop := write(pull, lease, **changes)) is not None:
        raise stop


def set_total(pull: Pull, lease: Lease) -> None:
    """Let the job say of how many contacts its progress is: those that the vendor works on, then those to import."""
    total = (pull.row_count or 0) + pull.price
    Job.objects.filter(pk=lease.job.pk, token=lease.token).update(total=total)
    lease.job.total = total


def first_total(pull: Pull) -> int | None:
    """Return the total before it is known what the vendor finds: everyone of a list; of days that is unknown."""
    return 2 * pull.price or None


def _count_done(pull: Pull) -> int:
    if pull.row_count is None:
        return min(pull.processed or 0, pull.price)
    return min(pull.price + pull.imported, pull.price + pull.row_count)
