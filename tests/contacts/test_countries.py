"""Countries of imports and of what is stored already: one value for each, and other text stays."""

from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection

from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location
from contacthub.contacts.models import Company, CompanyFacts, Contact, ContactDocument, ContactFacts
from contacthub.contacts.queries import get_documents
from contacthub.contacts.search import list_contacts
from contacthub.contacts.sql import save_documents, save_facts
from contacthub.organizations.models import Organization
from tests.contacts.files import read_rejects, take_in

pytestmark = pytest.mark.django_db


def person(number: int, **values: object) -> dict[str, object]:
    return {"contact_id": f"id_{number:016x}", "id": number, "full_name": f"P{number}", **values}


def found(organization: Organization, filters: ContactFilters) -> list[int]:
    page = list_contacts(organization=organization, filters=filters)
    return sorted(contact.number for contact in page.items)


def test_an_import_stores_one_value_for_a_country(acme: Organization, tmp_path: Path) -> None:
    take_in(
        tmp_path,
        person(1, country="NO", company={"domain": "a.example", "country_code": "Norge"}),
        person(
            2, country="nor", company={"domain": "b.example", "location": {"country": "norway"}}
        ),
        person(3, pii={"country": "578"}, company={"domain": "c.example", "country_code": "no"}),
        person(
            4, country="Narnia", company={"domain": "d.example", "location": {"country": "Narnia"}}
        ),
        person(5, country="SE"),
    )
    assert set(Contact.objects.values_list("number", "country")) == {
        (1, "Norway"), (2, "Norway"), (3, "Norway"), (4, "Narnia"), (5, "Sweden"),
    }  # fmt: skip
    assert set(Company.objects.values_list("domain", "country", "country_code")) == {
        ("a.example", "Norway", "NO"), ("b.example", "Norway", "NO"), ("c.example", "Norway", "NO"),
        ("d.example", "Narnia", None),
    }  # fmt: skip
    (document,) = get_documents(organization=acme, keys=[3])
    assert '"country":"Norway"' in (document.pii or "")
    for asked in ("Norway", "NO", "nor", "Norge", "578"):
        assert found(acme, ContactFilters(country=asked)) == [1, 2, 3]
        place = CompanyFilters(locations=(Location(asked),))
        assert found(acme, ContactFilters(company=place)) == [1, 2, 3]
    assert found(acme, ContactFilters(country="narnia")) == [4]


def test_a_column_of_codes_takes_no_other_text(tmp_path: Path) -> None:
    report = take_in(tmp_path, person(1, country_code="ß"), person(2, country_code="XX"))
    assert report.rejected == 2
    reason = "country_code is not a country: write a code such as NO, or a name such as Norway"
    assert read_rejects(tmp_path) == [(1, reason), (2, reason)]


def test_what_is_stored_already_is_written_in_the_same_way(acme: Organization) -> None:
    companies = [
        Company.objects.create(domain=f"{number}.example", country=country, country_code=code)
        for number, (country, code) in enumerate(
            [("NORGE", None), (None, "NO"), ("Norway", "NO"), ("Narnia", None)]
        )
    ]
    contacts = [
        Contact.objects.create(
            key=number, full_name=f"P{number}", country=country, pii=pii, company=company
        )
        for number, (country, pii, company) in enumerate(
            [
                ("nor", None, companies[0]),
                ("NO", {"first_name": 'A "country":"NO"}'}, companies[1]),
                ("Narnia", {"country": "578"}, companies[2]),
                ("Norway", {}, companies[3]),
            ]
        )
    ]
    keys = [contact.pk for contact in contacts]
    save_facts(contacts=keys)
    save_documents(contacts=keys)

    with connection.schema_editor(atomic=False) as editor:
        import_module("contacthub.contacts.migrations.0005_countries").write_countries(None, editor)

    assert list(Company.objects.order_by("pk").values_list("country", "country_code")) == [
        ("Norway", "NO"), ("Norway", "NO"), ("Norway", "NO"), ("Narnia", None),
    ]  # fmt: skip
    assert list(Contact.objects.order_by("key").values_list("country", "pii")) == [
        ("Norway", None),
        ("Norway", {"first_name": 'A "country":"NO"}'}),
        ("Narnia", {"country": "Norway"}),
        ("Norway", {}),
    ]
    # Facts and documents are what an import would make of the rows now.
    models = (ContactFacts, CompanyFacts, ContactDocument)
    migrated = [list(model.objects.order_by("pk").values()) for model in models]
    save_facts(contacts=keys)
    assert save_documents(contacts=keys) == 0
    assert [list(model.objects.order_by("pk").values()) for model in models] == migrated
    assert found(acme, ContactFilters(company=CompanyFilters(country_codes=("NO",)))) == sorted(
        contact.number for contact in contacts[:3]
    )
