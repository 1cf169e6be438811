"""Programs that speak Backstory. Jobs wait until a test does them."""

from collections.abc import Callable
from typing import Any

import pytest

from contacthub.contact_jobs import queries
from contacthub.contact_jobs.models import ContactJob
from contacthub.organizations.models import Organization
from tests.api.conftest import Program
from tests.contact_jobs.builders import run

JOBS = "/pull/v1/export/contacts/jobs"
MARCH = {
    "start_date": "2026-03-01",
    "end_date": "2026-03-31",
    "include_historical": True,
    "include_existing": True,
}


def by_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring nobody: a test does a job when it wants it done."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: len(jobs))


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_bearer, acme_key)


@pytest.fixture
def stranger(globex_key: str) -> Program:
    """A program of globex, which must see nothing of acme's."""
    return Program(by_bearer, globex_key)


@pytest.fixture
def do(acme: Organization) -> Callable[[dict[str, Any]], ContactJob]:
    """Do a job that a reply names."""

    def do_job(reply: dict[str, Any]) -> ContactJob:
        return run(queries.get_contact_job(organization=acme, public_id=reply["job_id"]))

    return do_job
