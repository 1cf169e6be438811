"""A job is claimed by one worker at a time, loses nothing when that one dies, and ends exactly once."""

import datetime as dt
import hashlib
import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from contacthub.core import clock, shutdown
from contacthub.core.errors import Conflict, StorageFull
from contacthub.jobs import actions, sql
from contacthub.jobs.fragments import STORE
from contacthub.jobs.lease import CancelRequested, Fenced, Lease, Work
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.jobs.works import Count, Crash, Refuse, make_job
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect rings instead of sending them."""
    rings: list[object] = []
    monkeypatch.setattr(
        "contacthub.jobs.doorbell.ring", lambda jobs: rings.extend(jobs) or len(jobs)
    )
    return rings


@pytest.fixture
def job(acme: Organization) -> Job:
    return make_job(acme)


def claim(job: Job, *, lease_seconds: int = 60) -> Lease:
    token = sql.claim(job_id=job.pk, lease_seconds=lease_seconds, share=9)
    assert token is not None
    return Lease(Job.objects.get(pk=job.pk), token)


def do(job: Job, kind: type[Count] = Count, **options: object) -> Count:
    made: list[Count] = []

    def make(job: Job) -> Work:
        made.append(kind(job, **options))  # type: ignore[arg-type]
        return made[-1]

    perform(job.pk, make)
    job.refresh_from_db()
    return made[-1]


def content(job: Job) -> bytes:
    result = Result.objects.get(job=job)
    return b"".join(STORE.read(job_id=job.pk, first=0, last=result.size - 1))


def test_completed_job_has_a_result_with_its_hash(job: Job) -> None:
    work = do(job)
    assert job.state == Job.State.COMPLETED
    assert (job.done, job.total, job.lease_until) == (5, 5, None)
    assert work.endings == ["completed"]
    text = b"line 1\nline 2\nline 3\nline 4\nline 5\n"
    assert content(job) == text
    result = Result.objects.get(job=job)
    assert (result.size, result.sha256, result.row_count) == (
        len(text),
        hashlib.sha256(text).hexdigest(),
        5,
    )


def test_job_that_died_goes_on_from_its_checkpoint(job: Job) -> None:
    lease = claim(job)
    for step in (1, 2):
        lease.save(done=step, raw=b"line %d\n" % step, row_count=1, checkpoint={"step": step})
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - dt.timedelta(seconds=1))
    work = do(job)
    assert work.started == [2]
    assert content(job) == b"".join(b"line %d\n" % step for step in range(1, 6))
    assert Result.objects.get(job=job).sha256 == hashlib.sha256(content(job)).hexdigest()
    assert list(Fragment.objects.order_by("number").values_list("number", "raw_offset")) == [
        (0, 0),
        (1, 7),
        (2, 14),
        (3, 21),
        (4, 28),
    ]


def test_a_held_job_cannot_be_claimed(job: Job) -> None:
    claim(job)
    assert sql.claim(job_id=job.pk, lease_seconds=60, share=9) is None


def test_a_ring_of_another_task_takes_no_job(job: Job) -> None:
    """A ring is a message: it may name a job that its task knows nothing of."""
    perform(job.pk, Count, task="contacthub.exports.tasks.render_file")
    job.refresh_from_db()
    assert (job.state, job.token) == (Job.State.QUEUED, 0)
    perform(job.pk, Count, task=job.task)
    job.refresh_from_db()
    assert job.state == Job.State.COMPLETED


@pytest.mark.parametrize(
    "name",
    [
        "exports.tasks.render_file", "exports.tasks.bring_file", "enrichment.tasks.answer_rows",
        "enrichment.tasks.read_upload",
        "enrichment.tasks.ask_and_answer_rows", "sourcing.tasks.save_found", "sourcing.tasks.pull_contacts",
        "contact_jobs.tasks.extract_contacts", "contact_jobs.tasks.look_details_up",
    ],
)  # fmt: skip
def test_every_task_leaves_the_jobs_of_others(job: Job, name: str) -> None:
    module, _, task = name.rpartition(".")
    getattr(importlib.import_module(f"contacthub.{module}"), task)(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.token) == (Job.State.QUEUED, 0)


def test_full_storage_starts_nothing_that_keeps_a_file(acme: Organization, settings: Any) -> None:
    settings.STORAGE_PER_ORGANIZATION = 10
    job = make_job(acme)
    Result.objects.create(
        job=job, file_name="a", format="csv", content_type="text/csv", row_count=1, size=10, sha256="",
        expires_at="2027-01-05T00:00:00Z",
    )  # fmt: skip
    with pytest.raises(StorageFull, match="The next file expires on 5 Jan 2027"):
        actions.enqueue_job(organization=acme, task="t", title="t", total=1, keeps_file=True)
    actions.enqueue_job(organization=acme, task="t", title="t", total=1)
    Result.objects.update(deleted_at=clock.now())
    actions.enqueue_job(organization=acme, task="t", title="t", total=1, keeps_file=True)


def test_a_finished_job_cannot_be_claimed(job: Job) -> None:
    do(job)
    assert sql.claim(job_id=job.pk, lease_seconds=60, share=9) is None


def test_a_worker_that_was_replaced_writes_nothing(job: Job) -> None:
    old = claim(job, lease_seconds=-1)
    new = claim(job)
    assert new.token == old.token + 1
    with pytest.raises(Fenced):
        old.save(done=1, raw=b"stale\n", row_count=1, checkpoint={"step": 1})
    with pytest.raises(Fenced):
        old.complete(Count(job), None)
    with pytest.raises(Fenced):
        old.undo(Count(job), Job.State.FAILED, "stale")
    old.hand_back(is_attempt_counted=True)
    job.refresh_from_db()
    assert (job.state, job.done, job.token) == (Job.State.RUNNING, 0, new.token)
    assert not Fragment.objects.exists()


def test_endings_of_a_replaced_worker_are_rolled_back(job: Job, acme: Organization) -> None:
    """What `completed` did in the transaction (settling a charge) must not survive the stale token."""
    old = claim(job, lease_seconds=-1)
    claim(job)

    class Renames(Count):
        def completed(self, job: Job) -> None:
            Organization.objects.filter(pk=acme.pk).update(name="Spoiled")

    with pytest.raises(Fenced):
        old.complete(Renames(job), None)
    acme.refresh_from_db()
    assert acme.name == "Acme Revenue"


@pytest.mark.django_db(transaction=True)
def test_one_of_many_workers_claims_a_job(job: Job) -> None:
    tokens = race([lambda: sql.claim(job_id=job.pk, lease_seconds=60, share=9)] * 12)
    assert sorted(token for token in tokens if token is not None) == [1]


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_many_times_does_the_work_once(job: Job) -> None:
    works: list[Count] = []

    def make(job: Job) -> Work:
        works.append(Count(job))
        return works[-1]

    race([lambda: perform(job.pk, make)] * 8)
    assert [work.endings for work in works] == [["completed"]]
    assert content(job).count(b"line") == 5


def test_reason_of_a_refusal_is_kept_and_bytes_are_not(job: Job) -> None:
    work = do(job, Refuse)
    assert (job.state, job.error) == (Job.State.FAILED, "The shelf is empty.")
    assert work.endings == ["failed"]
    assert not Result.objects.exists()


@pytest.mark.filterwarnings("ignore")
def test_a_bug_is_tried_again_and_then_fails(job: Job, settings: object) -> None:
    for attempt in range(1, 5):
        work = do(job, Crash)
        assert (job.state, job.attempts, work.endings) == (Job.State.QUEUED, attempt, [])
    work = do(job, Crash)
    assert job.state == Job.State.FAILED
    assert work.endings == ["failed"]
    assert "ZeroDivision" not in job.error


def test_a_job_whose_workers_die_without_a_word_fails_after_five(job: Job) -> None:
    for _ in range(5):
        claim(job, lease_seconds=-1)
    work = do(job)
    assert job.state == Job.State.FAILED
    assert work.started == []
    assert work.endings == ["failed"]


def test_kept_progress_starts_the_count_of_attempts_anew(job: Job) -> None:
    for step in range(1, 5):
        claim(job, lease_seconds=-1)
        claim(job, lease_seconds=-1)
        lease = claim(job)
        lease.read_back()
        lease.save(done=step, raw=b"line %d\n" % step, row_count=1, checkpoint={"step": step})
        Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - dt.timedelta(seconds=1))
    do(job)
    assert job.state == Job.State.COMPLETED


def test_queued_job_is_cancelled_at_once(job: Job) -> None:
    assert actions.request_cancel(job=job) == Job.State.CANCELLED
    job.refresh_from_db()
    assert (job.state, job.finished_at is not None) == (Job.State.CANCELLED, True)


def test_running_job_stops_at_its_next_checkpoint(job: Job) -> None:
    def cancel_at_three(step: int) -> None:
        if step == 3:
            assert actions.request_cancel(job=job) == Job.State.RUNNING

    work = do(job, at=cancel_at_three)
    assert (job.state, job.done) == (Job.State.CANCELLED, 3)
    assert work.endings == ["cancelled"]
    assert not Fragment.objects.exists()


def test_cancel_before_the_end_wins_over_completion(job: Job) -> None:
    lease = claim(job)
    actions.request_cancel(job=job)
    with pytest.raises(CancelRequested):
        lease.complete(Count(job), None)


def test_ended_job_cannot_be_cancelled(job: Job) -> None:
    do(job)
    with pytest.raises(Conflict):
        actions.request_cancel(job=job)


@pytest.fixture
def stopping_worker() -> Iterator[None]:
    shutdown.requested.set()
    yield
    shutdown.requested.clear()


def test_stopping_worker_hands_its_job_back_without_an_attempt(
    job: Job, stopping_worker: None
) -> None:
    work = do(job)
    assert (job.state, job.attempts, job.done, work.endings) == (Job.State.QUEUED, 0, 1, [])
    shutdown.requested.clear()
    work = do(job)
    assert work.started == [1]
    assert job.state == Job.State.COMPLETED


def test_restarted_job_begins_anew_under_a_higher_token(job: Job) -> None:
    do(job, Refuse)
    token = job.token
    actions.restart_job(job=job)
    do(job)
    assert job.state == Job.State.COMPLETED
    assert job.token > token


@pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.RUNNING, Job.State.COMPLETED])
def test_only_failed_and_cancelled_jobs_restart(job: Job, state: Job.State) -> None:
    if state == Job.State.RUNNING:
        claim(job)
    elif state == Job.State.COMPLETED:
        do(job)
    with pytest.raises(Conflict):
        actions.restart_job(job=job)


@pytest.mark.parametrize(
    "broken",
    [
        "state = 'finished'",
        "state = 'running'",
        "lease_until = now()",
        "finished_at = now()",
        "state = 'completed'",
        "done = -1",
        "done = 6",
    ],
)
def test_database_refuses_impossible_jobs(job: Job, broken: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE jobs_job SET {broken}")


# --- Sweeping and fairness ---------------------------------------------------------------------------


def age(job: Job, seconds: int = 60) -> None:
    Job.objects.filter(pk=job.pk).update(rung_at=clock.now() - dt.timedelta(seconds=seconds))


def test_sweep_rings_for_lost_messages_and_dead_workers(
    acme: Organization, quiet_doorbell: list[object]
) -> None:
    waiting, dead, held, fresh = (make_job(acme) for _ in range(4))
    claim(dead, lease_seconds=-1)
    claim(held)
    for job in (waiting, dead, held):
        age(job)
    quiet_doorbell.clear()
    assert actions.sweep() == 2
    assert {job_id for job_id, _ in quiet_doorbell} == {waiting.pk, dead.pk}  # type: ignore[misc]
    assert actions.sweep() == 0, "rung for just now"
    assert fresh.state == Job.State.QUEUED


def test_sweep_takes_turns_between_organizations(
    acme: Organization,
    globex: Organization,
    quiet_doorbell: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = [make_job(acme) for _ in range(30)]
    one = make_job(globex)
    for job in [*many, one]:
        age(job)
    quiet_doorbell.clear()
    actions.sweep()
    rung = [job_id for job_id, _ in quiet_doorbell]  # type: ignore[misc]
    assert len(rung) == actions.SWEEP_MOST
    assert one.pk in rung


def test_an_organization_takes_only_its_share_while_another_waits(
    acme: Organization, globex: Organization
) -> None:
    first, second = make_job(acme), make_job(acme)
    assert sql.claim(job_id=first.pk, lease_seconds=60, share=1)
    theirs = make_job(globex)
    assert sql.claim(job_id=second.pk, lease_seconds=60, share=1) is None
    assert sql.claim(job_id=theirs.pk, lease_seconds=60, share=1)
    assert sql.claim(job_id=second.pk, lease_seconds=60, share=1), "nobody else waits any more"


def test_finished_job_rings_for_the_next(acme: Organization, quiet_doorbell: list[object]) -> None:
    first, second = make_job(acme), make_job(acme)
    quiet_doorbell.clear()
    do(first)
    assert quiet_doorbell == [(second.pk, second.task)]


def test_expired_result_loses_its_bytes_and_keeps_its_manifest(job: Job) -> None:
    do(job)
    Result.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))
    assert actions.expire_results() == 1
    assert not Fragment.objects.exists()
    assert Result.objects.get().deleted_at is not None
    assert actions.expire_results() == 0


def test_job_whose_work_cannot_be_opened_fails_with_a_reason(job: Job, settings: object) -> None:
    def make(job: Job) -> Work:
        raise OverflowError

    for _ in range(10):
        perform(job.pk, make)
        job.refresh_from_db()
        if job.is_final:
            break
    assert job.state == Job.State.FAILED
    assert job.error.startswith("Something went wrong in ContactHub")
