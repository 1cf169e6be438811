"""A file is read by a job: once, as a whole, by one worker at a time, for the organization that sent it."""

from typing import Any

import pytest

from contacthub.core.errors import Conflict, NotFound
from contacthub.enrichment.actions import uploads
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow, Upload, UploadPart
from contacthub.enrichment.reading import ReadUpload
from contacthub.jobs import actions as job_actions
from contacthub.jobs import sql
from contacthub.jobs.lease import Fenced, Lease
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from tests.enrichment.builders import SOMEBODY, cid, csv_of, read, upload, xlsx_of

pytestmark = pytest.mark.django_db

DATA = csv_of(*(cid(n) for n in range(3000)))


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


def claim(kept: Upload) -> Lease:
    assert kept.job is not None
    token = sql.claim(job_id=kept.job.pk, lease_seconds=0, share=9)
    assert token is not None
    fall_silent(kept)
    return Lease(Job.objects.select_related("organization").get(pk=kept.job.pk), token)


def fall_silent(kept: Upload) -> None:
    """Let the lease of a worker run out."""
    Job.objects.filter(pk=kept.job_id).update(lease_until="2026-01-01T00:00:00Z")


def test_worker_that_was_overtaken_leaves_nothing(acme: Organization) -> None:
    kept = upload(acme, DATA)
    late = claim(kept)
    batch = read(kept).batch
    assert batch is not None
    assert batch.row_count == 3000
    with pytest.raises(Fenced):
        ReadUpload(late.job).run(late)
    assert EnrichmentBatch.objects.get() == batch
    assert EnrichmentRow.objects.count() == 3000
    assert read(kept).job.state == Job.State.COMPLETED  # type: ignore[union-attr]


def test_worker_that_died_after_the_last_row_reads_nothing_again(acme: Organization) -> None:
    kept = upload(acme, DATA)
    lease = claim(kept)
    ReadUpload(lease.job).run(lease)
    fall_silent(kept)
    UploadPart.objects.all().delete()
    done = read(kept)
    assert done.job is not None
    assert (done.job.state, done.job.done) == (Job.State.COMPLETED, 3000)
    assert EnrichmentBatch.objects.count() == 1


def test_reading_that_is_cancelled_leaves_no_row(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = upload(acme, DATA)
    # Somebody asks while the last rows are read.
    monkeypatch.setattr(Lease, "_renew", lambda *_, **__: True)
    done = read(kept)
    assert done.job is not None
    assert done.job.state == Job.State.CANCELLED
    assert not EnrichmentBatch.objects.exists()
    assert not EnrichmentRow.objects.exists()
    assert not UploadPart.objects.exists()


def test_file_waits_for_a_free_reader_and_holds_no_worker(
    acme: Organization, settings: Any
) -> None:
    settings.UPLOAD_READERS = 0
    kept = upload(acme, DATA)
    waiting = read(kept).job
    assert waiting is not None
    assert waiting.state == Job.State.QUEUED
    assert waiting.wakes_at is not None
    settings.UPLOAD_READERS = 2
    assert job_actions.wake_job(job_id=waiting.pk)
    assert read(kept).batch is not None


def test_organization_has_one_file_read_at_a_time(acme: Organization, globex: Organization) -> None:
    first, second, other = upload(acme, DATA), upload(acme, DATA), upload(globex, DATA)
    claim(first)
    Job.objects.filter(pk=first.job_id).update(lease_until="2999-01-01T00:00:00Z")
    assert sql.claim(job_id=second.job_id, lease_seconds=60, share=9) is None  # type: ignore[arg-type]
    assert read(other).batch is not None


def test_bytes_of_a_workbook_that_cannot_be_read_go_at_once(acme: Organization) -> None:
    for data, is_kept in ((b"PK\x03\x04junk", False), (b"id\n", True)):
        done = read(upload(acme, data))
        assert done.job is not None
        assert done.job.state == Job.State.FAILED
        assert done.parts.exists() is is_kept


def test_workbook_cannot_be_read_in_another_encoding(acme: Organization) -> None:
    done = read(upload(acme, xlsx_of(["id"], [cid(1)])))
    with pytest.raises(Conflict):
        uploads.read_again(
            organization=acme, actor=SOMEBODY, upload_id=done.pk, encoding="cp1250", delimiter=""
        )


def test_file_of_another_organization_is_unknown(acme: Organization, globex: Organization) -> None:
    kept = upload(acme, DATA)
    with pytest.raises(NotFound):
        uploads.cancel_upload(organization=globex, upload_id=kept.pk)
    with pytest.raises(NotFound):
        uploads.read_again(
            organization=globex, actor=SOMEBODY, upload_id=kept.pk, encoding="", delimiter=""
        )
    assert read(kept).batch is not None
