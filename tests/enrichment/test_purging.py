"""Files and lists that nobody went on with go, in every organization; what is in use stays."""

import datetime as dt
import io

import pytest

from contacthub.celery import app
from contacthub.core import clock
from contacthub.enrichment import purging
from contacthub.enrichment.actions import drafts, uploads
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow, Upload, UploadPart
from contacthub.enrichment.tasks import forget_unstarted
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.enrichment.builders import cid, csv_of, draft, start

pytestmark = pytest.mark.django_db
A = cid(1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


def upload(organization: Organization, state: Job.State, *, age: dt.timedelta) -> Upload:
    """A file whose reading is in `state`, ended as long ago as the file is old."""
    made = uploads.receive_upload(
        organization=organization,
        actor=Actor(name="Somebody"),
        stream=io.BytesIO(b"id"),
        file_name="a.csv",
    )
    then = clock.now() - age
    Upload.objects.filter(pk=made.pk).update(created_at=then)
    is_final = state in (Job.State.FAILED, Job.State.CANCELLED)
    Job.objects.filter(pk=made.job_id).update(
        state=state,
        finished_at=then if is_final else None,
        lease_until=clock.now() if state == Job.State.RUNNING else None,
    )
    return made


def test_files_that_could_not_be_read_go_without_another_upload(
    acme: Organization, globex: Organization
) -> None:
    old = purging.FAILED_LIFE + MINUTE
    for organization in (acme, globex):
        for state in (Job.State.FAILED, Job.State.CANCELLED):
            upload(organization, state, age=old)
    kept = [
        upload(acme, Job.State.FAILED, age=purging.FAILED_LIFE - MINUTE),
        upload(acme, Job.State.QUEUED, age=old),
        upload(globex, Job.State.RUNNING, age=old),
    ]
    assert (purging.forget_uploads(), purging.forget_uploads()) == (4, 0)
    assert set(Upload.objects.values_list("pk", flat=True)) == {each.pk for each in kept}
    assert set(UploadPart.objects.values_list("upload", flat=True)) == {each.pk for each in kept}


def test_lists_that_nobody_started_go_with_rows_and_file(
    acme: Organization, globex: Organization
) -> None:
    old, theirs, running = draft(acme, csv_of(A)), draft(globex, csv_of(A)), draft(acme, csv_of(A))
    being_read = draft(acme, csv_of(A))
    start(running)
    for batch, state in ((old, Job.State.FAILED), (being_read, Job.State.RUNNING)):
        Upload.objects.filter(pk=upload(acme, state, age=MINUTE).pk).update(batch=batch)
    EnrichmentBatch.objects.update(created_at=clock.now() - drafts.DRAFT_LIFE - MINUTE)
    fresh = draft(acme, csv_of(A))
    forget_unstarted()
    kept = set(EnrichmentBatch.objects.values_list("pk", flat=True))
    assert kept == {running.pk, being_read.pk, fresh.pk}
    assert not EnrichmentRow.objects.filter(batch_id__in=[old.pk, theirs.pk]).exists()
    assert Upload.objects.get().batch == being_read


def test_beat_does_it_every_hour() -> None:
    tasks = {entry["task"]: entry for entry in app.conf.beat_schedule.values()}
    assert tasks["contacthub.enrichment.tasks.forget_unstarted"]["schedule"] == 3600.0
