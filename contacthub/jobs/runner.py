"""How a worker does a job: it claims one, does its work through a `Lease`, and ends it or hands it back."""

from collections.abc import Callable
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from contacthub.core.errors import ContactHubError, StorageAway
from contacthub.core.tenancy import across_organizations, within
from contacthub.jobs import actions, sql
from contacthub.jobs.lease import CancelRequested, ComeBack, Fenced, HandBack, Lease, Manifest, Work
from contacthub.jobs.models import Job

logger = structlog.get_logger(__name__)


def perform(job_id: UUID, make_work: Callable[[Job], Work], *, task: str | None = None) -> None:
    """Claim a job and do its work to an end. Does nothing if another worker holds it, or if it is not of `task`.

    `task` is the name under which Celery was rung; a ring is only a message, and may name the wrong job.

    A job whose worker dies is claimed again from its checkpoint, JOB_MAX_ATTEMPTS times at one place; then it fails.
    """
    with across_organizations():
        token = sql.claim(
            job_id=job_id,
            task=task,
            lease_seconds=settings.JOB_LEASE_SECONDS,
            share=settings.JOBS_PER_ORGANIZATION,
        )
        if token is None:
            return
        job = Job.objects.select_related("organization", "created_by").get(pk=job_id)
    structlog.contextvars.bind_contextvars(job=str(job_id))
    lease = Lease(job, token)
    try:
        with within(job.organization_id):
            _run(lease, _open_work(job, make_work))
    except Fenced:
        logger.info("job_fenced")
    except (OperationalError, InterfaceError) as error:
        # The database went away: nothing can be written now. The lease runs out and the sweeper rings.
        logger.warning("job_lost_database", error=type(error).__name__)
        raise
    finally:
        structlog.contextvars.unbind_contextvars("job")
    actions.ring_next(is_calling=job.is_calling)


class _Unopened:
    """The work of a job that cannot be opened: it fails as any other work does, and holds nothing."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def run(self, lease: Lease) -> Manifest | None:
        raise self._error

    def completed(self, job: Job) -> None:
        """Never called."""

    def undone(self, job: Job, state: Job.State) -> None:
        """There is nothing to give back."""


def _open_work(job: Job, make_work: Callable[[Job], Work]) -> Work:
    try:
        return make_work(job)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return _Unopened(error)


def _run(lease: Lease, work: Work) -> None:
    job = lease.job
    if job.attempts > settings.JOB_MAX_ATTEMPTS:
        error = f"The work stopped {settings.JOB_MAX_ATTEMPTS} times without an error."
        lease.undo(work, Job.State.FAILED, error)
        return
    try:
        _do(lease, work)
    except CancelRequested:
        lease.undo(work, Job.State.CANCELLED)
    except HandBack:
        lease.hand_back(is_attempt_counted=False)
    except ContactHubError as error:
        lease.undo(work, Job.State.FAILED, str(error))
    except (Fenced, OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("job_crashed")
        _try_again(lease, work)


def _do(lease: Lease, work: Work) -> None:
    """Do the work to its end, or until it must wait for something elsewhere."""
    if lease.job.cancel_requested_at is not None:
        raise CancelRequested
    try:
        manifest = work.run(lease)
    except ComeBack as wait:
        lease.sleep(wait.seconds)
    except StorageAway as error:
        lease.wait_for_storage(error)
    else:
        lease.complete(work, manifest)


def _try_again(lease: Lease, work: Work) -> None:
    if lease.job.attempts < settings.JOB_MAX_ATTEMPTS:
        lease.hand_back(is_attempt_counted=True)
        return
    lease.undo(
        work, Job.State.FAILED, "Something went wrong in ContactHub; see the log for details."
    )
