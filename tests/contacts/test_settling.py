"""A settled value survives what sources say, is used everywhere, and goes without a trace when it is undone."""

from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts.actions import add_observed
from contacthub.contacts.models import (
    Candidate,
    Contact,
    ContactDocument,
    ContactEmail,
    ContactFacts,
    ContactPhone,
    Settlement,
)
from contacthub.contacts.observed import Observed
from contacthub.contacts.queries import get_documents
from contacthub.contacts.settling import Chosen, settle_value, undo_settlement
from contacthub.core.errors import NotFound
from contacthub.organizations.models import AuditEvent, Organization
from tests.contacts.files import ID, KEY, take_in
from tests.enrichment.builders import SOMEBODY

pytestmark = pytest.mark.django_db
ROW = {
    "contact_id": ID,
    "full_name": "Ingrid Solheim",
    "job_title": "VP",
    "seniority": "VP",
    "company": {"domain": "halden.example", "name": "Halden"},
    "emails": [
        {"email": "a@x.example", "type": "work", "status": "valid", "checked_on": "2026-11-02"},
        {"email": "b@x.example"},
        {"email": "c@x.example"},
    ],
    "phones": ["+4722334418", "+4722334419"],
    "pii": {"city": "Oslo", "gender": "F"},
}
TABLES = (Contact, ContactEmail, ContactPhone, ContactDocument, ContactFacts)


def everything() -> dict[str, Any]:
    """Return all that is stored of all contacts."""
    return {
        model.__name__: [
            {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in TABLES
    }


def settle(acme: Organization, field: str, value: str) -> None:
    settle_value(
        organization=acme, actor=SOMEBODY, key=KEY, field=field, chosen=Chosen(value, "Letrics")
    )


def undo(acme: Organization, field: str) -> None:
    undo_settlement(organization=acme, actor=SOMEBODY, key=KEY, field=field)


def own() -> Contact:
    return Contact.objects.get(key=KEY, organization__isnull=False)


def addresses() -> list[str]:
    found = ContactEmail.objects.filter(contact=own()).order_by("position")
    return [each.address for each in found]


CHOICES = [
    ("seniority", "Director"),
    ("job_title", "Director"),
    ("full_name", "Ingrid B. Solheim"),
    ("linkedin_url", "https://www.linkedin.com/in/ingrid"),
    ("pii.city", "Bergen"),
    ("pii.address", "Storgata 12"),
    ("email", "c@x.example"),
    ("email", "new@x.example"),
    ("phone", "+4722334419"),
]


@pytest.mark.parametrize(("field", "value"), CHOICES)
@pytest.mark.parametrize("is_own", [True, False])
def test_undo_restores_to_the_byte(
    tmp_path: Path, acme: Organization, field: str, value: str, is_own: bool
) -> None:
    take_in(tmp_path, ROW, organization=acme if is_own else None)
    before = everything()
    settle(acme, field, value)
    assert everything() != before
    undo(acme, field)
    assert everything() == before
    assert not Settlement.objects.exists()


@pytest.mark.parametrize(("field", "value"), CHOICES)
def test_settled_value_survives_imports_and_undo_shows_what_they_said(
    tmp_path: Path, acme: Organization, field: str, value: str
) -> None:
    take_in(tmp_path, ROW, organization=acme)
    newer = {
        **ROW,
        "job_title": "SVP",
        "seniority": "SVP",
        "full_name": "I. Solheim",
        "linkedin_url": "https://www.linkedin.com/in/other",
        "pii": {"city": "Trondheim", "address": "Torget 1"},
        "emails": ["d@x.example", "a@x.example"],
        "phones": ["+4722334420"],
    }
    settle(acme, field, value)
    take_in(tmp_path, newer, organization=acme)
    contact = own()
    stored = {
        "email": contact.email,
        "phone": contact.phone,
        **{f"pii.{name}": text for name, text in (contact.pii or {}).items()},
    }.get(field) or getattr(contact, field)
    assert stored == value
    settled = everything()
    undo(acme, field)
    undone = everything()
    assert undone != settled
    # The same as if nobody had ever settled it.
    Contact.objects.all().delete()
    take_in(tmp_path, ROW, organization=acme)
    take_in(tmp_path, newer, organization=acme)
    never = everything()
    for table in ("Contact", "ContactDocument", "ContactEmail", "ContactPhone"):
        assert list(map(values_of, undone[table])) == list(map(values_of, never[table]))


def values_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row says, without ids and the times of an import."""
    passing = {"id", "contact_id", "number", "imported_at", "updated_at", "created_at"}
    return {name: value for name, value in row.items() if name not in passing}


def test_value_that_an_import_could_not_place_is_a_candidate(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, ROW, organization=acme)
    settle(acme, "seniority", "Director")
    take_in(tmp_path, {**ROW, "seniority": "SVP"}, organization=acme)
    found = Candidate.objects.filter(field="seniority").values_list("value", flat=True)
    assert set(found) == {"VP", "SVP"}
    assert Settlement.objects.get().rule_value == "SVP"


def test_answer_of_a_vendor_leaves_the_settled_address_first(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, ROW, organization=acme)
    settle(acme, "email", "c@x.example")
    answer = Observed(KEY, emails=[{"email": "v@x.example", "status": "valid"}])
    add_observed(organization=acme, observed=[answer], is_valid_first=True)
    assert addresses() == ["c@x.example", "a@x.example", "v@x.example", "b@x.example"]
    undo(acme, "email")
    assert addresses() == ["a@x.example", "v@x.example", "b@x.example", "c@x.example"]


def test_settled_values_are_used_everywhere(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, ROW, organization=acme)
    settle(acme, "seniority", "Director")
    settle(acme, "email", "c@x.example")
    settle(acme, "pii.city", "Bergen")
    facts = ContactFacts.objects.get()
    assert (facts.seniority, facts.email_text, facts.email_status) == (
        "Director", "c@x.example", None,
    )  # fmt: skip
    (document,) = get_documents(organization=acme, keys=[KEY])
    assert document.pii is not None
    assert document.emails is not None
    assert '"city":"Bergen"' in document.pii
    assert document.emails.startswith('[{"email":"c@x.example"')


def test_own_settlement_leaves_the_shared_contact_and_other_organizations_alone(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    take_in(tmp_path, ROW)
    settle(acme, "seniority", "Director")
    shared = Contact.objects.get(key=KEY, organization=None)
    assert shared.seniority == "VP"
    assert not Settlement.objects.filter(organization=globex).exists()
    with pytest.raises(NotFound):
        undo(globex, "seniority")
    settle(globex, "seniority", "Chief")
    assert own_of(acme).seniority == "Director"
    undo(acme, "seniority")
    assert own_of(globex).seniority == "Chief"


def own_of(organization: Organization) -> Contact:
    return Contact.objects.get(key=KEY, organization=organization)


def test_of_two_settled_values_of_a_shared_contact_the_last_undo_gives_it_back(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, ROW)
    settle(acme, "seniority", "Director")
    settle(acme, "job_title", "Director")
    undo(acme, "seniority")
    assert own().job_title == "Director"
    undo(acme, "job_title")
    assert not Contact.objects.filter(organization=acme).exists()


def test_what_arrived_meanwhile_stays_when_it_is_undone(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, ROW)
    settle(acme, "seniority", "Director")
    take_in(tmp_path, {**ROW, "department": "Sales"}, organization=acme)
    undo(acme, "seniority")
    assert (own().seniority, own().department) == ("VP", "Sales")


def test_settling_is_recorded_without_the_value(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, ROW, organization=acme)
    settle(acme, "email", "c@x.example")
    undo(acme, "email")
    settled, undone = (
        AuditEvent.objects.get(subject=ID, action=action)
        for action in ("Settled a value", "Went back to the rule")
    )
    assert (settled.detail, undone.detail) == ("First e-mail, from Letrics", "First e-mail")
    assert "x.example" not in f"{settled.changes}{settled.target}{undone.changes}"
