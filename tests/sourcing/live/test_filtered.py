"""Filters that a vendor cannot apply: ContactHub applies them to the rows that come, and nothing widens what is saved.

The vendor is ContactHub's own gateway in a process of its own. Of its 60 contacts every second has an address.
"""

from typing import Any

import pytest

from contacthub.connectors.registry import CONNECTORS
from contacthub.contacts.models import Contact
from contacthub.core.errors import CountChanged, Invalid
from contacthub.credentials.models import Connection, VendorCall
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from contacthub.sourcing.live import actions as saves
from contacthub.sourcing.live import runner as saving
from contacthub.sourcing.live import search
from contacthub.sourcing.live.queries import get_save
from contacthub.sourcing.live.runner import SaveFound
from contacthub.sourcing.models import LiveSave
from tests.enrichment.builders import SOMEBODY
from tests.enrichment.vendor import COUNT
from tests.sourcing.live.test_live import ask, do, start_all, wish_for

pytestmark = pytest.mark.django_db(transaction=True)
WITH_EMAIL = COUNT // 2


def test_page_shows_what_matches_of_what_came(acme: Organization, letrics: Connection) -> None:
    question = ask(acme, letrics, has_email=True)
    assert (dict(question.plan.sent), list(question.plan.checked)) == ({}, ["has_email"])
    page = search.read_page(question=question)
    assert (len(page.items), page.fetched, page.total) == (WITH_EMAIL, COUNT, COUNT)
    assert page.next is None
    assert not page.is_short


def test_pages_are_filled_up_to_the_limit_of_fetched_rows(
    acme: Organization, letrics: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FETCHED_AT_ONCE", 10)
    question = ask(acme, letrics, has_email=True)
    # Of every page of the vendor five match, so that twelve need three.
    page = search.read_page(question=question, size=12)
    assert (len(page.items), page.fetched, page.is_short) == (15, 30, False)
    rest = search.read_page(question=question, size=50, position=page.next)
    assert {each.vendor_id for each in page.items} & {
        each.vendor_id for each in rest.items
    } == set()
    assert (len(rest.items), rest.next) == (15, None)
    # Nobody has this name: the search ends where it may cost no more, says so, and can go on.
    VendorCall.objects.all().delete()
    monkeypatch.setattr(search, "MOST_FETCHED", 25)
    empty = search.read_page(question=ask(acme, letrics, text="nobody at all"))
    assert (empty.items, empty.fetched, empty.is_short) == ((), 20, True)
    assert VendorCall.objects.count() == 2
    assert empty.next


@pytest.mark.parametrize("name", ["letrics", "nordics"])
def test_save_all_never_widens(
    acme: Organization, request: pytest.FixtureRequest, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PAGE_ROWS", 25)
    vendor = request.getfixturevalue(name)
    filters: dict[str, Any] = {"letrics": {"text": "person4"}, "nordics": {"has_email": True}}[name]
    question = ask(acme, vendor, **filters, exclude_job_titles=("none such",))
    shown = search.read_page(question=question)
    assert question.plan.checked
    save = do(start_all(acme, question, name="Matching"))
    assert (save.state, save.saved_count, save.seen_count) == (
        "completed",
        len(shown.items),
        len(shown.items),
    )
    addresses = {each.emails[0].email for each in shown.items if each.emails}
    assert set(Contact.objects.values_list("email", flat=True)) == addresses
    assert save.fetched_count >= save.seen_count
    assert save.list is not None
    assert save.list.member_count == len(shown.items)


def test_page_saves_what_it_showed_and_nothing_else(
    acme: Organization, letrics: Connection
) -> None:
    question = ask(acme, letrics, has_email=True)
    whose: dict[str, Any] = {
        "organization": acme,
        "actor": SOMEBODY,
        "wish": wish_for(question),
        "position": None,
        "chosen": None,
    }
    with pytest.raises(CountChanged):
        saves.save_page(**whose, shown=WITH_EMAIL + 1)
    save = saves.save_page(**whose, shown=WITH_EMAIL)
    assert (save.saved_count, save.fetched_count) == (WITH_EMAIL, COUNT)


@pytest.mark.parametrize(("limit", "size", "fetched"), [(50, 50, 50), (45, 22, 44), (7, 7, 7)])
def test_no_more_is_fetched_than_was_agreed(
    acme: Organization,
    letrics: Connection,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    size: int,
    fetched: int,
) -> None:
    monkeypatch.setattr(saving, "PAGE_ROWS", 50 if limit == 50 else 25)
    save = do(start_all(acme, ask(acme, letrics, has_email=True), fetch=limit))
    assert (save.state, save.fetched_count, save.is_limited) == ("completed", fetched, True)
    assert save.saved_count == fetched // 2
    assert save.job
    assert (save.job.total, save.job.done) == (limit, limit)
    for wrong in (0, 10_001):
        with pytest.raises(Invalid):
            start_all(acme, ask(acme, letrics, has_email=True), fetch=wrong)


def test_another_count_stops_before_anything_is_saved(
    acme: Organization, letrics: Connection
) -> None:
    question = ask(acme, letrics, has_email=True)
    with pytest.raises(CountChanged):
        saves.start_save(
            organization=acme,
            actor=SOMEBODY,
            wish=wish_for(question),
            terms=saves.Terms(100, COUNT - 1),
            counted=COUNT,
        )
    # It changes after somebody has started: the job stops with both numbers.
    save = do(start_all(acme, question, counted=COUNT - 1))
    assert (save.state, save.seen_count, save.recounted) == ("failed", 0, COUNT)
    assert not Contact.objects.exists()
    whose: dict[str, Any] = {"organization": acme, "actor": SOMEBODY, "save_id": save.pk}
    with pytest.raises(CountChanged):
        saves.retry_save(**whose)
    saves.retry_save(**whose, shown=COUNT)
    save = do(get_save(organization=acme, save_id=save.pk))
    assert (save.state, save.saved_count, save.counted) == ("completed", WITH_EMAIL, COUNT)


def test_job_whose_filter_nobody_applies_any_longer_stops(
    acme: Organization, letrics: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = start_all(acme, ask(acme, letrics, has_email=True))
    monkeypatch.setattr(CONNECTORS["letrics"], "contact_carries", frozenset())
    assert save.job_id
    perform(save.job_id, SaveFound)
    save = LiveSave.objects.get(pk=save.pk)
    assert (save.state, save.seen_count, save.fetched_count) == ("failed", 0, 0)
    assert not Contact.objects.exists()


def test_filters_are_kept_with_the_run(acme: Organization, letrics: Connection) -> None:
    question = ask(acme, letrics, has_email=True, text="first")
    save = start_all(acme, question)
    again = search.plan_question(letrics, search.from_json(save.asked), of_companies=False)
    assert again.plan == question.plan
