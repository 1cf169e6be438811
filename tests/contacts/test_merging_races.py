"""Merges at the same moment as imports, other merges and changes of lists: each waits, and nothing is lost."""

from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts import queries
from contacthub.contacts.models import Contact, ContactEmail, Merge
from contacthub.core.errors import ContactHubError
from contacthub.core.tenancy import across_organizations
from contacthub.lists import actions as list_actions
from contacthub.lists import changes
from contacthub.lists.models import ListMember
from contacthub.lists.sources import Source
from contacthub.organizations.models import Organization
from tests.contacts.merged import ANNA, ANNIE, SECOND, load, load_both, merge
from tests.enrichment.builders import SOMEBODY
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def everywhere(call: Any) -> Any:
    """Return a call that sees the rows of all in a thread of its own."""

    def run() -> Any:
        with across_organizations():
            return call()

    return run


@across_organizations()
def test_one_of_two_equal_merges_wins(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    results = race([everywhere(lambda: merge(acme))] * 3)
    assert sum(isinstance(each, Merge) for each in results) == 1
    assert sum(isinstance(each, ContactHubError) for each in results) == 2
    assert Contact.objects.count() == 1


@across_organizations()
def test_an_import_at_the_same_moment_is_not_lost(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    fresh = {**SECOND, "emails": [*SECOND["emails"], "fresh@x.example"]}
    results = race(
        [
            everywhere(lambda: merge(acme)),
            everywhere(lambda: load(tmp_path, fresh, acme, number=2)),
        ]
    )
    assert not [each for each in results if isinstance(each, Exception)]
    contact = Contact.objects.get()
    assert ContactEmail.objects.filter(contact=contact, address="fresh@x.example").exists()
    assert queries.get_contact(organization=acme, key=ANNIE) == contact


@across_organizations()
def test_a_member_that_is_added_at_the_same_moment_follows(
    tmp_path: Path, acme: Organization
) -> None:
    load_both(tmp_path, acme)
    made = [
        list_actions.create_list(
            organization=acme, actor=SOMEBODY, name=f"L{place}", of_companies=False, is_shared=True
        )
        for place in range(ROUNDS)
    ]

    def add(place: int) -> Any:
        return everywhere(
            lambda: changes.add_members(
                target=made[place], actor=SOMEBODY, items=[ANNIE], source=Source(kind="hand")
            )
        )

    results = race([everywhere(lambda: merge(acme)), *(add(place) for place in range(ROUNDS))])
    assert not [each for each in results if isinstance(each, Exception)]
    assert {*ListMember.objects.values_list("item", flat=True)} <= {ANNA, ANNIE}
    # Whoever came first: the list shows the one person that there is.
    for each in made:
        each.refresh_from_db()
        assert each.member_count == each.members.count() == 1
