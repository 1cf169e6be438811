"""Workers die, freeze and are told to stop in the middle of an export; the file is whole and is paid once."""

import random
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import Session, hash_file, make_feed, signed_in
from tests.stack import Stack

ROWS = 400_000


@pytest.fixture(scope="module")
def feed(stack: Stack) -> str:
    feed = make_feed(stack, limit=100 * ROWS, days=40, per_day=ROWS // 40)
    stack.start("web", "beat")
    return feed


@pytest.fixture(scope="module")
def undisturbed(stack: Stack, feed: str) -> str:
    """The hash of the export's file as a worker writes it that nobody disturbs."""
    stack.start("worker")
    with signed_in(stack, "bob@acme.example") as session:
        export = session.export(session.search(feed, 40))
        stack.await_jobs()
        stack.kill("worker")
        return hash_file(session, export)


def check_whole(stack: Stack, bob: Session, export: str, undisturbed: str) -> None:
    """The file is the undisturbed one, its fragments have no gap, and the rows are charged once."""
    assert hash_file(bob, export) == undisturbed
    (job,) = stack.query("SELECT job_id FROM exports_export WHERE id = %s", export)
    fragments = stack.query(
        "SELECT number, raw_offset, raw_size, row_count FROM jobs_fragment WHERE job_id = %s ORDER BY number",
        job[0],
    )
    assert [number for number, *_ in fragments] == list(range(len(fragments)))
    offset = 0
    for _, at, size, _ in fragments:
        assert at == offset
        offset += size
    assert sum(rows for *_, rows in fragments) == ROWS
    kinds = stack.query(
        "SELECT kind, rows FROM feeds_quotaentry WHERE export = %s ORDER BY id", export
    )
    assert kinds == [("reserve", ROWS), ("settle", 0)]


@pytest.mark.parametrize(
    "failpoint",
    [
        "before_checkpoint_commit:kill:1",
        "before_checkpoint_commit:kill:17",
        "after_checkpoint_commit:kill:1",
        "after_checkpoint_commit:kill:40",
        "before_complete_commit:kill",
        "after_complete_commit:kill",
    ],
)
def test_worker_killed_at_a_named_point(
    stack: Stack, bob: Session, feed: str, undisturbed: str, failpoint: str, tmp_path: Path
) -> None:
    stack.environment |= {
        "CONTACTHUB_FAILPOINTS": failpoint,
        "CONTACTHUB_FAILPOINTS_ONCE": str(tmp_path),
    }
    stack.start("worker")
    try:
        export = bob.export(bob.search(feed, 40))
        stack.await_jobs()
        assert list(tmp_path.iterdir()), "the failpoint was never passed"
        check_whole(stack, bob, export, undisturbed)
    finally:
        stack.environment |= {"CONTACTHUB_FAILPOINTS": "", "CONTACTHUB_FAILPOINTS_ONCE": ""}
        stack.kill("worker")


def test_web_process_killed_between_commit_and_answer(
    stack: Stack, bob: Session, feed: str, undisturbed: str, tmp_path: Path
) -> None:
    """The person sends the form again; the key in it finds the export that was made."""
    stack.environment |= {
        "CONTACTHUB_FAILPOINTS": "export_committed:kill",
        "CONTACTHUB_FAILPOINTS_ONCE": str(tmp_path),
    }
    stack.kill("web")
    stack.start("web", "worker")
    try:
        search, key = bob.search(feed, 40), "7d0c8f7e-3f8e-4c39-b3c3-3f6a8b1f2a55"
        with pytest.raises(httpx.TransportError):
            bob.export(search, request_key=key)
        export = bob.export(search, request_key=key)
        assert stack.query("SELECT count(*) FROM exports_export WHERE search_id = %s", search) == [
            (1,)
        ]
        stack.await_jobs()
        check_whole(stack, bob, export, undisturbed)
    finally:
        stack.environment |= {"CONTACTHUB_FAILPOINTS": "", "CONTACTHUB_FAILPOINTS_ONCE": ""}
        stack.kill("worker")
        stack.kill("web")
        stack.start("web")


def test_worker_killed_at_twenty_random_moments(
    stack: Stack, bob: Session, feed: str, undisturbed: str
) -> None:
    rng = random.Random(20)
    export = bob.export(bob.search(feed, 40))
    for _ in range(20):
        stack.start("worker")
        time.sleep(rng.uniform(1.5, 4.0))
        stack.kill("worker")
    stack.start("worker")
    stack.await_jobs(90)
    stack.kill("worker")
    check_whole(stack, bob, export, undisturbed)


def test_frozen_worker_that_wakes_up_writes_nothing(
    stack: Stack, bob: Session, feed: str, undisturbed: str
) -> None:
    stack.start("worker")
    export = bob.export(bob.search(feed, 40))
    await_progress(stack, export)
    stack.kill("worker", signal.SIGSTOP)
    stack.start("worker2")
    stack.await_jobs()
    whole = hash_file(bob, export)
    stack.kill("worker", signal.SIGCONT)
    time.sleep(5)
    assert hash_file(bob, export) == whole == undisturbed
    check_whole(stack, bob, export, undisturbed)
    stack.kill("worker")
    stack.kill("worker2")


def await_progress(stack: Stack, export: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        rows = stack.query(
            "SELECT done FROM jobs_job j JOIN exports_export e ON e.job_id = j.id WHERE e.id = %s",
            export,
        )
        if rows[0][0] > 0:
            return
        time.sleep(0.02)
    raise AssertionError("the export did not begin")


def test_stopping_worker_hands_its_job_back(
    stack: Stack, bob: Session, feed: str, undisturbed: str
) -> None:
    stack.start("worker")
    export = bob.export(bob.search(feed, 40))
    await_progress(stack, export)
    start = time.monotonic()
    stack.processes["worker"].terminate()
    stack.processes.pop("worker").wait(timeout=15)
    assert time.monotonic() - start < 10
    ((state, attempts, done),) = stack.query(
        "SELECT j.state, attempts, done FROM jobs_job j JOIN exports_export e ON e.job_id = j.id WHERE e.id = %s",
        export,
    )
    assert (state, attempts) == ("queued", 0)
    assert 0 < done < ROWS
    stack.start("worker")
    stack.await_jobs()
    stack.kill("worker")
    check_whole(stack, bob, export, undisturbed)


def test_job_that_kills_every_worker_fails_and_lets_others_work(
    stack: Stack, bob: Session, feed: str
) -> None:
    stack.environment |= {"CONTACTHUB_FAILPOINTS": "before_checkpoint_commit:kill"}
    stack.start("worker")
    poison = bob.export(bob.search(feed, 40))
    until = time.monotonic() + 120
    while time.monotonic() < until:
        ((state, error),) = stack.query(
            "SELECT j.state, error FROM jobs_job j JOIN exports_export e ON e.job_id = j.id WHERE e.id = %s",
            poison,
        )
        if state == "failed":
            break
        time.sleep(0.5)
    assert (state, error) == ("failed", "The work stopped 5 times without an error.")
    stack.kill("worker")
    stack.environment |= {"CONTACTHUB_FAILPOINTS": ""}
    stack.start("worker")
    bob.export(bob.search(feed, 1))
    stack.await_jobs()
    stack.kill("worker")


def test_database_connections_cut_in_mid_export(
    stack: Stack, bob: Session, feed: str, undisturbed: str
) -> None:
    stack.start("worker")
    export = bob.export(bob.search(feed, 40))
    for _ in range(10):
        time.sleep(0.4)
        stack.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    stack.await_jobs(120)
    stack.kill("worker")
    check_whole(stack, bob, export, undisturbed)
