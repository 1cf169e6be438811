"""Pages by number: the same rows as the searches see, whatever the page, its size, and the end it is read from."""

from pathlib import Path

import pytest

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.search import list_companies_by_number_page, list_contacts_by_number_page
from contacthub.organizations.models import Organization
from tests.contacts.files import Row, take_in

pytestmark = pytest.mark.django_db


def row(number: int, **more: object) -> Row:
    company = {"id": 100 + number, "domain": f"d{number}.example", "technologies": ["Python"]}
    return {
        "id": number,
        "full_name": f"N {number}",
        "job_title": "Manager",
        "contact_id": f"id_{number:016x}",
        "company": company,
    } | more


@pytest.fixture
def world(acme: Organization, globex: Organization, tmp_path: Path) -> None:
    """Import 1 to 23 for everybody; of acme's own, 5 hides by key and number, 30 hides 7 by key, 8 by number."""
    take_in(tmp_path, *map(row, range(1, 24)))
    own = [
        row(5),
        row(30, contact_id=f"id_{7:016x}"),
        row(8, contact_id=f"id_{99:016x}"),
        row(40, job_title="Clerk", company={"id": 140, "domain": "d40.example"}),
    ]
    take_in(tmp_path, *own, organization=acme)
    take_in(tmp_path, row(50), row(6), organization=globex)


SEEN = [n for n in range(1, 24) if n != 7] + [30, 40]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("per_page", [1, 2, 5, 7, 24, 25, 100])
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ContactFilters(), SEEN),
        (ContactFilters(job_titles=("manager",)), SEEN[:-1]),
        (ContactFilters(company=CompanyFilters(technologies=("Python",))), SEEN[:-1]),
        (ContactFilters(job_titles=("nobody",)), []),
    ],
)
def test_pages_of_contacts_are_slices_of_one_list(
    acme: Organization, per_page: int, filters: ContactFilters, expected: list[int]
) -> None:
    for page in range(1, len(expected) // per_page + 3):
        found, total = list_contacts_by_number_page(
            organization=acme, filters=filters, page=page, per_page=per_page
        )
        numbers = [contact.number for contact in found]
        assert numbers == expected[(page - 1) * per_page : page * per_page], page
        assert total == len(expected)
        owners = {contact.number: contact.organization_id for contact in found}
        for own in {5, 8, 30, 40} & set(numbers):
            assert owners[own] == acme.pk


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("per_page", [1, 3, 10, 30])
@pytest.mark.parametrize("filters", [CompanyFilters(), CompanyFilters(technologies=("Python",))])
def test_pages_of_companies_are_slices_of_one_list(
    acme: Organization, per_page: int, filters: CompanyFilters
) -> None:
    visible = Company.objects.filter(organization=acme) | Company.objects.filter(
        organization=None
    ).exclude(domain__in=Company.objects.filter(organization=acme).values("domain"))
    if filters.technologies:
        visible = visible.filter(technologies__contains=["Python"])
    expected = sorted(visible.values_list("number", flat=True))
    assert len(expected) >= 23
    walked: list[int] = []
    for page in range(1, len(expected) // per_page + 3):
        found, total = list_companies_by_number_page(
            organization=acme, filters=filters, page=page, per_page=per_page
        )
        walked += [company.number for company in found]
        assert total == len(expected)
    assert walked == expected


@pytest.mark.usefixtures("world")
def test_own_rows_change_nothing_for_another_organization(globex: Organization) -> None:
    found, total = list_contacts_by_number_page(
        organization=globex, filters=ContactFilters(), page=1, per_page=100
    )
    assert [contact.number for contact in found] == [*range(1, 24), 50]
    assert total == 24
    assert Contact.objects.count() > total
