"""The whole system with its files in object storage: workers die, the storage goes away, objects are damaged."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import PASSWORD
from tests.faults.conftest import Session, make_feed
from tests.object_server import ObjectServer, say
from tests.stack import Stack

ROWS = 60_000


@pytest.fixture(scope="module")
def stack(object_server: ObjectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    object_server.new_bucket("files")
    stack = Stack(
        tmp_path_factory.mktemp("objects"),
        FRAGMENT_STORE="s3://files/hub",
        FRAGMENT_STORE_ENDPOINT=object_server.url,
        FRAGMENT_STORE_KEY_ID="key",
        FRAGMENT_STORE_SECRET="secret",
    )
    try:
        stack.manage("create_organization", "acme")
        stack.manage(
            "create_user", "bob@acme.example", "--organization", "acme", "--password", PASSWORD
        )
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def feed(stack: Stack) -> str:
    feed = make_feed(stack, limit=10 * ROWS, days=6, per_day=ROWS // 6)
    stack.start("web", "beat", "worker")
    return feed


def fetch(session: Session, export: str) -> str:
    """Return the hash of a file that came whole."""
    answer = session.http.get(f"/exports/{export}/file")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"])
    digest = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["ETag"] == f'"{digest}"'
    return digest


def keys_of(stack: Stack, export: str) -> list[str]:
    """The keys that the rows of an export's file name, in order."""
    rows = stack.query(
        "SELECT address FROM jobs_fragment JOIN exports_export e USING (job_id) WHERE e.id = %s ORDER BY number",
        export,
    )
    return [address.removeprefix("s3://files/") for (address,) in rows]


def test_faults_of_the_storage_and_of_workers_change_no_byte(
    stack: Stack, bob: Session, feed: str, object_server: ObjectServer, tmp_path: Path
) -> None:
    search = bob.search(feed, 6)
    undisturbed = bob.export(search)
    stack.await_jobs()
    expected = fetch(bob, undisturbed)
    stack.kill("worker")
    stack.environment |= {
        "CONTACTHUB_FAILPOINTS": "fragment_written:kill:3",
        "CONTACTHUB_FAILPOINTS_ONCE": str(tmp_path),
    }
    stack.start("worker")
    killed = bob.export(search)
    stack.await_jobs()
    assert list(tmp_path.iterdir()), "the failpoint was never passed"
    assert fetch(bob, killed) == expected
    job = keys_of(stack, killed)[0].split("/")[2]
    there = {key for key in object_server.objects if job in key}
    assert len(there - set(keys_of(stack, killed))) == 1, "the object of the dead worker"
    assert set(keys_of(stack, killed)) < there
    object_server.faults["PUT"] = say("503 Slow Down", "SlowDown")
    waiting = bob.export(search)
    until = time.monotonic() + 60
    while not stack.query("SELECT 1 FROM jobs_job WHERE storage_away_since IS NOT NULL"):
        assert time.monotonic() < until
        time.sleep(0.1)
    object_server.faults.clear()
    stack.await_jobs()
    assert fetch(bob, waiting) == expected


def test_download_of_a_damaged_file_is_cut_off(
    stack: Stack, bob: Session, feed: str, object_server: ObjectServer
) -> None:
    export = bob.export(bob.search(feed, 6))
    stack.await_jobs()
    keys = keys_of(stack, export)
    object_server.put(keys[3], object_server.objects[keys[4]])
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        fetch(bob, export)
    object_server.delete(keys[0])
    assert bob.http.get(f"/exports/{export}/file").status_code == 503
    lines = stack.query(
        "SELECT detail FROM organizations_auditevent WHERE action = 'Found file damaged' ORDER BY id"
    )
    assert [line.partition(":")[0] for (line,) in lines] == ["Part 4", "Part 1"]
    assert "fragment_damaged" in (stack.folder / "web.log").read_text()


def test_storage_that_is_away_is_a_503(
    stack: Stack, bob: Session, feed: str, object_server: ObjectServer
) -> None:
    export = bob.export(bob.search(feed, 6))
    stack.await_jobs()
    object_server.faults["GET"] = say("503 Slow Down", "SlowDown")
    assert bob.http.get(f"/exports/{export}/file").status_code == 503
    object_server.faults.clear()
    assert fetch(bob, export)
