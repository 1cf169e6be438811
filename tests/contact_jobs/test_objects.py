"""Results of contact jobs in object storage: the same bytes, and no transaction that waits for it."""

from typing import Any

import pytest

from contacthub.contact_jobs import queries
from contacthub.contact_jobs.models import ContactJob, FrozenRow
from contacthub.contact_jobs.runner import WriteContacts
from contacthub.core.errors import FileDamaged
from contacthub.jobs.models import Fragment, Job
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.contact_jobs.builders import content, extract, fresh, make_contacts, run
from tests.object_server import ObjectServer, note_transactions, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_fragments(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: 0)
    settings.BACKSTORY_FRAGMENT_ROWS = 4


@pytest.fixture
def expected(acme: Organization) -> bytes:
    """The file as it is written with Postgres."""
    make_contacts(10)
    return content(run(extract(acme)))


def test_file_and_fragments_are_the_same_as_in_postgres(
    acme: Organization, expected: bytes, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction = note_transactions(monkeypatch)
    job = run(extract(acme))
    assert in_transaction == [False] * 3
    assert content(job) == expected
    assert len(objects.objects) == job.fragment_count == 3
    assert b"Person,5," in queries.get_fragment(job=job, number=1)
    assert b"Person,9," in b"".join(queries.iterate_for_excel(job=job))


def test_storage_that_is_away_is_waited_for(
    acme: Organization, expected: bytes, objects: ObjectServer
) -> None:
    job = extract(acme)
    answers = iter([None, *[say("503 Slow Down", "SlowDown")] * 2])
    objects.faults["PUT"] = lambda *call: fault(*call) if (fault := next(answers, None)) else None
    perform(job.job_id, WriteContacts)
    job = fresh(job)
    assert (job.job.state, job.job.done) == (Job.State.QUEUED, 4)
    # What is not written yet is still frozen.
    assert FrozenRow.objects.filter(contact_job=job).count() == 6
    Job.objects.update(wakes_at=None)
    assert content(run(job)) == expected


def test_damaged_fragment_is_not_handed_out(
    acme: Organization, expected: bytes, objects: ObjectServer
) -> None:
    job: ContactJob = run(extract(acme))
    row = Fragment.objects.get(job=job.job_id, number=1)
    objects.put(row.address.partition(f"{objects.bucket}/")[2], b"other")
    with pytest.raises(FileDamaged):
        queries.get_fragment(job=job, number=1)
    with pytest.raises(FileDamaged):
        list(queries.iterate_for_excel(job=job))
