"""Pulls from vendors whose answers nobody foresaw: one start, whatever comes back."""

from collections.abc import Iterator
from typing import Any

import pytest

from contacthub.credentials.connections.models import Connection
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from contacthub.sourcing.bulk.models import Pull
from tests.connectors.vendors import read
from tests.credentials.connecting import SECRET, add
from tests.fake_vendor import FakeVendor, Rule, vending
from tests.sourcing.bulk.builders import retry, start, step

pytestmark = pytest.mark.django_db(transaction=True)
JOB = "/api/v1/contact/job"
TOKEN = Rule("/Auth/", body=read("insideview", "token").decode())
EMPTY = Rule("/api/v1/admin/jobs", body={"bulkJobs": []})
MADE = {
    "jobId": "v9qh2to86kg85s03trag",
    "jobStatus": "accepted",
    "creditsConsumed": 0,
    "jobType": "contacts",
    "createdDate": "2026-11-30",
}


@pytest.fixture(autouse=True)
def local(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True


@pytest.fixture
def server() -> Iterator[FakeVendor]:
    with vending(TOKEN, EMPTY) as server:
        yield server


@pytest.fixture
def connection(acme: Organization, server: FakeVendor) -> Connection:
    terms = {"client_id": "public", "client_secret": SECRET}
    return add(acme, vendor="insideview", base_url=server.url, credentials=terms)


def steps(pull: Pull, count: int) -> Pull:
    """Do some steps of a pull, until it ends."""
    for _ in range(count):
        pull = step(pull)
        if pull.job and pull.job.is_final:
            break
    return pull


@pytest.mark.parametrize("body", ["{", "[]", {"jobId": None}, {"jobId": "../../x"}, "\x00"])
def test_start_that_was_answered_strangely_is_not_asked_for_again(
    connection: Connection, server: FakeVendor, body: Any
) -> None:
    server.rules.append(Rule(JOB, body=body, method="POST"))
    pull = steps(start(connection, [1]), 8)
    assert server.count(JOB, "POST") == 1
    assert pull.answered_at
    assert pull.job
    assert pull.job.state == Job.State.FAILED
    assert pull.job.error.startswith("InsideView accepted the job, but its answer cannot be read.")
    # Somebody agrees to another one.
    pull = steps(retry(pull, cost=1), 8)
    assert server.count(JOB, "POST") == 2


def test_start_that_was_answered_strangely_is_found_by_listing(
    connection: Connection, server: FakeVendor
) -> None:
    def list_jobs(_: Any) -> Any:
        return {"bulkJobs": [MADE] if server.count(JOB, "POST") else []}

    server.rules[1] = Rule("/api/v1/admin/jobs", make=list_jobs)
    server.rules.append(Rule(JOB, body="{", method="POST"))
    pull = steps(start(connection, [1]), 3)
    assert (pull.vendor_id, server.count(JOB, "POST")) == (MADE["jobId"], 1)


def test_start_that_fails_is_asked_for_less_and_less_often(
    connection: Connection, server: FakeVendor
) -> None:
    never = {"Retry-After": "Mon, 20 Nov 9999999999 12:00:00 GMT"}
    server.rules.append(Rule(JOB, 503, never, body={}, method="POST"))
    pull = steps(start(connection, [1]), 20)
    assert server.count(JOB, "POST") <= 3
    assert pull.ask_count == server.count(JOB, "POST")
    assert pull.trouble == "The vendor answered 503."


def test_crash_while_asking_is_the_jobs_own(
    connection: Connection, server: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.rules.append(Rule(JOB, body=read("insideview", "created").decode(), method="POST"))
    monkeypatch.setattr("contacthub.sourcing.bulk.vendor_job._note", lambda *_: 1 / 0)
    pull = steps(start(connection, [1]), 12)
    assert server.count(JOB, "POST") == 1
    assert pull.job
    assert pull.job.state == Job.State.FAILED
