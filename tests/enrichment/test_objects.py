"""Files of lists in object storage: the same bytes, and no transaction that waits for it."""

import pytest
from django.db import connection

from contacthub.enrichment import runner
from contacthub.enrichment.models import EnrichmentAnswer
from contacthub.enrichment.runner import AnswerRows
from contacthub.jobs.models import Job
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.enrichment.builders import FULL, UNKNOWN, cid, content, csv_of, draft, run, start
from tests.object_server import ObjectServer, note_transactions, say

pytestmark = pytest.mark.django_db(transaction=True)
LIST = csv_of(*(cid(FULL) if row % 3 else cid(UNKNOWN + row) for row in range(10)))


@pytest.fixture
def expected(catalog: Organization, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The file as it is written with Postgres."""
    monkeypatch.setattr(runner, "CHUNK_ROWS", 4)
    return content(run(start(draft(catalog, LIST))))


def test_file_is_the_same_as_in_postgres(
    catalog: Organization, expected: bytes, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction = note_transactions(monkeypatch)
    assert content(run(start(draft(catalog, LIST)))) == expected
    assert in_transaction == [False] * 3
    assert len(objects.objects) == 3


def test_storage_that_is_away_is_waited_for(
    catalog: Organization, expected: bytes, objects: ObjectServer
) -> None:
    batch = start(draft(catalog, LIST))
    answers = iter([None, *[say("503 Slow Down", "SlowDown")] * 2])
    objects.faults["PUT"] = lambda *call: fault(*call) if (fault := next(answers, None)) else None
    assert batch.job_id
    perform(batch.job_id, AnswerRows)
    assert Job.objects.get(pk=batch.job_id).state == Job.State.QUEUED
    # Only what is in the file counts as answered, and no personal value stays in the session.
    assert EnrichmentAnswer.objects.filter(batch=batch).count() == 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('enrichment_chunk')")
        assert cursor.fetchone() == (None,)
    Job.objects.update(wakes_at=None)
    assert content(run(batch)) == expected
