"""Writes about jobs that people and the sweeper ask for; the worker's own writes are in runner.py."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Sum

from contacthub.core import clock
from contacthub.core.apart import apart
from contacthub.core.errors import AlreadyFinished, Conflict, StorageFull
from contacthub.core.tenancy import across_organizations
from contacthub.jobs import doorbell, sql
from contacthub.jobs.fragments import STORE
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import Organization, User

# An unanswered ring is repeated after this long, for at most SWEEP_MOST jobs a sweep: waiting jobs may be
# thousands, and a finished job rings the next one anyway.
RING_AGAIN_AFTER = dt.timedelta(seconds=15)
SWEEP_MOST = 20


def enqueue_job(
    *,
    organization: Organization,
    task: str,
    title: str,
    total: int | None,
    subject: str = "",
    unit: str = "rows",
    most_at_once: int | None = None,
    created_by: User | None = None,
    checkpoint: dict[str, object] | None = None,
    keeps_file: bool = False,
) -> Job:
    """Save a job in the caller's transaction and ring for it after the commit. `total` is counted in `unit`s.

    `subject` is the kind and the id of what it works on, such as "export 9f3c…".

    Of jobs with `most_at_once`, an organization runs that many of one task at a time; the others wait. A job that
    `keeps_file` needs room for one: raises `StorageFull` where the organization has used all of its storage.
    """
    if keeps_file:
        check_storage(organization=organization)
    job = Job.objects.create(
        organization=organization,
        task=task,
        is_calling=task in settings.CALLING_TASKS,
        title=title[:200],
        total=total,
        subject=subject,
        unit=unit,
        most_at_once=most_at_once,
        created_by=created_by,
        checkpoint=checkpoint or {},
    )
    doorbell.ring_after_commit(task=task, job_id=job.pk)
    return job


def check_storage(*, organization: Organization) -> None:
    """Raise `StorageFull` if the files that are kept fill the organization's storage, in bytes as downloaded."""
    kept = Result.objects.filter(job__organization=organization, deleted_at=None)
    used = kept.aggregate(used=Sum("size"))["used"] or 0
    if used >= settings.STORAGE_PER_ORGANIZATION:
        next_expiry = kept.aggregate(at=Min("expires_at"))["at"]
        raise StorageFull(
            f"Your files use {used / 1e9:,.1f} GB of {settings.STORAGE_PER_ORGANIZATION / 1e9:,.1f} GB. "
            f"The next file expires on {next_expiry:%-d %b %Y}; until then nothing new can be written."
        )


def request_cancel(*, job: Job) -> Job.State:
    """Ask for a job to stop, in the caller's transaction. Returns the state it is in now.

    A queued job is cancelled at once; a running one stops at its next checkpoint. Raises `Conflict` for one that has
    ended. The caller undoes what the job held (a reservation, say) when the answer is CANCELLED; when it is RUNNING
    the worker does so as it stops.
    """
    now = clock.now()
    if Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, cancel_requested_at=now, finished_at=now, wakes_at=None
    ):
        # Of a job that has begun and waits for something elsewhere.
        STORE.forget(job_id=job.pk)
        return Job.State.CANCELLED
    if Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested_at=now):
        return Job.State.RUNNING
    # The caller may have read the job before it ended.
    job.refresh_from_db(fields=["state"])
    raise AlreadyFinished(
        f"This job is {job.get_state_display().lower()}; there is nothing left to cancel."
    )


def cancel_unstarted(*, job: Job) -> bool:
    """Cancel a job that no worker has ever held, in the caller's transaction. Returns False for any other."""
    now = clock.now()
    return bool(
        Job.objects.filter(pk=job.pk, state=Job.State.QUEUED, started_at=None).update(
            state=Job.State.CANCELLED, cancel_requested_at=now, finished_at=now
        )
    )


def wake_job(*, job_id: UUID) -> bool:
    """End a job's sleep in the caller's transaction: what it waits for may be there. Returns False for one awake."""
    sleeping = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).exclude(wakes_at=None)
    if not sleeping.update(wakes_at=None, rung_at=clock.now()):
        return False
    doorbell.ring_after_commit(task=Job.objects.get(pk=job_id).task, job_id=job_id)
    return True


def restart_job(*, job: Job, total: int | None = None) -> None:
    """Queue a failed or cancelled job again, from the beginning, in the caller's transaction; with another `total`.

    The token is kept rising, so that no late write of an earlier run gets in. Raises `Conflict` in any other state.
    """
    changed = Job.objects.filter(
        pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED]
    ).update(
        state=Job.State.QUEUED,
        done=0,
        total=job.total if total is None else total,
        attempts=0,
        token=F("token") + 1,
        checkpoint={},
        error="",
        storage_away_since=None,
        cancel_requested_at=None,
        started_at=None,
        finished_at=None,
        rung_at=clock.now(),
    )
    if not changed:
        raise Conflict("Only a failed or cancelled job can be run again.")
    STORE.forget(job_id=job.pk)
    doorbell.ring_after_commit(task=job.task, job_id=job.pk)


def sweep() -> int:
    """Ring again for jobs whose ring was lost or whose worker died. Returns how many rings went out."""
    due = sql.pick_to_ring(rung_before=clock.now() - RING_AGAIN_AFTER, most=SWEEP_MOST)
    return doorbell.ring(due)


@across_organizations()
def ring_next(*, is_calling: bool) -> int:
    """Ring for the job whose turn is next, because a worker for jobs of this kind has just become free."""
    soon = clock.now() + dt.timedelta(seconds=1)
    return doorbell.ring(sql.pick_to_ring(rung_before=soon, most=1, is_calling=is_calling))


def expire_results() -> int:
    """Delete the bytes of results past their date; the manifest stays. Returns how many were deleted."""
    count = 0
    for result in Result.objects.filter(expires_at__lt=clock.now(), deleted_at=None).order_by(
        "expires_at"
    )[:500]:
        with apart("result_not_expired", result=str(result.pk)), transaction.atomic():
            STORE.forget(job_id=result.job_id)
            result.deleted_at = clock.now()
            result.save(update_fields=["deleted_at"])
            count += 1
    return count


def result_expiry(days: int | None = None) -> dt.datetime:
    """Return until when a result made now is kept (`days`, else RESULT_KEEP_DAYS days)."""
    return clock.now() + dt.timedelta(days=settings.RESULT_KEEP_DAYS if days is None else days)
