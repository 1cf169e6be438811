"""An enrichment of selected contacts: exactly those that were counted, in their order, once."""

import pytest

from contacthub.contacts.filters import ContactFilters
from contacthub.contacts.models import Contact, Selection
from contacthub.contacts.selections import Question, save_selection
from contacthub.core.errors import CountChanged, Invalid
from contacthub.enrichment.actions import selections as actions
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.preparing import MatchList
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.enrichment.builders import SOMEBODY, cid
from tests.enrichment.people import import_people, person

pytestmark = pytest.mark.django_db
PATH = "/enrichment/from-selection/"


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def selection(acme: Organization) -> Selection:
    company = {"domain": "nordwind.example", "name": "Nordwind AS"}
    import_people([person(n, f"Person {n}", company=company) for n in range(1, 6)])
    question = Question(
        of_companies=False,
        filters=ContactFilters(),
        sort="full_name",
        is_descending=True,
        excepted=(2,),
    )
    return save_selection(organization=acme, actor=SOMEBODY, question=question, shown=4)


def make(selection: Selection) -> EnrichmentBatch:
    return actions.create_draft_from_selection(
        organization=selection.organization, actor=SOMEBODY, selection=selection
    )


def cells_of(batch: EnrichmentBatch) -> list[list[str]]:
    return list(
        EnrichmentRow.objects.filter(batch=batch)
        .order_by("ordinal")
        .values_list("cells", flat=True)
    )


def test_rows_are_the_selected_contacts_in_their_order(selection: Selection) -> None:
    batch = make(selection)
    assert [cells[:2] for cells in cells_of(batch)] == [
        [cid(n), f"Person {n}"] for n in (5, 4, 3, 1)
    ]
    assert cells_of(batch)[0][3] == "Nordwind AS"
    assert (batch.row_count, batch.valid_count, batch.matched_count) == (4, 4, 4)
    assert batch.is_by_ids
    assert make(selection).pk == batch.pk


def test_large_selection_is_taken_by_a_job(
    selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 2)
    batch = make(selection)
    assert batch.row_count == 0
    assert batch.match_job_id
    perform(batch.match_job_id, MatchList)
    batch.refresh_from_db()
    assert (batch.row_count, batch.valid_count) == (4, 4)


def test_nothing_is_made_where_the_count_has_changed(selection: Selection) -> None:
    Contact.objects.filter(key=5).delete()
    with pytest.raises(CountChanged):
        make(selection)
    assert not EnrichmentBatch.objects.exists()


def test_companies_are_refused(selection: Selection) -> None:
    Selection.objects.filter(pk=selection.pk).update(of_companies=True)
    selection.refresh_from_db()
    with pytest.raises(Invalid, match="Companies cannot be enriched"):
        make(selection)


def test_page_says_how_many_and_goes_on_to_the_check(
    selection: Selection, bob: User, charlie: User
) -> None:
    client = sign_in(bob)
    page = client.get(PATH, {"selection": str(selection.pk)}).content.decode()
    assert "Use 4 contacts" in page
    response = client.post(PATH, {"selection": str(selection.pk)})
    batch = EnrichmentBatch.objects.get()
    assert response["Location"] == f"/enrichment/{batch.pk}/check/"
    assert client.get(PATH).status_code == 404
    # Another organization's selection is unknown.
    stranger = sign_in(charlie)
    for answer in (
        stranger.get(PATH, {"selection": str(selection.pk)}),
        stranger.post(PATH, {"selection": str(selection.pk)}),
    ):
        assert answer.status_code == 404
