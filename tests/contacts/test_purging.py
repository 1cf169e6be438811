"""Selections that nothing uses go after 30 days, with their rows; the others stay."""

import datetime as dt
from pathlib import Path

import pytest

from contacthub.celery import app
from contacthub.contacts import purging, selections
from contacthub.contacts.filters import ContactFilters
from contacthub.contacts.models import Selection, SelectionPart
from contacthub.contacts.selections import Question
from contacthub.contacts.tasks import forget_selections
from contacthub.core import clock
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.contacts.files import take_in

pytestmark = pytest.mark.django_db
ACTOR = Actor(name="Alice")
DAY = dt.timedelta(days=1)


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    take_in(tmp_path, {"contact_id": format_contact_id(1), "full_name": "Ada"}, organization=acme)
    return acme


def make_selection(organization: Organization, *, age: dt.timedelta) -> Selection:
    question = Question(
        of_companies=False, filters=ContactFilters(), sort="quality_score", is_descending=True
    )
    selection = selections.save_selection(
        organization=organization, actor=ACTOR, question=question, shown=1
    )
    selections.freeze_selection(selection_id=selection.pk)
    Selection.objects.filter(pk=selection.pk).update(created_at=clock.now() - age)
    return selection


def test_old_selections_go_with_their_rows(catalog: Organization) -> None:
    make_selection(catalog, age=purging.KEEP + DAY)
    young = make_selection(catalog, age=purging.KEEP - DAY)

    forget_selections()

    assert Selection.objects.get() == young
    assert set(SelectionPart.objects.values_list("selection", flat=True)) == {young.pk}


def test_a_selection_that_something_uses_stays(catalog: Organization) -> None:
    used = make_selection(catalog, age=purging.KEEP + DAY)
    batch = create_draft_from_text(
        organization=catalog, actor=ACTOR, text=format_contact_id(1), name="From a selection"
    )
    EnrichmentBatch.objects.filter(pk=batch.pk).update(selection=used)

    forget_selections()
    assert Selection.objects.get() == used

    batch.delete()
    forget_selections()
    assert not Selection.objects.exists()


def test_beat_forgets_them_every_hour() -> None:
    tasks = {entry["task"]: entry for entry in app.conf.beat_schedule.values()}
    assert tasks["contacthub.contacts.tasks.forget_selections"]["schedule"] == 3600.0
