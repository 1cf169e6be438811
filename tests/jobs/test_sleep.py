"""Work that waits for something elsewhere holds no worker, is taken up in time, and earlier when it is woken."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from contacthub.core import clock
from contacthub.jobs import actions, sql
from contacthub.jobs.lease import ComeBack, Lease, Manifest
from contacthub.jobs.models import Job
from contacthub.jobs.queries import count_queue_ahead
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.jobs.works import Count, Wait, make_job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect rings instead of sending them."""
    rings: list[object] = []
    monkeypatch.setattr(
        "contacthub.jobs.doorbell.ring", lambda jobs: rings.extend(jobs) or len(jobs)
    )
    return rings


@pytest.fixture
def sleeping(acme: Organization) -> Job:
    """A job that sleeps for a minute."""
    job = make_job(acme)
    perform(job.pk, Wait)
    job.refresh_from_db()
    return job


def pass_time(job: Job, seconds: int) -> None:
    """Move what the job's row says of time into the past."""
    passed = dt.timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(
        wakes_at=F("wakes_at") - passed, rung_at=F("rung_at") - passed
    )


def claim(job: Job) -> int | None:
    return sql.claim(job_id=job.pk, lease_seconds=60, share=1)


def test_sleeping_job_is_queued_and_not_to_be_had(sleeping: Job) -> None:
    assert (sleeping.state, sleeping.lease_until, sleeping.attempts) == ("queued", None, 0)
    assert sleeping.wakes_at is not None
    assert 55 < (sleeping.wakes_at - clock.now()).total_seconds() <= 60
    assert claim(sleeping) is None


def test_it_is_rung_when_its_time_has_come(sleeping: Job, rings: list[object]) -> None:
    rings.clear()
    pass_time(sleeping, 58)
    assert (actions.sweep(), actions.ring_next(is_calling=False)) == (0, 0)
    pass_time(sleeping, 3)
    assert actions.sweep() == 1
    assert rings == [(sleeping.pk, sleeping.task)]
    assert claim(sleeping) == 2
    sleeping.refresh_from_db()
    assert sleeping.wakes_at is None


def test_woken_job_is_rung_at_once(
    sleeping: Job, rings: list[object], django_capture_on_commit_callbacks: object
) -> None:
    rings.clear()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert actions.wake_job(job_id=sleeping.pk)
        assert not actions.wake_job(job_id=sleeping.pk)
    assert rings == [(sleeping.pk, sleeping.task)]
    perform(sleeping.pk, Count)
    sleeping.refresh_from_db()
    assert sleeping.state == "completed"
    assert not actions.wake_job(job_id=sleeping.pk)


def test_nobody_waits_for_a_sleeper(
    sleeping: Job, acme: Organization, globex: Organization
) -> None:
    """A sleeping job keeps no other organization from taking more than its share, and stands before no other job."""
    first, second = make_job(globex), make_job(globex)
    assert claim(first)
    assert claim(second), "acme's job sleeps"
    assert count_queue_ahead(job=make_job(acme)) == 0


def test_sleep_counts_as_no_attempt(acme: Organization, settings: object) -> None:
    job = make_job(acme)
    for _ in range(8):
        perform(job.pk, Wait)
        pass_time(job, 60)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 0)


def test_sleeping_job_is_cancelled_at_once(sleeping: Job) -> None:
    assert actions.request_cancel(job=sleeping) == Job.State.CANCELLED
    sleeping.refresh_from_db()
    assert (sleeping.state, sleeping.wakes_at) == ("cancelled", None)


def test_cancel_that_comes_before_the_sleep_ends_the_job(acme: Organization) -> None:
    job = make_job(acme)
    made: list[Count] = []

    class Cancelled(Count):
        def run(self, lease: Lease) -> Manifest:
            actions.request_cancel(job=self.job)
            raise ComeBack(60)

    perform(job.pk, lambda job: made.append(Cancelled(job)) or made[-1])  # type: ignore[func-returns-value]
    job.refresh_from_db()
    assert (job.state, made[0].endings) == ("cancelled", ["cancelled"])


def test_worker_that_was_replaced_puts_nothing_to_sleep(acme: Organization) -> None:
    job = make_job(acme)

    class Replaced(Count):
        def run(self, lease: Lease) -> Manifest:
            Job.objects.filter(pk=self.job.pk).update(token=F("token") + 1)
            raise ComeBack(60)

    perform(job.pk, Replaced)
    job.refresh_from_db()
    assert (job.state, job.wakes_at) == ("running", None)


def test_database_lets_only_queued_jobs_sleep(sleeping: Job) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET state = 'running', lease_until = now() WHERE wakes_at IS NOT NULL"
        )
