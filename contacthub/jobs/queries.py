"""Reads about jobs and their results."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from contacthub.core.errors import NotFound
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import Organization


def get_job(*, organization: Organization, job_id: UUID) -> Job:
    """Return a job of this organization. Raises `NotFound`."""
    job = (
        Job.objects.select_related("created_by", "result")
        .filter(organization=organization, pk=job_id)
        .first()
    )
    if job is None:
        raise NotFound("There is no such job.")
    return job


def list_jobs(*, organization: Organization) -> QuerySet[Job]:
    """List an organization's jobs, newest first."""
    return (
        Job.objects.filter(organization=organization)
        .select_related("created_by")
        .order_by("-created_at", "-id")
    )


def list_unfinished_jobs(*, organization: Organization) -> list[Job]:
    """List the queued and running jobs of an organization, oldest first, at most 50."""
    unfinished = Job.objects.filter(
        organization=organization, state__in=[Job.State.QUEUED, Job.State.RUNNING]
    )
    return list(unfinished.select_related("created_by").order_by("created_at", "id")[:50])


class JobCount(NamedTuple):
    """How many jobs are worked on, and how many wait: for a worker, or for something elsewhere."""

    running: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """Return how many have not ended."""
        return self.running + self.waiting

    def __str__(self) -> str:
        counts = ((self.running, "running"), (self.waiting, "waiting"))
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)


def count_unfinished_jobs(*, organization: Organization) -> dict[str, JobCount]:
    """Count the jobs of an organization that have not ended, by their tasks; tasks without any are left out."""
    unfinished = Job.objects.filter(
        organization=organization, state__in=[Job.State.QUEUED, Job.State.RUNNING]
    )
    counts = unfinished.values_list("task").annotate(
        running=Count("pk", filter=Q(state=Job.State.RUNNING)),
        waiting=Count("pk", filter=Q(state=Job.State.QUEUED)),
    )
    return {task: JobCount(running, waiting) for task, running, waiting in counts}


def add_counts(counts: Iterable[JobCount]) -> JobCount:
    """Return the sum of counts."""
    every = list(counts)
    return JobCount(sum(one.running for one in every), sum(one.waiting for one in every))


def word_of(job: Job) -> str:
    """Return the one word for a job: queued, running, waiting, cancelling, completed, cancelled or failed.

    One that has begun and is queued again waits for something elsewhere; only a running one is being worked on.
    """
    if job.is_final:
        return str(job.state)
    if job.cancel_requested_at is not None:
        return "cancelling"
    is_begun = job.state == Job.State.QUEUED and job.started_at is not None
    return "waiting" if is_begun else str(job.state)


def count_queue_ahead(*, job: Job) -> int:
    """Return how many jobs of the same organization wait for a worker that were requested before this one."""
    waiting = Job.objects.filter(organization_id=job.organization_id, state=Job.State.QUEUED)
    return waiting.filter(created_at__lt=job.created_at, wakes_at=None).count()


def get_result(*, job: Job) -> Result:
    """Return the finished file of a job. Raises `NotFound` if there is none, or no longer."""
    result = Result.objects.filter(job=job, deleted_at=None).first()
    if result is None:
        raise NotFound("This file no longer exists.")
    return result
