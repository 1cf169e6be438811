"""Too much at once, and a broker that forgets or hangs."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
import redis

from tests.faults.conftest import Session, make_feed, signed_in
from tests.stack import Stack


@pytest.fixture(scope="module")
def feed(stack: Stack) -> str:
    feed = make_feed(stack, limit=10, days=10, per_day=300)
    stack.start("web", "beat", "worker")
    return feed


def test_200_exports_at_once_against_a_quota_for_10(stack: Stack, bob: Session, feed: str) -> None:
    token = bob.token()
    searches = [bob.search(feed, 5) for _ in range(200)]

    def export(search: str) -> int:
        fields = {"format": "csv", "max_rows": 1}
        return bob.send(f"/searches/{search}/export/", token, **fields).status_code

    with ThreadPoolExecutor(50) as pool:
        codes = list(pool.map(export, searches))
    assert codes.count(302) == 10
    assert codes.count(422) == 190
    assert stack.query(
        "SELECT export_rows_used FROM feeds_feedgrant WHERE export_row_limit = 10"
    ) == [(10,)]
    assert stack.query("SELECT count(*) FROM exports_export") == [(10,)]
    stack.await_jobs()


def test_redis_flushed_in_mid_work_loses_no_job(stack: Stack, bob: Session) -> None:
    feed = make_feed(stack, days=10, per_day=2000)
    broker = redis.Redis.from_url(stack.valkey.url)
    exports = []
    for _ in range(40):
        exports.append(bob.export(bob.search(feed, 10)))
        broker.flushall()
    until = time.monotonic() + 120
    while stack.query("SELECT 1 FROM jobs_job WHERE finished_at IS NULL LIMIT 1"):
        assert time.monotonic() < until
        broker.flushall()
        time.sleep(2)
    states = stack.query(
        "SELECT DISTINCT state FROM exports_export WHERE id = ANY(%s::uuid[])", exports
    )
    assert states == [("completed",)]


def test_hung_broker_delays_no_form_and_loses_no_job(stack: Stack, bob: Session) -> None:
    feed = make_feed(stack, days=5, per_day=100)
    search = bob.search(feed, 5)
    stack.valkey.process.send_signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        export = bob.export(search)
        assert time.monotonic() - start < 3
        ready = bob.http.get("/readyz")
        assert (ready.status_code, ready.json()["broker"]) == (200, "down")
        for path in ("/", "/feeds/", "/exports/", f"/exports/{export}/", "/searches/"):
            assert bob.http.get(path).status_code == 200
    finally:
        stack.valkey.process.send_signal(signal.SIGCONT)
    stack.await_jobs()


def test_one_organization_cannot_keep_another_waiting(stack: Stack, bob: Session) -> None:
    many = make_feed(stack, days=30, per_day=4000)
    one = make_feed(stack, organization="globex", days=2, per_day=10)
    searches = [bob.search(many, 30) for _ in range(40)]
    for search in searches:
        bob.export(search)
    with signed_in(stack, "bob@globex.example") as theirs:
        export = theirs.export(theirs.search(one, 2))
    until = time.monotonic() + 15
    while stack.query("SELECT state FROM exports_export WHERE id = %s", export) != [("completed",)]:
        assert time.monotonic() < until, "the other organization's job waits behind forty"
        time.sleep(0.1)
    assert stack.query("SELECT 1 FROM jobs_job WHERE state = 'queued' LIMIT 1"), (
        "the forty were not done yet"
    )
    stack.await_jobs(180)


def test_a_locked_table_refuses_fast_and_recovers(stack: Stack, bob: Session, feed: str) -> None:
    """Every request has a time-out for locks and statements: a page says so instead of hanging."""
    with psycopg.connect(stack.database_url) as holder:
        holder.execute("LOCK TABLE feeds_feedgrant IN ACCESS EXCLUSIVE MODE")
        start = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: bob.http.get("/feeds/"), range(8)))
        assert {answer.status_code for answer in answers} == {503}
        assert time.monotonic() - start < 15
        assert answers[0].headers["Retry-After"]
        assert httpx.get(f"{stack.base_url}/healthz").status_code == 200
        holder.rollback()
    assert bob.http.get("/feeds/").status_code == 200
