"""Whatever dies in the middle, the file is whole, in order, and what an undisturbed run writes."""

import os
import signal
from collections.abc import Callable

import pytest

from contacthub.enrichment import runner
from contacthub.enrichment.models import EnrichmentAnswer, EnrichmentBatch
from contacthub.jobs import sql as job_sql
from contacthub.jobs.lease import Fenced, Lease
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from tests.enrichment.builders import FULL, UNKNOWN, cid, content, csv_of, draft, run, start
from tests.waiting import wait_for
from tests.workers import expire_lease, list_kill_points, run_until_killed, start_worker

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = "tests.enrichment.worker"
ROWS = 40
CHUNK = 4
FAILPOINTS = (
    "enrichment_answers_saved",
    "before_checkpoint_commit",
    "after_checkpoint_commit",
    "enrichment_chunk_committed",
    "before_complete_commit",
    "after_complete_commit",
)


def make_list(organization: Organization) -> bytes:
    return csv_of(*(cid(FULL) if row % 3 else cid(UNKNOWN + row) for row in range(ROWS)))


def check_whole(batch: EnrichmentBatch, expected: bytes) -> None:
    batch.refresh_from_db()
    assert (batch.state, batch.job.state if batch.job else "") == ("completed", "completed")
    assert content(batch) == expected
    places = EnrichmentAnswer.objects.filter(batch=batch).order_by("ordinal")
    assert list(places.values_list("ordinal", flat=True)) == list(range(1, ROWS + 1))
    assert (batch.found_count, batch.no_record_count) == (26, 14)


@pytest.fixture
def undisturbed(catalog: Organization, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], bytes]:
    """The file that a run without faults writes in a format."""
    monkeypatch.setattr(runner, "CHUNK_ROWS", CHUNK)
    return lambda format: content(run(start(draft(catalog, make_list(catalog)), format=format)))


@pytest.mark.parametrize(
    "failpoint",
    list_kill_points(FAILPOINTS, always=["before_checkpoint_commit", "enrichment_chunk_committed"]),
)
def test_killed_worker_leaves_no_gap_and_no_double_row(
    catalog: Organization, undisturbed: Callable[[str], bytes], failpoint: str
) -> None:
    expected = undisturbed("csv")
    batch = start(draft(catalog, make_list(catalog)))
    place = 1 if "complete" in failpoint else 4
    run_until_killed(WORKER, batch.job_id, CHUNK, failpoint=f"{failpoint}:kill:{place}")
    batch.refresh_from_db()
    answered = EnrichmentAnswer.objects.filter(batch=batch).count()
    assert answered == batch.answered_count
    assert answered == Job.objects.get(pk=batch.job_id).done
    run(batch)
    check_whole(batch, expected)


@pytest.mark.parametrize("format", list_kill_points(["xlsx", "parquet"], always=["xlsx"]))
def test_other_formats_survive_a_killed_worker(
    catalog: Organization, undisturbed: Callable[[str], bytes], format: str
) -> None:
    expected = undisturbed(format)
    batch = start(draft(catalog, make_list(catalog)), format=format)
    failpoint = "enrichment_chunk_committed:kill:3"
    run_until_killed(WORKER, batch.job_id, CHUNK, failpoint=failpoint)
    run(batch)
    check_whole(batch, expected)


def test_worker_that_slept_over_its_lease_writes_nothing(
    catalog: Organization, undisturbed: Callable[[str], bytes]
) -> None:
    expected = undisturbed("csv")
    batch = start(draft(catalog, make_list(catalog)))
    # Stopped between two steps; in the middle of one its locks would hold the other worker up until they time out.
    failpoint = "enrichment_chunk_committed:stop:3"
    sleeper = start_worker(WORKER, batch.job_id, CHUNK, failpoints=failpoint)
    wait_for(lambda: _is_stopped(sleeper.pid))
    expire_lease(batch.job_id)
    run(batch)
    check_whole(batch, expected)
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.wait()
    check_whole(batch, expected)
    assert Job.objects.get(pk=batch.job_id).token == 2


def test_stale_token_saves_neither_answers_nor_counts(catalog: Organization) -> None:
    batch = start(draft(catalog, make_list(catalog)))
    job = Job.objects.get(pk=batch.job_id)
    token = job_sql.claim(job_id=job.pk, lease_seconds=60, share=9)
    assert token is not None
    Job.objects.filter(pk=job.pk).update(token=token + 1)
    with pytest.raises(Fenced):
        runner.AnswerRows(job).run(Lease(job, token))
    batch.refresh_from_db()
    assert (batch.answered_count, EnrichmentAnswer.objects.count()) == (0, 0)


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"
