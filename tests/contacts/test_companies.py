"""Companies that are saved without a contact: by the rules of an import, private to the organization."""

import pytest
from django.db import transaction

from contacthub.contacts.actions import Added, add_found_companies, save_contacts
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.queries import get_company
from contacthub.contacts.search import count_companies, count_contacts
from contacthub.organizations.models import Organization

pytestmark = pytest.mark.django_db


def add(organization: Organization, *companies: dict[str, object]) -> Added:
    with transaction.atomic():
        return add_found_companies(
            organization=organization, rows=[{"company": company} for company in companies]
        )


def test_own_company_takes_the_place_of_the_shared_one(
    acme: Organization, globex: Organization
) -> None:
    shared = Company.objects.create(domain="nordwind.example", name="Old", technologies=["dbt"])
    added = add(acme, {"domain": "Nordwind.example", "name": "Nordwind", "industries": ["Ships"]})
    own = Company.objects.get(organization=acme)
    assert (added.ids, added.inserted, added.updated) == ([own.pk], 1, 0)
    assert (own.name, own.technologies, own.tld) == ("Nordwind", ["dbt"], "example")
    assert own.number == shared.number
    assert get_company(organization=acme, number=shared.number) == own
    assert get_company(organization=globex, number=shared.number) == shared
    ships = CompanyFilters(industries=("Ships",))
    assert count_companies(organization=acme, filters=ships).value == 1
    assert count_companies(organization=globex, filters=ships).value == 0
    assert add(acme, {"domain": "nordwind.example", "name": "Nordwind"}).updated == 0


def test_contacts_of_a_changed_company_are_found_by_it(acme: Organization) -> None:
    person = {
        "emails": [{"email": "a@nordwind.example"}],
        "company": {"domain": "nordwind.example"},
    }
    with transaction.atomic():
        save_contacts(organization=acme, rows=[person])
    add(acme, {"domain": "nordwind.example", "industries": ["Ships"]})
    asked = ContactFilters(company=CompanyFilters(industries=("Ships",)))
    assert count_contacts(organization=acme, filters=asked).value == 1
    assert Contact.objects.get().company == Company.objects.get()


def test_what_tells_no_company_apart_or_cannot_be_is_left_out(acme: Organization) -> None:
    added = add(
        acme,
        {"industries": ["Ships"]},
        {"name": "Wrong Country AS", "country_code": "xx"},
        {"name": "Only A Name AS"},
    )
    company = Company.objects.get()
    assert (added.ids, added.inserted) == ([None, None, company.pk], 1)
