"""Selections, searches and matches once a contact of theirs was merged: each person counts and is acted on once."""

from pathlib import Path

import pytest

from contacthub.contacts import search, selections
from contacthub.contacts.facets import FacetQuestion, count_exactly, count_facet
from contacthub.contacts.filters import ContactFilters
from contacthub.contacts.merging.actions import merge_contacts, unmerge
from contacthub.contacts.models import Contact, Selection
from contacthub.core.errors import CountChanged
from contacthub.enrichment.keys.row_keys import RowReader
from contacthub.enrichment.matching import find_one
from contacthub.enrichment.models import ColumnUse
from contacthub.organizations.models import Organization
from tests.contacts.files import take_in
from tests.contacts.merged import ANNA, ANNIE, SECOND, load, load_both, merge
from tests.enrichment.builders import SOMEBODY

pytestmark = pytest.mark.django_db
THIRD = 0x333


def ask(*chosen: int, excepted: tuple[int, ...] = ()) -> selections.Question:
    return selections.Question(
        of_companies=False,
        filters=ContactFilters(),
        sort="full_name",
        is_descending=False,
        chosen=chosen or None,
        excepted=excepted,
    )


def save(organization: Organization, shown: int, question: selections.Question) -> Selection:
    return selections.save_selection(
        organization=organization, actor=SOMEBODY, question=question, shown=shown
    )


def read(selection: Selection) -> list[int]:
    """Return the keys of a frozen selection as an action reads them."""
    found = [pk for _, ids in selections.iterate_parts(selection=selection) for pk in ids]
    keys = dict(Contact.objects.filter(pk__in=found).values_list("pk", "key"))
    return [keys[pk] for pk in found]


@pytest.fixture
def people(acme: Organization, tmp_path: Path) -> Organization:
    load_both(tmp_path, acme)
    load(tmp_path, {**SECOND, "contact_id": f"id_{THIRD:016x}", "id": 73, "full_name": "Zoe"}, acme)
    return acme


def test_a_frozen_selection_acts_on_each_person_once(people: Organization) -> None:
    both = save(people, 3, ask())
    selections.freeze_selection(selection_id=both.pk)
    other = save(people, 2, ask(ANNIE, THIRD))
    selections.freeze_selection(selection_id=other.pk)
    made = merge(people)
    assert read(both) == [ANNA, THIRD]
    assert read(other) == [ANNA, THIRD]
    # Its rows stay counted: the one that is no longer a row of its own is left out.
    assert selections.count_part(selection=both, place=0) == 3
    unmerge(organization=people, actor=SOMEBODY, merge_id=made.pk)
    assert read(both) == [ANNA, ANNIE, THIRD]
    assert read(other) == [ANNIE, THIRD]


def test_several_that_became_one_are_acted_on_once(people: Organization) -> None:
    two = save(people, 2, ask(ANNA, ANNIE))
    selections.freeze_selection(selection_id=two.pk)
    merge(people)
    merge_contacts(organization=people, actor=SOMEBODY, survivor_key=THIRD, merged_key=ANNA)
    assert read(two) == [THIRD]


def test_a_selection_that_is_not_frozen_stops_where_its_rows_changed(people: Organization) -> None:
    two = save(people, 2, ask(ANNA, ANNIE))
    one = save(people, 1, ask(ANNIE))
    merge(people)
    for selection in (two, one):
        with pytest.raises(CountChanged):
            selections.freeze_selection(selection_id=selection.pk)
    without = save(people, 1, ask(excepted=(ANNA,)))
    selections.freeze_selection(selection_id=without.pk)
    assert read(without) == [THIRD]


def test_what_the_merged_contact_hid_stays_hidden(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    # One by its key, one by its number.
    take_in(
        tmp_path,
        {**SECOND, "id": 900},
        {
            "contact_id": "id_0000000000000555",
            "id": 72,
            "full_name": "Other",
            "emails": ["o@x.example"],
        },
    )
    load_both(tmp_path, acme)
    merge(acme)
    for organization, names in ((acme, ["Annie Berg"]), (globex, ["Annie Berg", "Other"])):
        page = search.list_contacts(organization=organization, filters=ContactFilters())
        assert sorted(contact.full_name for contact in page.items) == names
        assert selections.count_question(organization=organization, question=ask()) == len(names)
        total = count_exactly(organization=organization, filters=ContactFilters())
        assert total.value == len(names)
        numbered, count = search.list_contacts_by_number_page(
            organization=organization, filters=ContactFilters(), page=1, per_page=9
        )
        assert (len(numbered), count) == (len(names), len(names))
        facet = count_facet(
            FacetQuestion(organization=organization, filters=ContactFilters(), name="departments")
        )
        assert sum(each.count for each in facet.values) + facet.empty == len(names)
    assert match(acme, "annie@mail.example") == [ANNA]
    assert match(acme, "o@x.example") == []
    assert match(globex, "o@x.example") == [0x555]


def match(organization: Organization, text: str) -> list[int]:
    """Return whom a list finds by an address."""
    keys = RowReader([ColumnUse.EMAIL.value]).read([text])
    return list(find_one(organization=organization, keys=keys)[1])
