"""Both kinds of jobs through real processes: asked for over HTTP, done by a Celery worker that is killed on the way."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from contacthub.core import embedded
from tests.stack import Stack

ROWS = 3_000
CONTACTS = """
INSERT INTO contacts_contact (key, source_number, full_name, last_name, has_account, created_at)
SELECT n, n, 'Person ' || n, n::text, true, '2026-03-01' FROM generate_series(1, %s) AS n
"""


class Receiver(HTTPServer):
    """Takes webhooks and remembers them."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.taken: list[tuple[dict[str, str], Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(embedded.free_port())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stack(tmp_path: Path, receiver: Receiver) -> Iterator[Stack]:
    stack = Stack(
        tmp_path,
        BACKSTORY_FRAGMENT_ROWS="100",
        JOB_LEASE_SECONDS="2",
        OUTBOUND_ALLOW_PRIVATE="true",
        OUTBOUND_PORTS=str(receiver.server_port),
    )
    try:
        stack.manage("create_organization", "acme", "--name", "Acme")
        stack.query(CONTACTS, ROWS)
        stack.manage("shell", "-v0", "-c", FACTS)
        yield stack
    finally:
        stack.stop()


FACTS = "from contacthub.contacts.sql import facts; facts.save_all_facts()"


def wait_for_end(program: httpx.Client, path: str, name: str, words: tuple[str, ...]) -> Any:
    until = time.monotonic() + 60
    while True:
        job = program.get(path).json()
        if job[name] not in words:
            return job
        assert time.monotonic() < until, job
        time.sleep(0.1)


def test_jobs_are_done_by_a_worker_whatever_happens_to_it(stack: Stack, receiver: Receiver) -> None:
    key = stack.manage("issue_key", "--organization", "acme", "--scopes", "all").splitlines()[0]
    stack.manage("set_transaction_limit", "--organization", "acme", "--limit", 10)
    # The first worker dies in the middle of the extract; the second one goes on.
    stack.environment["CONTACTHUB_FAILPOINTS"] = "contacts_written:kill:5"
    stack.environment["CONTACTHUB_FAILPOINTS_ONCE"] = str(stack.folder)
    stack.start("web", "worker", "beat")
    backstory = httpx.Client(base_url=stack.base_url, headers={"Authorization": f"Bearer {key}"})
    jobs = "/pull/v1/export/contacts/jobs"
    window = {"start_date": "2026-03-01", "end_date": "2026-03-01", "output_format": "JSON"}
    with backstory:
        made = backstory.post(jobs, json=window).json()
        path = f"{jobs}/{made['job_id']}"
        job = wait_for_end(backstory, path, "state", ("Queued", "Running"))
        assert (job["state"], job["fragments"]) == ("Completed", ROWS // 100)
        whole = backstory.get(f"{path}/data").json()
        assert [row["last_name"] for row in whole] == [str(n) for n in range(1, ROWS + 1)]
        assert backstory.get(f"{path}/data", params={"fragment": 7}).json() == whole[700:800]
    assert (stack.folder / "contacts_written").exists()
    assert stack.query("SELECT token FROM jobs_job") == [(2,)]
    headers = {"accessToken": key, "Accept": "application/json", "Content-Type": "text/plain"}
    with httpx.Client(base_url=stack.base_url, headers=headers) as insideview:
        address = f"http://127.0.0.1:{receiver.server_port}/hook"
        path = "/api/v1/contact/job"
        made = insideview.post(path, params={"webhook": address}, content="1,2\n99999").json()
        job = wait_for_end(
            insideview, f"{path}/{made['jobId']}", "status", ("accepted", "processing")
        )
        assert (job["status"], job["totalProcessed"]) == ("finished", 3)
        refused = insideview.post(path, content="1,2,3,4,5,6,7,8")
        assert refused.json()["errorNumber"] == "400-201"
        link = insideview.get(f"{path}/{made['jobId']}/results").json()["resultsUrl"]
    assert [row.split(",")[:2] for row in httpx.get(link).text.splitlines()[1:]] == [
        ["1", "Found"],
        ["2", "Found"],
        ["99999", "NotFound"],
    ]
    until = time.monotonic() + 30
    while not receiver.taken:
        assert time.monotonic() < until
        time.sleep(0.1)
    sent, body = receiver.taken[0]
    assert body == {**made, "status": "finished", "type": "contact", "totalProcessed": 3}
    assert sent["webhook-signature"].startswith("v1,")
    stack.manage("audit_transactions", "--strict")
