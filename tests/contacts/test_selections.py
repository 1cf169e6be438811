"""What somebody acts on is what was counted: chosen rows, all that match but some, frozen once."""

import datetime as dt
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts import selections
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location
from contacthub.contacts.models import Contact, Selection, SelectionPart
from contacthub.contacts.questions import dump_filters, load_filters
from contacthub.contacts.selections import Question
from contacthub.contacts.sql import selections as sql
from contacthub.core.errors import CountChanged, Invalid, NotFound
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.contacts.files import Row, take_in

pytestmark = pytest.mark.django_db
ACTOR = Actor(name="Alice")
# A value of every type that filters have.
VALUES: dict[Any, Any] = {
    bool: True,
    bool | None: True,
    int | None: 7,
    float | None: 0.5,
    dt.datetime | None: dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC),
    dt.date | None: dt.date(2026, 11, 30),
    str: "pay",
    tuple[str, ...]: ("VP", "a;b"),
    tuple[int, ...]: (1, 2),
    tuple[Location, ...]: (Location("Norway"), Location("Norway", "", "Oslo")),
}


def people(count: int) -> list[Row]:
    return [
        {
            "contact_id": f"id_{number:016x}",
            "id": number,
            "full_name": f"Person {number:02}",
            "quality_score": number,
            "seniority": "VP" if number % 2 else "Director",
        }
        for number in range(1, count + 1)
    ]


def ask(**more: Any) -> Question:
    values: dict[str, Any] = {"filters": ContactFilters(seniorities=("VP",))} | more
    return Question(of_companies=False, sort="quality_score", is_descending=True, **values)


def save(organization: Organization, question: Question, shown: int) -> Selection:
    return selections.save_selection(
        organization=organization, actor=ACTOR, question=question, shown=shown
    )


def frozen_keys(selection: Selection) -> list[int]:
    kept = selections.freeze_selection(selection_id=selection.pk)
    ids = [pk for _, part in selections.iterate_parts(selection=kept) for pk in part]
    keys = dict(Contact.objects.filter(pk__in=ids).values_list("pk", "key"))
    return [keys[pk] for pk in ids]


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    take_in(tmp_path, *people(10), organization=acme)
    return acme


def test_all_that_match_but_some(catalog: Organization) -> None:
    question = ask(excepted=(3, 4))

    assert selections.count_question(organization=catalog, question=question) == 4
    assert frozen_keys(save(catalog, question, 4)) == [9, 7, 5, 1]


def test_only_what_was_chosen(catalog: Organization) -> None:
    question = ask(filters=ContactFilters(), chosen=(2, 9, 77))

    assert frozen_keys(save(catalog, question, 2)) == [9, 2]


def test_another_number_than_was_shown_saves_nothing(catalog: Organization) -> None:
    with pytest.raises(CountChanged, match="showed 4; there are 5"):
        save(catalog, ask(), 4)
    assert not Selection.objects.exists()


def test_nothing_is_no_selection(catalog: Organization) -> None:
    with pytest.raises(Invalid):
        save(catalog, ask(filters=ContactFilters(seniorities=("Nobody",))), 0)


def test_too_many_exceptions_are_refused(catalog: Organization) -> None:
    with pytest.raises(Invalid, match="Use a filter"):
        selections.count_question(organization=catalog, question=ask(excepted=tuple(range(1_001))))


def test_rows_that_came_before_freezing_stop_it(catalog: Organization, tmp_path: Path) -> None:
    selection = save(catalog, ask(), 5)
    take_in(tmp_path, *people(12), organization=catalog)

    with pytest.raises(CountChanged):
        selections.freeze_selection(selection_id=selection.pk)
    assert not SelectionPart.objects.exists()


def test_other_rows_in_the_same_number_stop_it(catalog: Organization, tmp_path: Path) -> None:
    """One leaves the selection and another one joins it before the rows are frozen."""
    selection = save(catalog, ask(), 5)
    first, second, *_ = people(2)
    swapped = [first | {"seniority": "Director"}, second | {"seniority": "VP"}]
    take_in(tmp_path, *swapped, organization=catalog)

    with pytest.raises(CountChanged, match="showed 5; there are 5 others now"):
        selections.freeze_selection(selection_id=selection.pk)
    assert not SelectionPart.objects.exists()


def test_rows_that_come_after_freezing_change_nothing(
    catalog: Organization, tmp_path: Path
) -> None:
    selection = save(catalog, ask(), 5)
    before = frozen_keys(selection)
    take_in(tmp_path, *people(12), organization=catalog)

    assert frozen_keys(selection) == before == [9, 7, 5, 3, 1]


def test_parts_hold_no_more_than_their_rows(
    catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "PART_ROWS", 2)
    selection = save(catalog, ask(), 5)

    assert frozen_keys(selection) == [9, 7, 5, 3, 1]
    assert [len(ids) for _, ids in selections.iterate_parts(selection=selection)] == [2, 2, 1]
    assert [place for place, _ in selections.iterate_parts(selection=selection, first=1)] == [1, 2]


def test_anothers_rows_are_never_selected(catalog: Organization, globex: Organization) -> None:
    question = ask(chosen=(1, 3))

    assert selections.count_question(organization=globex, question=question) == 0
    with pytest.raises(NotFound):
        selections.get_selection(organization=globex, selection_id=save(catalog, ask(), 5).pk)


@pytest.mark.parametrize("kind", [ContactFilters, CompanyFilters])
def test_every_filter_is_asked_again_as_it_was(kind: type[Any]) -> None:
    for each in fields(kind):
        if each.name == "company":
            continue
        value = VALUES[each.type]
        filters = kind(**{each.name: value})
        if kind is ContactFilters:
            filters = ContactFilters(**{each.name: value}, company=CompanyFilters(text="acme"))
        dumped = dump_filters(filters)
        assert load_filters(dumped, of_companies=kind is CompanyFilters) == filters


def test_a_filter_that_is_gone_is_not_left_out(catalog: Organization) -> None:
    with pytest.raises(KeyError):
        load_filters({"shoe_size": 43}, of_companies=False)
