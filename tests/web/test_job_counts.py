"""Jobs are counted where they belong, by what they do, and one word says the same of a job everywhere."""

import datetime as dt
import html
import re
from pathlib import Path
from typing import Any

import pytest

from contacthub.core import clock
from contacthub.enrichment.actions.batches import ASK_TASK
from contacthub.exports.actions import RENDER_TASK
from contacthub.exports.models import Export
from contacthub.feeds.models import FeedGrant
from contacthub.jobs.models import Job, Result
from contacthub.jobs.queries import JobCount, count_unfinished_jobs
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.bulk.actions import PULL_TASK
from tests.conftest import sign_in
from tests.exports.builders import make_export, render, run_search
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db
LEASE = "2100-01-01T00:00Z"


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def make(organization: Organization, task: str, state: str, **values: Any) -> Job:
    times: dict[str, Any] = {}
    if state == "running":
        times = {"started_at": clock.now(), "lease_until": LEASE}
    elif state != "queued":
        times = {"started_at": clock.now(), "finished_at": clock.now()}
    return Job.objects.create(
        organization=organization, task=task, title=f"{state} job", state=state, **times | values
    )  # fmt: skip


def rail(page: str) -> dict[str, str]:
    """Return the counts beside the entries of the navigation."""
    found = re.findall(r'<span class="ch-count" id="rail-([\w-]+)"[^>]*>([^<]*)</span>', page)
    return dict(found)


def test_jobs_are_counted_by_state_kind_and_organization(
    bob: User, acme: Organization, globex: Organization
) -> None:
    make(acme, RENDER_TASK, "running")
    make(acme, RENDER_TASK, "queued")
    make(acme, ASK_TASK, "queued", started_at=clock.now(), wakes_at=clock.now())
    make(acme, PULL_TASK, "running")
    for state in ("completed", "cancelled", "failed"):
        make(acme, RENDER_TASK, state)
    make(globex, RENDER_TASK, "running")
    client = sign_in(bob)
    page = client.get("/")
    assert 'aria-label="Jobs: 2 running, 2 waiting"' in page.content.decode()
    counted = {"enrichment-list": "1 waiting", "export-list": "1 running, 1 waiting"}
    assert rail(page.content.decode()) == counted
    tray = client.get("/jobs/tray", headers={"HX-Request": "true"})
    assert rail(tray.content.decode()) == counted
    assert "Jobs: 2 running, 2 waiting" in text_of(tray)
    assert "Waiting" in text_of(tray)
    for state in ("completed", "cancelled", "failed"):
        assert f"{state} job" not in text_of(tray)
    assert count_unfinished_jobs(organization=globex) == {RENDER_TASK: JobCount(running=1)}


def test_without_jobs_nothing_is_counted(bob: User) -> None:
    assert rail(sign_in(bob).get("/").content.decode()) == {
        "enrichment-list": "",
        "export-list": "",
    }


@pytest.fixture
def export(grant: FeedGrant, bob: User, tmp_path: Path, today: dt.date) -> Export:
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return make_export(run_search(grant, Actor.of(bob)), Actor.of(bob))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "Queued"),
        ({"started_at": "2026-11-01T00:00Z", "wakes_at": LEASE}, "Waiting"),
        ({"state": "running", "lease_until": LEASE}, "Running"),
        ({"cancel_requested_at": "2026-11-01T00:00Z"}, "Cancelling"),
    ],
)
def test_list_page_home_and_tray_say_the_same_of_a_job(
    export: Export, bob: User, changes: dict[str, Any], word: str
) -> None:
    Job.objects.update(**changes)
    client = sign_in(bob)
    for address in ("/exports/", f"/exports/{export.pk}/", "/"):
        shown = re.findall(r'ch-status is-\w+"><span>(\w+)', client.get(address).content.decode())
        assert shown, address
        assert set(shown) == {word}, address
    running = client.get("/exports/?show=running")
    assert "In progress 1" in text_of(running)
    assert export.name in text_of(running)


def test_home_says_expired_as_the_list_does(export: Export, bob: User) -> None:
    render(export)
    Result.objects.update(deleted_at=clock.now())
    client = sign_in(bob)
    for address in ("/exports/", "/"):
        shown = re.findall(r'ch-status is-\w+"><span>(\w+)', client.get(address).content.decode())
        assert shown == ["Expired"], address
