"""Contacts and Companies by what feeds observed: fields, chips, columns, orders; only of feeds that are granted."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from contacthub.feeds import actions
from contacthub.feeds.models import Feed, FeedGrant
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.feeds.builders import fill
from tests.feeds.world import people, record
from tests.web.test_contacts_search import names, text_of

pytestmark = pytest.mark.django_db
LIST, COMPANIES = "/contacts/", "/companies/"


@pytest.fixture
def feed(acme: Organization, tmp_path: Path, today: dt.date) -> Feed:
    """A feed of acme with a look-back of 30 days, about three of five companies."""
    take_in(tmp_path, *people(5))
    feed = actions.create_feed(name="Cloud cost")
    actions.grant_feed(feed=feed, organization=acme, lookback_days=30)
    rows = (
        record(today, 1, contact=2, score=40),
        record(today - dt.timedelta(days=1), 2, score=90),
        record(today - dt.timedelta(days=20), 3, topic="Payroll", score=60),
        record(today - dt.timedelta(days=40), 4, topic="Old topic"),
    )
    fill(feed, tmp_path, rows, today=today)
    return feed


def person(*numbers: int) -> list[str]:
    return [f"Person {number:02}" for number in numbers]


def show(user: User, path: str, **query: Any) -> Any:
    return sign_in(user).get(path, query)


def test_fields_find_people_and_say_so_in_chips(feed: Feed, bob: User, today: dt.date) -> None:
    page = show(
        bob,
        LIST,
        feed=str(feed.public_id),
        topic="cloud",
        intent_days=10,
        score_from=60,
        sort="name",
    )

    assert names(page) == person(3, 4)
    words = text_of(page)
    assert "Feed is Cloud cost" in words
    assert "Topic is Cloud" in words
    assert "In the last 10 days" in words
    assert "Score from 60" in words
    assert names(show(bob, LIST, seen_since=str(today), sort="name")) == person(1, 2)
    assert names(show(bob, LIST, named="yes")) == person(2)
    assert names(show(bob, LIST, observed="no", sort="name")) == person(7, 8, 9, 10)
    assert len(names(show(bob, COMPANIES, topic="Payroll"))) == 1


def test_columns_and_orders(feed: Feed, bob: User) -> None:
    page = show(bob, LIST, sort="-seen")
    assert names(page)[:4] == person(2, 1, 4, 3)
    assert 'aria-sort="descending"' in page.content.decode()
    assert re.search(r"Today.*Yesterday", text_of(page))
    assert "Last seen: the last day on which" in text_of(page)

    page = show(bob, COMPANIES, sort="-intent", columns="name,intent")
    assert names(page)[:2] == ["company2.example", "company1.example"]
    assert "records of the company in the last 7 days" in text_of(page)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"intent_days": "31"}, "In the last must be a whole number from 1 to 30"),
        ({"intent_days": "0"}, "In the last must be a whole number from 1 to 30"),
        ({"topic": "Nothing"}, "Topic does not know “Nothing”"),
        # Outside of the look-back nothing is known, not even that there is such a topic.
        ({"topic": "Old topic"}, "Topic does not know “Old topic”"),
        ({"score_from": "nan"}, "Score from must be a number such as 60"),
        ({"score_from": "high"}, "Score from must be a number such as 60"),
        ({"seen_since": "yesterday"}, "Seen since must be a day such as"),
        (
            {"feed": "0b6b3a0e-0000-4000-8000-000000000000"},
            "Feed is none of your organization's feeds",
        ),
        ({"feed": "x"}, "Feed is none of your organization's feeds"),
    ],
)
@pytest.mark.parametrize("path", [LIST, COMPANIES])
def test_what_cannot_be_used_is_named_and_nothing_is_listed(
    feed: Feed, bob: User, path: str, query: dict[str, str], words: str
) -> None:
    page = show(bob, path, **query)

    assert page.status_code == 422
    assert words in text_of(page)
    assert names(page) == []


def test_the_longest_window_is_that_of_the_chosen_feed(
    feed: Feed, bob: User, acme: Organization
) -> None:
    longer = actions.create_feed(name="Payroll")
    actions.grant_feed(feed=longer, organization=acme, lookback_days=60)

    assert show(bob, LIST, intent_days=60).status_code == 200
    page = show(bob, LIST, intent_days=60, feed=str(feed.public_id))
    assert page.status_code == 422
    assert "from 1 to 30" in text_of(page)


def test_a_feed_that_is_no_longer_granted_finds_nothing_and_says_so(feed: Feed, bob: User) -> None:
    query = {"feed": str(feed.public_id)}
    assert len(names(show(bob, LIST, **query))) == 6
    FeedGrant.objects.filter(feed=feed).delete()

    page = show(bob, LIST, **query)
    assert page.status_code == 422
    assert "none of your organization's feeds, or no longer" in text_of(page)
    assert "Cloud cost" not in text_of(page)
    page = show(bob, LIST, sort="-seen")
    assert "Today" not in text_of(page)
    assert names(page) == person(*range(10, 0, -1))


def test_another_organization_learns_nothing_of_a_feed(feed: Feed, charlie: User) -> None:
    assert show(charlie, LIST, feed=str(feed.public_id)).status_code == 422
    assert show(charlie, LIST, topic="Cloud").status_code == 422
    for path in (LIST, COMPANIES):
        page = show(charlie, path, sort="-seen")
        for words in ("Cloud", "Payroll", "Today", "Yesterday"):
            assert words not in text_of(page)


def test_a_vendor_is_not_searched_as_if_it_knew_intent(feed: Feed, bob: User) -> None:
    page = show(bob, LIST, topic="Cloud")
    assert "topic=Cloud" in page.content.decode()
    assert "intent topics" in text_of(page)


def test_a_feed_leads_to_its_people_and_companies(feed: Feed, bob: User) -> None:
    page = show(bob, f"/feeds/{feed.public_id}/", days=10)
    links = re.findall(r'href="([^"]*intent_days=10[^"]*)"', page.content.decode())

    client = sign_in(bob)
    found = [names(client.get(link.replace("&amp;", "&"))) for link in links]
    assert found == [person(2, 1, 4, 3), ["company1.example", "company2.example"]]
