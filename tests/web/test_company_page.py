"""The page of a company: intent by topic on one scale, the people behind it, exports and lists that hold it."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts.models import Company
from contacthub.exports.models import Export
from contacthub.feeds import actions
from contacthub.feeds.models import Feed, FeedGrant
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.feeds.builders import fill
from tests.feeds.world import people, record
from tests.web.test_contacts_search import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(acme: Organization, tmp_path: Path, today: dt.date) -> Feed:
    """A feed of acme about company 1: two topics, one of them today, and people 1 and 3."""
    take_in(tmp_path, *people(2))
    feed = actions.create_feed(name="Cloud cost")
    actions.grant_feed(feed=feed, organization=acme, lookback_days=30)
    rows = (
        *(record(today, 1, contact=2, score=n) for n in range(3)),
        record(today - dt.timedelta(days=2), 1, contact=1),
        record(today - dt.timedelta(days=20), 1, topic="Payroll", score=88),
        record(today - dt.timedelta(days=40), 1, topic="Old topic", contact=1),
        # Whom a record names may work elsewhere.
        record(today, 1, contact=3),
        record(today, 2, topic="Theirs"),
    )
    fill(feed, tmp_path, rows, today=today)
    return feed


def show(user: User, number: int = 1) -> Any:
    company = Company.objects.get(domain=f"company{number}.example")
    return sign_in(user).get(f"/companies/{company.number}/")


def test_topics_stand_on_one_scale_with_their_numbers(
    feed: Feed, bob: User, today: dt.date
) -> None:
    page = show(bob)
    words = text_of(page)

    assert re.search(r"Cloud 3 people, 2 days active .*?5 last 7 days", words)
    assert re.search(r"Payroll quiet since .*?0 last 7 days", words)
    assert "2 topics; 3 people named; 5 records in the last 7 days" in words
    for unknown in ("Old topic", "Theirs"):
        assert unknown not in words
    html = page.content.decode()
    # Today's four records are the highest bar, which a single record elsewhere is a quarter of.
    assert html.count('class="today"') == 1
    assert re.search(r'class="today"[^>]*height="44\.0"', html)
    assert html.count('height="11.0"') == 2
    assert "best score 88" in words


def test_people_behind_it_are_those_whom_records_name(feed: Feed, bob: User, vera: User) -> None:
    page = show(bob)
    words = text_of(page)

    assert "People behind it 2 of 2" in words
    assert re.search(r"Person 02 3 Today .*? Person 01 1 ", words)
    address = re.search(r'href="(/contacts/[^"]*named=yes)"', page.content.decode())
    assert address
    found = sign_in(bob).get(address[1].replace("&amp;", "&"))
    assert "Person 01" in text_of(found)
    assert "Blocked" in text_of(show(vera))


def test_exports_that_hold_it(feed: Feed, bob: User, charlie: User, acme: Organization) -> None:
    search = actions.run_search(
        organization=acme, actor=Actor.of(bob), grant=FeedGrant.objects.get(), lookback_days=7
    )
    values = {
        "organization": acme,
        "search": search,
        "state": Export.State.COMPLETED,
        "page_size": 100,
    }
    counts = {"matched_rows": 6, "total_rows": 6, "charged_rows": 0}
    Export.objects.create(name="All of them", **values, **counts)
    Export.objects.create(name="With a contact", require_contact_id=True, **values, **counts)
    Export.objects.create(name="Failed one", **(values | counts | {"state": Export.State.FAILED}))

    words = text_of(show(bob))
    assert "All of them 5 of 6 rows" in words
    assert "With a contact 5 of 6 rows" in words
    assert "Failed one" not in words
    assert "All of them" not in text_of(show(charlie))


def test_without_a_grant_the_page_tells_nothing_of_intent(
    feed: Feed, charlie: User, bob: User
) -> None:
    for user in (charlie, bob):
        if user == bob:
            FeedGrant.objects.all().delete()
        words = text_of(show(user))
        assert "None of your feeds observed this company" in words
        for unknown in ("Cloud", "Payroll", "People behind it"):
            assert unknown not in words
