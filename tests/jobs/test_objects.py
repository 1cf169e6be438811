"""Fragments in object storage: no row ever names an object that is not there, whatever fails, and nothing stays."""

import datetime as dt
import os
import signal
from typing import Any

import pytest
from structlog.testing import capture_logs

from contacthub.core import clock, object_storage
from contacthub.core.embedded import free_port
from contacthub.core.errors import FileDamaged, StorageAway
from contacthub.core.object_places import Place
from contacthub.jobs import actions, tasks
from contacthub.jobs.fragments import STORE
from contacthub.jobs.lease import Manifest
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.jobs.files import CONTENT, PIECES, claim, damage, make_file, read, write
from tests.jobs.works import Count, make_job
from tests.object_server import ObjectServer, drop, hang, say
from tests.workers import expire_lease, start_worker

pytestmark = pytest.mark.django_db
TEXT = b"".join(b"line %d\n" % step for step in range(1, 6))


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: 0)


@pytest.fixture
def job(acme: Organization) -> Job:
    return make_job(acme)


@pytest.fixture
def result(acme: Organization, objects: ObjectServer) -> Result:
    return make_file(acme)


def do(job: Job, **options: Any) -> Count:
    """Let a worker take the job now, asleep or not."""
    Job.objects.filter(pk=job.pk).update(wakes_at=None)
    works: list[Count] = []

    def make(job: Job) -> Count:
        works.append(Count(job, **options))
        return works[-1]

    perform(job.pk, make)
    job.refresh_from_db()
    return works[-1]


def pass_time(monkeypatch: pytest.MonkeyPatch, **much: float) -> None:
    moment = clock.now() + dt.timedelta(**much)
    monkeypatch.setattr(clock, "now", lambda: moment)


def list_named(objects: ObjectServer) -> list[str]:
    """The keys that rows name; every one of them must be there."""
    rows = Fragment.objects.exclude(address="").values_list("address", flat=True)
    named = sorted(address.partition(f"{objects.bucket}/")[2] for address in rows)
    assert set(named) <= set(objects.objects)
    return named


def refuse(objects: ObjectServer, settings: Any) -> None:
    """Nobody listens at the storage's address."""
    settings.FRAGMENT_STORE_ENDPOINT = f"http://127.0.0.1:{free_port()}"


FAULTS = {
    "503": lambda objects, settings: objects.faults.update(PUT=say("503 Slow Down", "SlowDown")),
    "500": lambda objects, settings: objects.faults.update(PUT=say("500 Oops", "InternalError")),
    "denied": lambda objects, settings: objects.faults.update(PUT=say("403 No", "AccessDenied")),
    "no bucket": lambda objects, settings: objects.faults.update(
        PUT=say("404 Not Found", "NoSuchBucket")
    ),
    "timeout": lambda objects, settings: objects.faults.update(PUT=hang),
    "dropped": lambda objects, settings: objects.faults.update(PUT=drop),
    "refused": refuse,
}


# --- Putting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_job_waits_for_a_storage_that_is_away(
    job: Job, objects: ObjectServer, settings: Any, fault: str
) -> None:
    endpoint = settings.FRAGMENT_STORE_ENDPOINT

    def fail_at_three(step: int) -> None:
        if step == 3:
            FAULTS[fault](objects, settings)

    do(job, at=fail_at_three)
    assert (job.state, job.done, job.attempts) == (Job.State.QUEUED, 2, 0)
    assert job.wakes_at is not None
    assert job.storage_away_since is not None
    settings.FRAGMENT_STORE_ENDPOINT = endpoint
    objects.faults.clear()
    assert len(list_named(objects)) == 2
    work = do(job)
    assert (job.state, work.started, work.endings) == (Job.State.COMPLETED, [2], ["completed"])
    assert job.storage_away_since is None
    assert read(Result.objects.get(job=job)) == TEXT
    assert len(list_named(objects)) == 5


def test_job_fails_where_the_storage_stays_away(
    job: Job, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.faults["PUT"] = say("503 Slow Down", "SlowDown")
    do(job)
    pass_time(monkeypatch, minutes=20)
    do(job)
    assert job.state == Job.State.QUEUED
    pass_time(monkeypatch, minutes=11)
    work = do(job)
    assert (job.state, work.endings) == (Job.State.FAILED, ["failed"])
    assert job.error == "The file storage isn't responding. Try again in a few minutes."
    assert not Fragment.objects.exists()
    # Started again it has as much time.
    actions.restart_job(job=job)
    do(job)
    assert job.state == Job.State.QUEUED


def test_cancelled_job_does_not_wait(job: Job, objects: ObjectServer) -> None:
    objects.faults["PUT"] = say("503 Slow Down", "SlowDown")
    work = do(job, at=lambda step: Job.objects.update(cancel_requested_at=clock.now()))
    assert (job.state, work.endings) == (Job.State.CANCELLED, ["cancelled"])


def test_what_fails_for_a_moment_is_sent_again(job: Job, objects: ObjectServer) -> None:
    answers = iter([say("503 Slow Down", "SlowDown")])
    objects.faults["PUT"] = lambda *call: next(answers, lambda *_: None)(*call)
    do(job)
    assert job.state == Job.State.COMPLETED
    assert read(Result.objects.get(job=job)) == TEXT


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["fragment_written", "before_checkpoint_commit"])
def test_worker_killed_between_put_and_commit_leaves_an_orphan_and_no_row(
    job: Job, objects: ObjectServer, settings: Any, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    names = ("STORE", "STORE_ENDPOINT", "STORE_KEY_ID", "STORE_SECRET")
    store = {f"FRAGMENT_{name}": getattr(settings, f"FRAGMENT_{name}") for name in names}
    worker = start_worker("tests.jobs.worker", job.pk, failpoints=f"{point}:kill:3", **store)
    assert worker.wait() == -signal.SIGKILL, worker.said()
    assert list_named(objects) == [f"hub/fragments/{job.pk}/1/{number}" for number in (0, 1)]
    assert len(objects.objects) == 3
    expire_lease(job.pk)
    do(job)
    assert read(Result.objects.get(job=job)) == TEXT
    assert len(list_named(objects)) == 5
    tasks.sweep_fragments()
    assert len(objects.objects) == 6
    pass_time(monkeypatch, hours=25)
    tasks.sweep_fragments()
    assert sorted(objects.objects) == list_named(objects)


def test_object_that_waited_for_its_row_too_long_is_not_named(
    job: Job, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine stood still in between: the sweep may have taken the object by now."""
    lease = claim(job)
    written = lease.write(b"line\n", row_count=1)
    pass_time(monkeypatch, hours=2)
    with pytest.raises(StorageAway):
        lease.save(done=1, written=written, checkpoint={"step": 1})
    assert not Fragment.objects.exists()


def test_large_fragment_is_put_in_parts(
    acme: Organization, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_storage, "PART_BYTES", 5 * 1024 * 1024)
    raw = os.urandom(11_000_000)
    job = make_job(acme, total=1)
    lease = claim(job)
    lease.save(done=1, raw=raw, row_count=1, is_compressed=True)
    lease.complete(Count(job), Manifest("a.xlsx", "xlsx", "x", 1))
    result = Result.objects.get(job=job)
    assert [method for method, *_ in objects.requests if method == "PUT"] == ["PUT"] * 3
    assert read(result) == raw
    assert read(result, 5_000_000, 6_000_000) == raw[5_000_000:6_000_001]


# --- Reading --------------------------------------------------------------------------------------


def test_both_kinds_are_read_when_the_setting_changes(
    acme: Organization, objects: ObjectServer, settings: Any
) -> None:
    """A file that is begun in one store and ended in the other, by the worker that goes on with it."""
    places = ["postgres", settings.FRAGMENT_STORE[0]]
    for order in (places, places[::-1]):
        settings.FRAGMENT_STORE = order
        job = make_job(acme, total=4)
        lease = claim(job)
        write(lease, PIECES[:2])
        lease.hand_back(is_attempt_counted=False)
        settings.FRAGMENT_STORE = order[::-1]
        lease = claim(job)
        lease.read_back()
        write(lease, PIECES[2:])
        lease.complete(Count(job), Manifest("a.csv", "csv", "text/csv", 4))
        rows = Fragment.objects.filter(job=job).order_by("number")
        is_object = order[0] != "postgres"
        assert [row.address != "" for row in rows] == [is_object] * 2 + [not is_object] * 2
        assert read(Result.objects.get(job=job)) == CONTENT


@pytest.mark.parametrize("how", ["short", "other", "missing"])
def test_damage_is_found_in_a_part_of_an_object(
    result: Result, objects: ObjectServer, how: str
) -> None:
    damage(result, 3, objects, how)
    with pytest.raises(FileDamaged):
        read(result, result.size - 10, result.size - 1)


@pytest.mark.parametrize(
    "fault",
    [say("503 Slow Down", "SlowDown"), say("404 Not Found", "NoSuchBucket"), drop, hang],
)
def test_storage_that_is_away_is_no_damage(
    result: Result, objects: ObjectServer, fault: Any
) -> None:
    objects.faults["GET"] = fault
    with pytest.raises(StorageAway):
        read(result)
    job = Job.objects.get(pk=result.job_id)
    assert not job.error
    objects.faults.clear()
    assert read(result) == CONTENT


def test_answer_that_is_cut_off_is_not_taken_for_the_whole(
    result: Result, objects: ObjectServer
) -> None:
    def cut(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "1000")])
        return [b"x" * 10]

    objects.faults["GET"] = cut
    with pytest.raises(StorageAway):
        read(result)


def test_store_that_is_not_named_any_more_is_an_error(
    result: Result, objects: ObjectServer, settings: Any
) -> None:
    settings.FRAGMENT_STORE = ["postgres"]
    with capture_logs() as lines, pytest.raises(StorageAway, match="FRAGMENT_STORE"):
        read(result)
    assert lines[0]["event"] == "fragment_store_not_named"
    assert lines[0]["address"] == f"s3://{objects.bucket}/hub"


def test_copied_bucket_is_read(result: Result, objects: ObjectServer) -> None:
    """Its objects have other tags, and the same bytes."""
    Fragment.objects.update(tag='"another"')
    assert read(result, result.size - 10) == CONTENT[-10:]


# --- Deleting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [say("503 Slow Down", "SlowDown"), drop, hang])
def test_what_cannot_be_deleted_is_swept_later(
    result: Result,
    objects: ObjectServer,
    fault: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    objects.faults["POST"] = fault
    Result.objects.update(expires_at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.expire_results() == 1
    assert Result.objects.get().deleted_at is not None
    assert not Fragment.objects.exists()
    assert len(objects.objects) == 4
    objects.faults.clear()
    assert STORE.sweep() == 0
    pass_time(monkeypatch, hours=25)
    assert STORE.sweep() == 4
    assert objects.objects == {}


def test_sweep_leaves_what_rows_name_and_what_is_not_ours(
    result: Result, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"hub/fragments/{result.job_id}/9/0"
    for name in (key, "hub/notes.txt", "hub/fragments/notes.txt", key.replace("hub", "other")):
        objects.put(name, b"x")
    before = set(objects.objects)
    pass_time(monkeypatch, hours=25)
    assert STORE.sweep() == 1
    assert before - set(objects.objects) == {key}
    assert read(result) == CONTENT


def test_place_is_a_bucket_and_a_folder() -> None:
    place = Place.of("s3://files/hub/")
    assert place == Place.of("s3://files/hub") == Place("files", "hub/")
    assert place.address_of("hub/a") == "s3://files/hub/a"
    assert (place.holds("s3://files/hub/a"), place.holds("s3://files/hub2/a")) == (True, False)
    for wrong in (
        "files",
        "s3://",
        "s3://Files/a",
        "s3://a b/c",
        "s3://files/a?b",
        "http://files/a",
    ):
        with pytest.raises(ValueError, match="s3://bucket/folder"):
            Place.of(wrong)
