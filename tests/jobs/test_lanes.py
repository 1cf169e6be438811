"""Tasks of which an organization runs only a few at a time, and leases kept through one long statement."""

import datetime as dt
import time
from typing import Any

import pytest

from contacthub.core import clock
from contacthub.jobs import actions, sql
from contacthub.jobs.lease import Lease, Manifest
from contacthub.jobs.models import Job, Result
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.jobs.works import Count, make_job
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring nobody."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: len(jobs))


def make_few(organization: Organization, count: int) -> list[Job]:
    return [
        actions.enqueue_job(
            organization=organization, task="tests.few", title="Few", total=5, most_at_once=2
        )
        for _ in range(count)
    ]


def claim(job: Job) -> int | None:
    return sql.claim(job_id=job.pk, lease_seconds=60, share=99)


def test_two_run_and_the_third_waits(acme: Organization, globex: Organization) -> None:
    few = make_few(acme, 3)
    assert [claim(job) for job in few] == [1, 1, None]
    assert claim(make_few(globex, 1)[0]) == 1
    assert claim(make_job(acme)) == 1
    Job.objects.filter(pk=few[0].pk).update(
        state=Job.State.COMPLETED, lease_until=None, finished_at=clock.now()
    )
    assert claim(few[2]) == 1


def test_claims_at_the_same_moment_do_not_pass_the_limit(acme: Organization) -> None:
    for _ in range(5):
        few = make_few(acme, 6)
        tokens = race([lambda job=job: claim(job) for job in few])
        assert sorted(tokens, key=str) == [1, 1, None, None, None, None]
        Job.objects.all().delete()


def test_nobody_rings_for_a_job_that_may_not_run_yet(acme: Organization) -> None:
    few = make_few(acme, 3)
    other = make_job(acme)
    for job in few[:2]:
        claim(job)
    due = sql.pick_to_ring(rung_before=clock.now() + dt.timedelta(seconds=1), most=9)
    assert [job_id for job_id, _ in due] == [other.pk]


class Slow(Count):
    """Takes longer over one statement than its lease lasts."""

    def run(self, lease: Lease) -> Manifest:
        with lease.keep_alive():
            time.sleep(2.5)
        return Manifest("slow.txt", "csv", "text/plain", 0, keep_days=3)


def test_lease_is_kept_through_a_long_statement(acme: Organization, settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 1
    job = make_job(acme)
    stolen: list[int | None] = []

    def steal() -> None:
        time.sleep(1.8)
        stolen.append(claim(job))

    race([lambda: perform(job.pk, Slow), steal])
    job.refresh_from_db()
    assert (job.state, stolen) == ("completed", [None])


def test_a_result_may_be_kept_for_days_of_its_own(acme: Organization, settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 10
    job = make_job(acme)
    perform(job.pk, Slow)
    left = Result.objects.get(job=job).expires_at - clock.now()
    assert dt.timedelta(days=2.9) < left < dt.timedelta(days=3)


def test_jobs_that_wait_for_others_take_no_share_of_the_rest(
    acme: Organization, globex: Organization
) -> None:
    """Acme's vendor hangs: acme's files, and everybody else's calls, go on as if it did not."""

    def make(organization: Organization, task: str) -> Job:
        return actions.enqueue_job(organization=organization, task=task, title="A job", total=1)

    def claim_one(job: Job) -> int | None:
        return sql.claim(job_id=job.pk, lease_seconds=60, share=1)

    calling = "contacthub.exports.tasks.bring_file"
    hanging, next_call, own = make(acme, calling), make(acme, calling), make(acme, "tests.own")
    theirs, their_call = make(globex, "tests.own"), make(globex, calling)
    assert [job.is_calling for job in (hanging, own)] == [True, False]
    assert claim_one(hanging) == 1
    assert claim_one(next_call) is None
    assert claim_one(own) == 1
    assert claim_one(theirs) == 1
    assert claim_one(their_call) == 1


def test_worker_that_is_free_rings_for_its_own_kind(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: rung.extend(jobs))
    for task in ("tests.own", "contacthub.exports.tasks.bring_file"):
        actions.enqueue_job(organization=acme, task=task, title="A job", total=1)
    rung.clear()
    actions.ring_next(is_calling=True)
    assert [task for _, task in rung] == ["contacthub.exports.tasks.bring_file"]
    actions.ring_next(is_calling=False)
    assert [task for _, task in rung][1:] == ["tests.own"]
