"""Lists beside the catalog: selections as members, a list as a filter, members that were removed or merged."""

from pathlib import Path

import pytest

from contacthub.contacts import list_members, search, selections
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact, Selection
from contacthub.contacts.normalizing.merging import merge_companies, rename_contact
from contacthub.core.errors import CountChanged, NotFound
from contacthub.lists import actions, changes
from contacthub.lists.models import List, ListMember
from contacthub.lists.sources import Source
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.contacts.files import take_in

pytestmark = pytest.mark.django_db


def person(number: int, **more: object) -> dict[str, object]:
    company = {
        "id": 500 + number,
        "domain": f"company{number}.example",
        "name": f"Company {number}",
    }
    row = {"contact_id": f"id_{number:016x}", "id": number, "full_name": f"Person {number}"}
    return row | {"company": company, "seniority": "VP" if number % 2 else "Director"} | more


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    take_in(tmp_path, *[person(number) for number in range(1, 11)], organization=acme)
    return acme


def make(organization: Organization, user: User, name: str, *items: int, **more: bool) -> List:
    values = {"of_companies": False} | more
    made = actions.create_list(organization=organization, actor=Actor.of(user), name=name, **values)
    if items:
        changes.add_members(
            target=made, actor=Actor.of(user), items=items, source=Source(kind="hand")
        )
    return made


def select(
    organization: Organization, user: User, shown: int, filters: ContactFilters
) -> Selection:
    question = selections.Question(
        of_companies=False, filters=filters, sort="full_name", is_descending=False
    )
    return selections.save_selection(
        organization=organization, actor=Actor.of(user), question=question, shown=shown, words="VPs"
    )


def items(target: List) -> list[int]:
    return sorted(ListMember.objects.filter(list=target).values_list("item", flat=True))


def find(organization: Organization, **filters: object) -> list[int]:
    asked = ContactFilters(**filters)  # type: ignore[arg-type]
    page = search.list_contacts(organization=organization, filters=asked, sort="full_name")
    count = search.count_contacts(organization=organization, filters=asked)
    assert count.value == len(page.items)
    return sorted(contact.key for contact in page.items)


def test_selection_becomes_members(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "VPs", 3, 4)
    selection = select(catalog, bob, 5, ContactFilters(seniorities=("VP",)))
    source = list_members.source_of(selection)

    assert changes.count_source(organization=catalog, source=source) == 5
    assert changes.count_on_list(target=target, source=source) == 1
    entry = changes.add_source(target=target, actor=Actor.of(bob), source=source, shown=5)

    assert (entry.item_count, entry.words) == (4, "VPs")
    assert items(target) == [1, 3, 4, 5, 7, 9]
    changes.remove_source(target=target, actor=Actor.of(bob), source=source, shown=5)
    assert items(target) == [4]


def test_nothing_is_added_that_was_not_counted(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "VPs")
    selection = select(catalog, bob, 5, ContactFilters(seniorities=("VP",)))
    Contact.objects.get(key=3).delete()

    with pytest.raises(CountChanged, match="The page showed 5; there are 4 now"):
        changes.add_source(
            target=target, actor=Actor.of(bob), source=list_members.source_of(selection), shown=5
        )
    assert items(target) == []


def test_selection_of_another_organization_is_unknown(
    catalog: Organization, globex: Organization, bob: User, charlie: User
) -> None:
    source = list_members.source_of(select(catalog, bob, 10, ContactFilters()))
    theirs = make(globex, charlie, "Theirs")

    for act in (
        lambda: changes.count_source(organization=globex, source=source),
        lambda: changes.add_source(target=theirs, actor=Actor.of(charlie), source=source, shown=10),
    ):
        with pytest.raises(NotFound):
            act()


def test_list_is_a_filter_of_contacts(catalog: Organization, bob: User) -> None:
    one, two = make(catalog, bob, "One", 1, 2, 99), make(catalog, bob, "Two", 2, 3)

    assert find(catalog, lists=(one.pk,)) == [1, 2]
    assert find(catalog, lists=(one.pk, two.pk)) == [1, 2, 3]
    assert find(catalog, lists=(one.pk,), exclude_lists=(two.pk,)) == [1]
    assert find(catalog, exclude_lists=(one.pk, two.pk)) == [4, 5, 6, 7, 8, 9, 10]


def test_list_of_companies_is_a_filter_of_both(
    catalog: Organization, bob: User, tmp_path: Path
) -> None:
    take_in(tmp_path, {"contact_id": f"id_{77:016x}", "full_name": "Alone"}, organization=catalog)
    listed = make(catalog, bob, "Accounts", 502, 504, of_companies=True)

    companies = search.list_companies(
        organization=catalog, filters=CompanyFilters(lists=(listed.pk,))
    )
    assert [each.number for each in companies.items] == [502, 504]
    rest = CompanyFilters(exclude_lists=(listed.pk,))
    assert search.count_companies(organization=catalog, filters=rest).value == 8
    assert find(catalog, company=CompanyFilters(lists=(listed.pk,))) == [2, 4]
    # A contact without a company is on no list of companies.
    assert find(catalog, company=rest) == [1, 3, 5, 6, 7, 8, 9, 10, 77]


def test_people_of_a_shared_company_that_an_own_one_hides(
    acme: Organization, bob: User, tmp_path: Path
) -> None:
    take_in(tmp_path, person(1))
    own = {"id": 900, "domain": "company1.example", "name": "Own"}
    take_in(tmp_path, person(2, company=own), organization=acme)
    listed = make(acme, bob, "Accounts", 900, of_companies=True)

    assert find(acme, company=CompanyFilters(lists=(listed.pk,))) == [1, 2]


def test_removed_members_are_named_and_counted(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "One", 1, 2, 55)
    Contact.objects.get(key=2).delete()

    assert list_members.count_removed(target=target) == 2
    removed = list_members.list_removed(target=target, after=None, most=5)
    assert [(each.item, each.added_by) for each in removed] == [(2, "Bob"), (55, "Bob")]
    assert [each.item for each in list_members.list_removed(target=target, after=2, most=5)] == [55]
    target.refresh_from_db()
    assert target.member_count == 3


def test_merged_contacts_and_companies_are_one_member(catalog: Organization, bob: User) -> None:
    people = make(catalog, bob, "People", 1, 2)
    companies = make(catalog, bob, "Companies", 501, 502, of_companies=True)

    first, second = (Contact.objects.select_related("company").get(key=key) for key in (1, 2))
    rename_contact(second, 1)
    merge_companies(first.company, second.company)

    assert (items(people), items(companies)) == ([1], [501])
    people.refresh_from_db()
    assert people.member_count == 1
