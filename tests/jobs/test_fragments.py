"""Fragments come back as they were written, whole and in part, or not at all: in Postgres as in object storage."""

import datetime as dt
import random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from contacthub.core import clock
from contacthub.core.errors import FileDamaged, NotFound, StorageFull
from contacthub.core.tenancy import within
from contacthub.jobs import actions
from contacthub.jobs.fragments import STORE
from contacthub.jobs.lease import Fenced, Manifest
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.jobs.serving import serve_file
from contacthub.organizations.models import AuditEvent, Organization
from tests.jobs.files import CONTENT, PIECES, claim, damage, make_file, read, write
from tests.jobs.works import Count, make_job
from tests.object_server import ObjectServer

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["postgres", "objects"])
def objects_or_none(request: pytest.FixtureRequest) -> ObjectServer | None:
    """Where fragments go: every test here is run with both stores."""
    found: ObjectServer | None = (
        request.getfixturevalue("objects") if request.param == "objects" else None
    )
    return found


@pytest.fixture(autouse=True)
def store(objects_or_none: ObjectServer | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: 0)


@pytest.fixture
def result(acme: Organization) -> Result:
    return make_file(acme)


# --- Reading --------------------------------------------------------------------------------------


def test_file_comes_back_whole(result: Result, objects_or_none: ObjectServer | None) -> None:
    assert read(result) == CONTENT
    rows = Fragment.objects.order_by("number")
    assert [row.address != "" for row in rows] == [objects_or_none is not None] * 4
    assert [row.body is None for row in rows] == [objects_or_none is not None] * 4
    assert [raw for _, raw in STORE.read_rows(job_id=result.job_id)] == [raw for raw, _ in PIECES]
    assert STORE.read_number(job_id=result.job_id, number=1) == PIECES[1][0]
    assert STORE.read_number(job_id=result.job_id, number=4) is None


def test_any_part_comes_back(result: Result) -> None:
    rng = random.Random(5)
    spans = [sorted(rng.choices(range(result.size), k=2)) for _ in range(40)]
    borders = [row.raw_offset for row in Fragment.objects.all()]
    spans += [[max(0, at - 1), min(at + 1, result.size - 1)] for at in borders]
    for first, last in spans:
        assert read(result, first, last) == CONTENT[first : last + 1]


def test_part_reads_only_what_it_needs(
    result: Result, objects_or_none: ObjectServer | None
) -> None:
    """Ten bytes of the second fragment, which is stored as it is."""
    at = len(PIECES[0][0]) + 100
    if objects_or_none is not None:
        objects_or_none.requests.clear()
        assert read(result, at, at + 9) == CONTENT[at : at + 10]
        [(method, _, span)] = objects_or_none.requests
        assert (method, span) == ("GET", "bytes=100-109")
        return
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert read(result, at, at + 9) == CONTENT[at : at + 10]
    [rows, body] = [query["sql"] for query in asked if "jobs_fragment" in query["sql"]]
    assert '"body"' not in rows
    assert "substr(" in body
    assert "101, 10)" in body


def test_rows_written_before_there_were_hashes_are_read(
    result: Result, objects_or_none: ObjectServer | None
) -> None:
    if objects_or_none is None:
        Fragment.objects.update(stored_size=None, sha256=None)
    assert read(result) == CONTENT


def test_another_organization_reads_nothing(result: Result, globex: Organization) -> None:
    with within(globex.pk):
        with pytest.raises(NotFound):
            read(result)
        assert STORE.read_number(job_id=result.job_id, number=0) is None
        STORE.forget(job_id=result.job_id)
    assert read(result) == CONTENT


# --- Damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["short", "other", "missing"])
@pytest.mark.parametrize("number", [0, 2, 3])
def test_damage_is_an_error_that_is_recorded(
    result: Result, objects_or_none: ObjectServer | None, how: str, number: int
) -> None:
    damage(result, number, objects_or_none, how)
    came: list[bytes] = []
    with pytest.raises(FileDamaged, match="missing or damaged"):
        came.extend(STORE.read(job_id=result.job_id, first=0, last=result.size - 1))
    assert came == [raw for raw, _ in PIECES[:number]]
    event = AuditEvent.objects.get(action="Found file damaged")
    assert (event.target, event.subject) == ("Count", str(result.job_id))
    assert "art" in event.detail


def test_download_of_a_damaged_file_never_looks_complete(
    result: Result, objects_or_none: ObjectServer | None
) -> None:
    damage(result, 2, objects_or_none, "other")
    response, length = serve_file(RequestFactory().get("/"), result)
    came: list[bytes] = []
    with pytest.raises(FileDamaged):
        came.extend(response)  # type: ignore[arg-type]
    assert len(b"".join(came)) < length == int(response["Content-Length"])
    damage(result, 0, objects_or_none, "other")
    # Nothing is sent yet: this one has a status of its own.
    with pytest.raises(FileDamaged):
        serve_file(RequestFactory().get("/"), result)


def test_file_deleted_during_its_download_is_no_damage(
    result: Result, django_capture_on_commit_callbacks: Any
) -> None:
    pieces = STORE.read(job_id=result.job_id, first=0, last=result.size - 1)
    next(pieces)
    with django_capture_on_commit_callbacks(execute=True):
        STORE.forget(job_id=result.job_id)
    with pytest.raises(NotFound):
        list(pieces)
    with pytest.raises(NotFound):
        read(result)
    assert not AuditEvent.objects.filter(action="Found file damaged").exists()


def test_work_on_a_damaged_file_fails_with_a_reason(
    acme: Organization, objects_or_none: ObjectServer | None
) -> None:
    job = make_job(acme, total=4)
    lease = claim(job)
    write(lease, PIECES[:2])
    lease.hand_back(is_attempt_counted=False)
    damage(Result(job=job), 0, objects_or_none, "other")
    with pytest.raises(FileDamaged):
        claim(job).read_back()


# --- Writing and deleting -------------------------------------------------------------------------


def test_fragment_of_a_replaced_worker_counts_for_nothing(
    acme: Organization, objects_or_none: ObjectServer | None
) -> None:
    job = make_job(acme, total=4)
    old = claim(job, lease_seconds=-1)
    new = claim(job)
    with pytest.raises(Fenced):
        write(old)
    write(new)
    new.complete(Count(job), Manifest("a.csv", "csv", "text/csv", 4))
    assert read(Result.objects.get(job=job)) == CONTENT
    if objects_or_none is not None:
        assert sorted(objects_or_none.objects) == [
            f"hub/fragments/{job.pk}/1/0",
            *(f"hub/fragments/{job.pk}/2/{number}" for number in range(4)),
        ]


def test_deleting_that_is_undone_deletes_nothing(
    result: Result, objects_or_none: ObjectServer | None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                STORE.forget(job_id=result.job_id)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    assert read(result) == CONTENT


def test_deleting_takes_rows_at_once_and_objects_after_the_commit(
    result: Result, objects_or_none: ObjectServer | None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        STORE.forget(job_id=result.job_id)
        assert not Fragment.objects.exists()
        if objects_or_none is not None:
            assert len(objects_or_none.objects) == 4
    if objects_or_none is not None:
        assert objects_or_none.objects == {}


def test_results_are_purged_and_counted_as_ever(
    acme: Organization,
    result: Result,
    objects_or_none: ObjectServer | None,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.STORAGE_PER_ORGANIZATION = len(CONTENT)
    with pytest.raises(StorageFull):
        actions.check_storage(organization=acme)
    settings.STORAGE_PER_ORGANIZATION += 1
    actions.check_storage(organization=acme)
    assert actions.expire_results() == 0
    Result.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.expire_results() == 1
    assert not Fragment.objects.exists()
    if objects_or_none is not None:
        assert objects_or_none.objects == {}
    settings.STORAGE_PER_ORGANIZATION = 1
    actions.check_storage(organization=acme)


def test_cancelled_job_that_waited_keeps_no_bytes(
    acme: Organization,
    objects_or_none: ObjectServer | None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    job = make_job(acme, total=4)
    lease = claim(job)
    write(lease, PIECES[:2])
    lease.sleep(60)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.request_cancel(job=job) == Job.State.CANCELLED
    assert not Fragment.objects.exists()
    if objects_or_none is not None:
        assert objects_or_none.objects == {}
