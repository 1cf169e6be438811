"""What one organization imports is its own: nobody else sees it, or can tell that it is there."""

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from contacthub.contacts import queries
from contacthub.contacts.models import Company, Contact, ContactDocument, ContactEmail, ContactPhone
from contacthub.contacts.queries import Documents
from contacthub.contacts.sql import stage
from contacthub.core.errors import NotFound
from contacthub.organizations.models import AuditEvent, Organization
from tests.contacts.files import ID, KEY, Row, counts, read_rejects, take_in
from tests.contacts.test_import import WHOLE

pytestmark = pytest.mark.django_db

SECRET: Row = {
    "contact_id": ID,
    "id": 5,
    "full_name": "Private Person",
    "emails": ["private@acme.example"],
    "phone": "+4722123456",
    "pii": {"city": "Oslo"},
    "company": {"id": 7, "domain": "private.example", "name": "Private AS"},
}


def everything(organization: Organization | None) -> list[list[Any]]:
    contacts = Contact.objects.filter(organization=organization)
    return [
        list(Company.objects.filter(organization=organization).order_by("pk").values()),
        list(contacts.order_by("pk").values()),
        list(ContactEmail.objects.filter(contact__in=contacts).order_by("pk").values()),
        list(ContactPhone.objects.filter(contact__in=contacts).order_by("pk").values()),
        list(ContactDocument.objects.filter(organization=organization).order_by("pk").values()),
    ]


def test_private_contact_looks_unknown_to_others(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    assert counts(take_in(tmp_path, SECRET, organization=acme)) == (1, 0, 0, 0)
    seen = queries.get_contact(organization=acme, key=KEY)
    assert (seen.full_name, seen.company and seen.company.name) == ("Private Person", "Private AS")
    digest = bytes(ContactEmail.objects.get().sha256)
    with pytest.raises(NotFound) as private:
        queries.get_contact(organization=globex, key=KEY)
    with pytest.raises(NotFound) as unknown:
        queries.get_contact(organization=globex, key=KEY + 1)
    assert str(private.value) == str(unknown.value)
    assert queries.find_contacts(organization=globex, keys=[KEY]) == {}
    assert queries.find_contacts_by_number(organization=globex, numbers=[5]) == {}
    assert queries.find_contact_by_email(organization=globex, email="private@acme.example") is None
    assert queries.find_contact_by_hash(organization=globex, digest=digest) is None
    assert queries.get_documents(organization=globex, keys=[KEY, KEY + 1]) == [
        Documents(),
        Documents(),
    ]


def test_own_contact_takes_the_place_of_the_shared_one(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    take_in(tmp_path, {**WHOLE, "id": 5})
    take_in(tmp_path, SECRET, organization=acme)
    for organization, name, email in (
        (acme, "Private Person", "private@acme.example"),
        (globex, "Ingrid Solheim", "ingrid@halden.no"),
    ):
        assert queries.get_contact(organization=organization, key=KEY).full_name == name
        assert queries.find_contacts(organization=organization, keys=[KEY])[KEY].full_name == name
        assert (
            queries.find_contacts_by_number(organization=organization, numbers=[5])[5].full_name
            == name
        )
        (documents,) = queries.get_documents(organization=organization, keys=[KEY])
        assert documents.emails is not None
        assert email in documents.emails
        found = queries.find_contact_by_email(organization=organization, email=email)
        assert found is not None
        assert found.full_name == name


def test_same_file_for_two_organizations_and_for_all_makes_three_of_everything(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex, None):
        report = take_in(tmp_path, SECRET, organization=organization)
        assert (counts(report), report.companies_inserted) == ((1, 0, 0, 0), 1)
    for organization in (acme, globex, None):
        assert counts(take_in(tmp_path, SECRET, organization=organization)) == (0, 0, 1, 0)
        assert [len(rows) for rows in everything(organization)] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("importer", ["globex", "shared"])
def test_import_touches_nobody_elses_contact(
    tmp_path: Path, acme: Organization, globex: Organization, importer: str
) -> None:
    take_in(tmp_path, WHOLE)
    take_in(tmp_path, SECRET, organization=acme)
    others = (acme, None) if importer == "globex" else (acme, globex)
    before = [everything(other) for other in others]
    change = {
        **SECRET,
        "id": 6,
        "full_name": "Other",
        "emails": [],
        "phones": ["+4799999999"],
        "company": {"id": 77, "domain": "halden.no", "name": "Renamed"},
    }
    take_in(tmp_path, change, organization=globex if importer == "globex" else None)
    assert [everything(other) for other in others] == before


def test_numbers_are_each_organizations_own(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    """A number that another organization uses for somebody else is free, and nothing tells that it is used."""
    take_in(tmp_path, SECRET, organization=acme)
    other = {"contact_id": "id_0000000000000001", "id": 5, "company": {"id": 7, "domain": "x.no"}}
    assert counts(take_in(tmp_path, other, organization=globex)) == (1, 0, 0, 0)
    assert counts(take_in(tmp_path, {"id": 5, "email": "a@x.no"})) == (1, 0, 0, 0)
    assert counts(take_in(tmp_path, other, organization=acme)) == (0, 0, 0, 1)
    assert read_rejects(tmp_path) == [(1, "id belongs to another contact")]


@pytest.mark.parametrize("importer", ["globex", "shared"])
def test_row_without_contact_id_is_never_another_organizations_contact(
    tmp_path: Path, acme: Organization, globex: Organization, importer: str
) -> None:
    take_in(tmp_path, SECRET, organization=acme)
    organization = globex if importer == "globex" else None
    take_in(tmp_path, {"id": 5, "email": "a@x.no"}, organization=organization)
    assert Contact.objects.get(organization=organization).key != KEY


def test_company_is_never_made_of_another_organizations(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    take_in(tmp_path, SECRET, organization=acme)
    take_in(
        tmp_path, {"email": "a@x.no", "company": {"domain": "private.example"}}, organization=globex
    )
    company = Company.objects.get(organization=globex)
    assert company.name is None
    assert company.number > 10**12


# --- An organization's own version of a shared contact ---------------------------------------------------------------


def test_own_version_starts_as_the_shared_contact(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, WHOLE)
    shared = Contact.objects.get()
    row = {
        "contact_id": ID,
        "job_title": "CEO",
        "phone": "+4799999999",
        "pii": {"city": "Bergen"},
        "from_cc": True,
    }
    assert counts(take_in(tmp_path, row, organization=acme)) == (1, 0, 0, 0)
    own = queries.get_contact(organization=acme, key=KEY)
    assert own.organization == acme
    assert (own.job_title, own.full_name, own.department) == (
        "CEO",
        shared.full_name,
        shared.department,
    )
    assert (own.email, own.email_status, own.has_personal_email) == (
        "ingrid@halden.no",
        "valid",
        True,
    )
    assert (own.phone, own.verified, own.titles) == ("+4799999999", True, shared.titles)
    assert own.pii == {**(shared.pii or {}), "city": "Bergen"}
    assert own.crm == {**shared.crm, "from_cc": True}
    assert own.number == shared.number
    addresses = [(e.address, e.type, e.observations) for e in queries.list_emails(own)]
    assert addresses == [(e.address, e.type, e.observations) for e in queries.list_emails(shared)]
    assert [bytes(e.md5) for e in queries.list_emails(own)] == [
        bytes(e.md5) for e in queries.list_emails(shared)
    ]
    assert [p.phone for p in queries.list_phones(own)] == ["+4799999999"]
    shared_documents, own_documents = ContactDocument.objects.order_by("pk")
    assert own_documents.emails == shared_documents.emails
    assert own_documents.phones != shared_documents.phones
    assert counts(take_in(tmp_path, row, organization=acme)) == (0, 0, 1, 0)


def test_own_version_keeps_a_number_that_we_gave(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, {"contact_id": ID})
    take_in(tmp_path, {"contact_id": ID, "job_title": "CEO"}, organization=acme)
    first, second = Contact.objects.order_by("pk")
    assert first.number == second.number
    found = queries.find_contacts_by_number(organization=acme, numbers=[first.number])
    assert found[first.number].job_title == "CEO"


def test_own_version_leaves_a_number_that_the_organization_uses(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, {"contact_id": ID, "id": 5, "company": {"id": 7, "domain": "x.no"}})
    other = {"contact_id": "id_0000000000000001", "email": "a@x.no", "id": 5}
    take_in(tmp_path, {**other, "company": {"id": 7, "domain": "y.no"}}, organization=acme)
    rows: list[Row] = [
        {"contact_id": ID, "company": {"domain": "x.no"}},
        {"email": "b@x.no", "id": 8},
    ]
    assert counts(take_in(tmp_path, *rows, organization=acme)) == (2, 0, 0, 0)
    numbers = dict(Contact.objects.filter(organization=acme).values_list("email", "number"))
    assert (numbers["a@x.no"], numbers["b@x.no"]) == (5, 8)
    assert numbers[None] > 10**12
    assert (
        dict(Company.objects.filter(organization=acme).values_list("domain", "number"))["y.no"] == 7
    )


def test_own_version_leaves_a_number_that_the_same_file_gives_to_another(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, {"contact_id": ID, "id": 5, "company": {"id": 7, "domain": "x.no"}})
    other = {"contact_id": "id_0000000000000001", "id": 5, "company": {"id": 7, "domain": "y.no"}}
    version: Row = {"contact_id": ID, "company": {"domain": "x.no"}}
    assert counts(take_in(tmp_path, other, version, organization=acme)) == (2, 0, 0, 0)
    numbers = dict(Contact.objects.filter(organization=acme).values_list("key", "number"))
    assert numbers[1] == 5
    assert numbers[KEY] > 10**12
    companies = dict(Company.objects.filter(organization=acme).values_list("domain", "number"))
    assert companies["y.no"] == 7
    assert companies["x.no"] > 10**12


def test_row_with_the_number_of_a_shared_contact_makes_an_own_version_of_it(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, {"contact_id": ID, "id": 5, "full_name": "Ann"})
    take_in(tmp_path, {"id": 5, "email": "a@x.no"}, organization=acme)
    own = queries.get_contact(organization=acme, key=KEY)
    assert (own.organization, own.full_name, own.email) == (acme, "Ann", "a@x.no")


def test_own_company_starts_as_the_shared_one(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, WHOLE)
    rows: list[Row] = [
        {"email": "a@x.no", "company": {"domain": "halden.no", "name": "Our name"}},
        {"email": "b@x.no", "company_id": 77},
    ]
    report = take_in(tmp_path, *rows, organization=acme)
    assert (counts(report), report.companies_inserted) == ((2, 0, 0, 0), 1)
    own = Company.objects.get(organization=acme)
    assert (own.name, own.number, own.industries) == ("Our name", 77, ["Robotics", "Software"])
    assert Company.objects.get(organization=None).name == "Halden Robotics"
    assert counts(take_in(tmp_path, *rows, organization=acme)) == (0, 0, 2, 0)


def test_own_company_is_found_by_the_number_of_the_shared_one(
    tmp_path: Path, acme: Organization
) -> None:
    """The own company of a domain may have another number than the shared one."""
    take_in(
        tmp_path,
        {"email": "a@x.no", "company": {"domain": "halden.no", "id": 9}},
        organization=acme,
    )
    take_in(tmp_path, WHOLE)
    report = take_in(tmp_path, {"email": "b@x.no", "company_id": 77}, organization=acme)
    assert (counts(report), report.companies_inserted) == ((1, 0, 0, 0), 0)
    assert Company.objects.filter(organization=acme).count() == 1


def test_later_shared_import_leaves_the_own_version(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, WHOLE)
    take_in(tmp_path, {"contact_id": ID, "job_title": "CEO"}, organization=acme)
    take_in(tmp_path, {**WHOLE, "job_title": "CTO", "emails": []})
    own = queries.get_contact(organization=acme, key=KEY)
    assert (own.job_title, own.email) == ("CEO", "ingrid@halden.no")


# --- The audit log ---------------------------------------------------------------------------------------------------


def test_private_import_is_recorded_without_personal_values(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, SECRET, {"email": "wrong"}, organization=acme)
    event = AuditEvent.objects.get(organization=acme, action="Imported contacts")
    assert (event.actor_name, event.target, event.rows) == ("Command line", "contacts.jsonl", 1)
    assert (event.detail, event.has_personal_data) == ("1 new, 0 changed, 1 rejected", True)


def test_shared_import_is_no_organizations_event(tmp_path: Path, acme: Organization) -> None:
    before = AuditEvent.objects.count()
    take_in(tmp_path, SECRET)
    assert AuditEvent.objects.count() == before


@pytest.mark.tables_owner
def test_organization_takes_its_contacts_with_it(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, WHOLE)
    take_in(tmp_path, SECRET, organization=acme)
    acme.delete()
    assert Contact.objects.get().organization is None
    assert Company.objects.get().organization is None
    assert ContactDocument.objects.count() == 1


# --- At the same time ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("held", "importer", "waits"),
    [
        ("acme", "acme", True),
        ("acme", "globex", False),
        ("shared", "acme", True),
        ("acme", "shared", True),
    ],
)
def test_imports_that_could_collide_wait_for_each_other(
    tmp_path: Path, acme: Organization, globex: Organization, held: str, importer: str, waits: bool
) -> None:
    """A private import reads shared contacts, so the two exclude each other; those of two organizations do not."""
    organizations = {"acme": acme, "globex": globex, "shared": None}
    holder = connection.copy()
    connection.cursor().execute("SET lock_timeout = '300ms'")
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            owner = organizations[held]
            if owner is not None:
                cursor.execute(stage.LOCK_SHARED, [stage.LOCK_CLASS])
            cursor.execute(stage.LOCK, [stage.LOCK_CLASS, owner.pk if owner else 0])
            if waits:
                with pytest.raises(OperationalError, match="lock timeout"):
                    take_in(tmp_path, SECRET, organization=organizations[importer])
            else:
                take_in(tmp_path, SECRET, organization=organizations[importer])
            cursor.execute("ROLLBACK")
        assert Contact.objects.count() == (0 if waits else 1)
    finally:
        holder.close()
        connection.cursor().execute("RESET lock_timeout")
