"""The quality of a contact is made of parts that age; what vendors say themselves stays another number."""

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest

from contacthub.contacts.actions import add_found
from contacthub.contacts.given import get_provenance
from contacthub.contacts.models import Contact, Load
from contacthub.contacts.origins import Origin
from contacthub.contacts.quality import Known, Quality, rate
from contacthub.contacts.queries import list_emails, list_phones
from contacthub.organizations.models import Organization
from tests.contacts.files import ID, take_in

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 12, 1)
ROW = {
    "contact_id": ID,
    "full_name": "Ingrid Solheim",
    "job_title": "VP",
    "quality_score": 99,
    "updated_at": "2026-11-20T00:00:00Z",
    "company": {"domain": "x.example", "name": "X"},
    "emails": [{"email": "a@x.example", "status": "valid", "checked_on": "2026-11-20"}],
}


def rated(days: int = 0) -> Quality:
    contact = Contact.objects.get()
    emails, phones = list(list_emails(contact)), list(list_phones(contact))
    known = Known(contact, emails, phones, get_provenance(contact))
    return rate(known, TODAY + dt.timedelta(days=days))


def points(quality: Quality) -> dict[str, int]:
    return {part.name: part.points for part in quality.parts}


def test_parts_are_shown_with_their_weights_and_age(tmp_path: Path) -> None:
    take_in(tmp_path, ROW)
    fresh, aging, old = rated(), rated(95), rated(190)
    assert points(fresh) == {"email": 30, "phone": 0, "agreement": 10, "seen": 25, "profile": 4}
    assert fresh.total == 69
    assert sum(part.most for part in fresh.parts) == 100
    assert [points(each)["email"] for each in (fresh, aging, old)] == [30, 20, 10]
    assert fresh.total > aging.total > old.total
    assert not old.is_stale
    assert rated(365).is_stale


def test_weights_come_from_the_settings(tmp_path: Path, settings: pytest.FixtureRequest) -> None:
    take_in(tmp_path, ROW)
    settings.QUALITY_WEIGHTS = {  # type: ignore[attr-defined]
        "email": 3, "phone": 1, "agreement": 0, "seen": 0, "profile": 0,
    }  # fmt: skip
    assert points(rated()) == {"email": 75, "phone": 0, "agreement": 0, "seen": 0, "profile": 0}


def test_sources_that_agree_count_and_those_that_disagree_cost(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, ROW, organization=acme)
    letrics = Origin(Load.Kind.SEARCH, "Letrics", UUID(int=7), "letrics")
    one = points(rated())["agreement"]
    same = {"contact_id": ID, "full_name": "Ingrid Solheim", "job_title": "VP"}
    add_found(organization=acme, rows=[same], origin=letrics)
    two = points(rated())["agreement"]
    add_found(organization=acme, rows=[same | {"job_title": "Director"}], origin=letrics)
    against = points(rated())["agreement"]
    assert two > one > against
