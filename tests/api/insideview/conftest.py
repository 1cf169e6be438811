"""Programs that speak InsideView. Jobs wait until a test does them."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from redis import Redis

from contacthub.contact_jobs import queries
from contacthub.contact_jobs.models import ContactJob
from contacthub.organizations.models import Organization
from tests.api.conftest import Program
from tests.contact_jobs.builders import run

JOB = "/api/v1/contact/job"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
JSON = {"Accept": "application/json"}


def by_token(key: str) -> dict[str, str]:
    return {"accessToken": key}


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring nobody: a test does a job when it wants it done."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: len(jobs))


@pytest.fixture(autouse=True)
def fresh_throttle(settings: Any) -> None:
    """Start every test with nothing counted and nobody locked out."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        for name in redis.scan_iter("insideview:*"):
            redis.delete(name)


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_token, acme_key)


@pytest.fixture
def stranger(globex_key: str) -> Program:
    """A program of globex, which must see nothing of acme's."""
    return Program(by_token, globex_key)


@pytest.fixture
def do(acme: Organization) -> Callable[[str], ContactJob]:
    """Do a job."""

    def do_job(job_id: str) -> ContactJob:
        return run(queries.get_contact_job(organization=acme, public_id=job_id))

    return do_job


def send(
    program: Program, ids: str | bytes = "1,2", query: str = "", **headers: str
) -> HttpResponse:
    """Submit ids."""
    body = ids.encode() if isinstance(ids, str) else ids
    kind = headers.pop("content_type", "text/plain")
    return program.post(JOB + query, body, content_type=kind, **headers)


def submit(program: Program, ids: str = "1,2", query: str = "") -> str:
    """Submit ids and return the job's."""
    reply = send(program, ids, query, **JSON)
    assert reply.status_code == 200, reply.content
    return str(reply.json()["jobId"])


def refusal(reply: HttpResponse) -> tuple[int, str]:
    """Return status and error number of a failure, after a look at its shape."""
    names = ["errorType", "status", "errorNumber", "message", "diagnosticCode"]
    if reply["Content-Type"] == "application/json":
        body = reply.json()
        assert list(body) == names
    else:
        assert reply["Content-Type"] == "application/xml"
        assert reply.content.startswith(DECLARATION)
        root = ElementTree.fromstring(reply.content)
        assert root.tag == "error"
        assert [child.tag for child in root] == names
        body = {child.tag: child.text for child in root}
    assert len(body["diagnosticCode"]) == 20
    assert str(body["status"]) == str(reply.status_code)
    return reply.status_code, body["errorNumber"]


def bytes_of(reply: Any) -> bytes:
    assert reply.status_code in (200, 206), reply.content
    return b"".join(reply) if isinstance(reply, StreamingHttpResponse) else bytes(reply.content)
