"""Acme's feed with seven days of records, acme's contacts, and programs that speak ContactBased."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import Organization
from tests.api.conftest import Program
from tests.contacts.files import take_in
from tests.feeds.builders import fill_days

SAMPLES = Path(__file__).parents[2] / "samples" / "contactbased"
WHOLE, EMPTY, BARE = "id_3f2a8d1b9c0e5f47", "id_00000000000000e0", "id_00000000000000b0"
NOBODY = "id_0000000000000bad"


def by_header(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


def read_sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def answer(response: HttpResponse) -> tuple[int, Any]:
    """Return status and JSON of a response."""
    assert response["Content-Type"] == "application/json", response.content
    return response.status_code, json.loads(response.content)


def detail(response: HttpResponse) -> tuple[int, Any]:
    """Return status and `detail` of a refusal."""
    status, body = answer(response)
    assert list(body) == ["detail"]
    return status, body["detail"]


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_header, acme_key)


@pytest.fixture
def stranger(globex_key: str) -> Program:
    """A program of globex, which must see nothing of acme's."""
    return Program(by_header, globex_key)


@pytest.fixture
def feed(grant: FeedGrant, tmp_path: Path, today: dt.date) -> FeedGrant:
    """Ten records on each of seven days, eight of them with a contact: 70, of which 56 with one."""
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return grant


@pytest.fixture
def window(feed: FeedGrant) -> dict[str, Any]:
    """The body of a preview or search of seven days."""
    return {"feed_id": str(feed.feed.public_id), "lookback_days": 7}


@pytest.fixture
def bare_feed(acme: Organization, tmp_path: Path, today: dt.date) -> FeedGrant:
    """A feed without options and without a limit: two records on each of two days."""
    feed = feed_actions.create_feed(name="Payroll")
    fill_days(feed, tmp_path, today=today, days=2, per_day=2)
    return feed_actions.grant_feed(feed=feed, organization=acme, lookback_days=30)


@pytest.fixture
def contacts(db: None, tmp_path: Path) -> None:
    """Three shared contacts: one with everything, one whose records are empty, one without any record."""
    take_in(
        tmp_path,
        {
            "contact_id": WHOLE,
            "full_name": "Ingrid Solheim",
            "pii": {"first_name": "Ingrid", "last_name": "Solheim", "city": "Oslo"},
            "emails": [{"email": " Ingrid@Halden.example ", "observations": 4}],
            "phones": [{"phone": "+4722555018", "type": "landline"}],
        },
        {"contact_id": EMPTY, "full_name": "Empty Records", "emails": [], "phones": []},
        {"contact_id": BARE, "full_name": "No Records"},
    )


def change_grant(grant: FeedGrant, **changes: Any) -> None:
    """Change some of the limits of a grant."""
    limits = {
        "lookback_days": grant.lookback_days,
        "export_row_limit": grant.export_row_limit,
        "pii": grant.is_pii_enabled,
        "business_info": grant.is_business_info_enabled,
    }
    feed_actions.change_grant(
        organization=grant.organization,
        actor=COMMAND_LINE,
        grant_id=grant.pk,
        **(limits | changes),  # type: ignore[arg-type]
    )


def make_export(program: Program, body: dict[str, Any]) -> dict[str, Any]:
    status, summary = answer(program.post("/intent/feeds/exports", body))
    assert status == 200, summary
    return dict(summary)


def read_page(program: Program, export_id: str, page: int = 1) -> HttpResponse:
    return program.post("/intent/feeds/exports/page", {"export_id": export_id, "page": page})


def read_rows(program: Program, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all rows of an export, page by page."""
    return [
        row
        for page in range(1, summary["total_pages"] + 1)
        for row in read_page(program, summary["export_id"], page).json()["rows"]  # type: ignore[attr-defined]
    ]
