"""Rows that earlier rules stored are brought to the present ones, and what becomes equal becomes one."""

import datetime as dt
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from contacthub.contacts import queries
from contacthub.contacts.models import (
    Company,
    CompanyFacts,
    Contact,
    ContactDocument,
    ContactEmail,
    ContactFacts,
    ContactPhone,
    MergedRow,
    Normalization,
    RenamedKey,
)
from contacthub.contacts.normalizing import normalize_stored
from contacthub.contacts.sql import save_documents, save_facts
from contacthub.core.public_ids import format_contact_id
from contacthub.lists.actions import create_list
from contacthub.lists.changes import add_members
from contacthub.lists.models import List
from contacthub.lists.sources import Source
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.contacts.files import counts, take_in

pytestmark = pytest.mark.django_db
LONG_AGO = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def old_key(*parts: str) -> int:
    return int.from_bytes(
        hashlib.sha256("\n".join(parts).encode()).digest()[:8], "big", signed=True
    )


def store(
    key: int, *addresses: str, organization: Organization | None = None, **more: Any
) -> Contact:
    """Store a contact as it was stored before: what is given, as it is given."""
    first = addresses[0] if addresses else None
    contact = Contact.objects.create(
        key=key, organization=organization, email=first, has_email_record=bool(addresses), **more
    )
    for place, address in enumerate(addresses, start=1):
        digests = {n: hashlib.new(n, address.encode()).digest() for n in ("md5", "sha1", "sha256")}
        ContactEmail.objects.create(contact=contact, position=place, address=address, **digests)
    return contact


def put_on_list(organization: Organization, *keys: int) -> List:
    """Return a new list of some contacts."""
    program = Actor(name="Program")
    made = create_list(
        organization=organization, actor=program, of_companies=False, name="L", is_shared=True
    )
    add_members(target=made, actor=program, items=keys, source=Source(kind="program"))
    return made


def normalize() -> Normalization:
    """Run over what is stored, as `migrate` does at its end."""
    ids = list(Contact.objects.values_list("pk", flat=True))
    save_documents(contacts=ids)
    save_facts(contacts=ids)
    Normalization.objects.all().delete()
    assert normalize_stored() is not None
    assert normalize_stored() is None
    return Normalization.objects.get()


def test_contacts_that_become_equal_become_one(acme: Organization, tmp_path: Path) -> None:
    umlaut, ascii_ = "kontor@bücher-lager.example", "kontor@xn--bcher-lager-thb.example"
    kept = store(
        old_key("email", ascii_),
        ascii_,
        full_name="Ove Lager",
        created_at=LONG_AGO,
        pii={"city": "Oslo"},
    )
    gone = store(
        old_key("email", umlaut), umlaut, "ove@mail.example", full_name="Ove", job_title="Chef",
        source_number=77, pii={"city": "Bergen", "gender": "m"}, is_in_crm=True,
    )  # fmt: skip
    ContactPhone.objects.create(contact=gone, position=1, phone="+4722123456")
    both = put_on_list(acme, kept.key, gone.key)
    report = normalize()
    assert (report.contacts_merged, report.contacts_renamed) == (1, 1)
    # A list that held both holds one person.
    assert list(both.members.values_list("item", flat=True)) == [kept.key]
    assert (report.members_moved, report.members_counted_twice) == (1, 1)
    contact = Contact.objects.get()
    assert (contact.pk, contact.key) == (kept.pk, kept.key)
    assert (contact.full_name, contact.job_title, contact.is_in_crm) == ("Ove Lager", "Chef", True)
    assert contact.pii == {"city": "Oslo", "gender": "m"}
    assert (contact.created_at, contact.phone) == (LONG_AGO, "+4722123456")
    addresses = ContactEmail.objects.order_by("position").values_list("address", "contact")
    assert list(addresses) == [(ascii_, kept.pk), ("ove@mail.example", kept.pk)]
    # The old id and the old number lead to what is left, everywhere that an id is read.
    for key in (gone.key, kept.key):
        assert queries.get_contact(organization=acme, key=key) == contact
        (document,) = queries.get_documents(organization=acme, keys=[key])
        assert "ove@mail.example" in (document.emails or "")
        assert '"city":"Oslo"' in (document.pii or "")
    found = queries.find_contacts_by_number(organization=acme, numbers=[77, kept.number])
    assert found == {77: contact, kept.number: contact}
    take_in(tmp_path, {"contact_id": format_contact_id(gone.key), "job_title": "Boss"})
    assert Contact.objects.get().job_title == "Boss"
    facts = ContactFacts.objects.get()
    assert (facts.key, facts.has_phone) == (kept.key, True)
    row = MergedRow.objects.get()
    assert (row.key, row.number, row.into_key, row.into_number) == (
        gone.key,
        77,
        kept.key,
        kept.number,
    )
    out = io.StringIO()
    call_command("list_merges", stdout=out, stderr=io.StringIO())
    assert f"merged contact,shared,{format_contact_id(gone.key)},77," in out.getvalue()


def test_a_contact_gets_the_key_that_its_file_gives_it_today(tmp_path: Path) -> None:
    link = "https://de.linkedin.com/in/J%C3%BCrgen-probe-1/de"
    plain = "https://www.linkedin.com/in/j%C3%BCrgen-probe-1"
    by_link = store(
        old_key("linkedin", "de.linkedin.com/in/j%c3%bcrgen-probe-1/de"), linkedin_url=link
    )
    company = Company.objects.create(domain="nfd-one.example", tld="example")
    name = "Zoe\u0308 MU\u0308LLEROVA\u0301"
    by_name = store(
        old_key("name", " ".join(name.casefold().split()), "nfd-one.example"),
        full_name=name,
        company=company,
    )
    given = store(5, full_name="Bjo\u0308rk", linkedin_url=link)
    assert normalize().contacts_renamed == 2
    rows = [
        {"linkedin_url": plain},
        {"full_name": "Zoë MÜLLEROVÁ", "company": {"domain": "nfd-one.example"}},
        {"contact_id": format_contact_id(5), "full_name": "Björk", "linkedin_url": plain},
    ]
    assert counts(take_in(tmp_path, *rows)) == (0, 0, 3, 0)
    assert set(Contact.objects.values_list("pk", flat=True)) == {by_link.pk, by_name.pk, given.pk}
    assert set(ContactDocument.objects.values_list("key")) == set(
        Contact.objects.values_list("key")
    )
    assert set(Contact.objects.values_list("full_name", flat=True)) == {
        "",
        "Zoë MÜLLEROVÁ",
        "Björk",
    }


def test_organizations_keep_their_own(acme: Organization, globex: Organization) -> None:
    umlaut, ascii_ = "a@bücher.example", "a@xn--bcher-kva.example"
    shared = store(old_key("email", umlaut), umlaut, full_name="Shared")
    own = store(old_key("email", umlaut), umlaut, full_name="Acme's", organization=acme)
    other = store(old_key("email", ascii_), ascii_, full_name="Globex's", organization=globex)
    report = normalize()
    assert (report.contacts_renamed, report.contacts_merged) == (2, 0)
    assert RenamedKey.objects.count() == 1
    key = other.key
    assert set(Contact.objects.values_list("pk", "key")) == {
        (c.pk, key) for c in (shared, own, other)
    }
    for organization, contact in ((acme, own), (globex, other)):
        for asked in (key, shared.key):
            assert queries.get_contact(organization=organization, key=asked) == contact


def test_addresses_numbers_and_texts_of_one_contact() -> None:
    contact = store(
        1, "a@bücher.example", "a@xn--bcher-kva.example", "åse@x.example", full_name="A\u030a\u200bse",
        country="NO", titles=["Direkto\u0308r"], crm={"source_email": "b@bücher.example"},
        linkedin_url="http://no.linkedin.com/in/Ase/?x", image_url="https://bücher.example/ä",
    )  # fmt: skip
    for place, phone in enumerate(["22123456", "+4722123456", "12345"], start=1):
        ContactPhone.objects.create(contact=contact, position=place, phone=phone)
    ContactEmail.objects.filter(position=2).update(status="valid")
    report = normalize()
    assert (report.contacts_changed, report.contacts_merged) == (1, 0)
    contact.refresh_from_db()
    assert (contact.full_name, contact.titles) == ("Åse", ["Direktör"])
    assert contact.linkedin_url == "https://www.linkedin.com/in/ase"
    assert contact.image_url == "https://xn--bcher-kva.example/ä"
    assert contact.crm == {"source_email": "b@xn--bcher-kva.example"}
    emails = ContactEmail.objects.order_by("position")
    assert list(emails.values_list("address", flat=True)) == [
        "a@xn--bcher-kva.example",
        "åse@x.example",
    ]
    assert (contact.email, contact.email_status) == ("a@xn--bcher-kva.example", "valid")
    assert bytes(emails[0].md5) == hashlib.md5(b"a@xn--bcher-kva.example").digest()
    phones = ContactPhone.objects.order_by("position").values_list("phone", "type")
    assert list(phones) == [("+4722123456", "landline"), ("12345", None)]
    assert contact.phone == "+4722123456"
    assert ContactFacts.objects.get().full_name == "Åse"


def test_companies(acme: Organization) -> None:
    kept = Company.objects.create(name="Müller AG")
    gone = Company.objects.create(name="Mu\u0308ller AG", city="Oslo")
    own = Company.objects.create(name="Mu\u0308ller AG", organization=acme)
    town = Company.objects.create(
        domain="a.oslo.no", tld="no", linkedin_url="linkedin.com/company/A/"
    )
    given = Company.objects.create(domain="b.oslo.no", tld="example")
    contact = store(1, company=gone)
    report = normalize()
    assert (report.companies_changed, report.companies_merged) == (3, 1)
    contact.refresh_from_db()
    assert contact.company == kept
    assert set(Company.objects.values_list("pk", "name", "city", "tld")) == {
        (kept.pk, "Müller AG", "Oslo", None),
        (own.pk, "Müller AG", None, None),
        (town.pk, None, None, "oslo.no"),
        (given.pk, None, None, "example"),
    }
    assert Company.objects.get(pk=town.pk).linkedin_url == "https://www.linkedin.com/company/a"
    assert CompanyFacts.objects.get(company=town).company_tld == "oslo.no"
    assert MergedRow.objects.get().into_number == kept.number


# Going back and forward through twenty migrations takes twenty seconds.
@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_an_upgrade_mends_and_merges() -> None:
    umlaut, ascii_ = "a@bücher.example", "a@xn--bcher-kva.example"
    call_command("migrate", "contacts", "0006_search_keys", verbosity=0)
    try:
        with connection.cursor() as cursor:
            for place, address in enumerate((umlaut, ascii_)):
                cursor.execute(
                    "INSERT INTO contacts_contact (key, full_name, email, has_email_record, created_at, updated_at)"
                    " VALUES (%s, 'Ann', %s, true, '2026-03-02', '2026-03-01') RETURNING id",
                    [old_key("email", address), address],
                )
                contact = cursor.fetchone()[0]
                cursor.execute(
                    "INSERT INTO contacts_contactemail (contact_id, position, address, md5, sha1, sha256)"
                    " VALUES (%s, %s, %s, '', '', '')",
                    [contact, place + 1, address],
                )
    finally:
        # Of all apps: those that build on contacts went back with them.
        call_command("migrate", verbosity=0)
    contact = Contact.objects.get()
    assert contact.updated_at == contact.created_at == dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    assert (contact.key, contact.email) == (old_key("email", ascii_), ascii_)
    assert Normalization.objects.get().contacts_merged == 1
    assert ContactFacts.objects.get().key == contact.key
