"""Lists, feeds and topics as pick lists: counted under the other filters, and only those that the reader may see."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from contacthub.feeds import actions
from contacthub.feeds.models import Feed, FeedGrant
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.contacts.test_list_members import make, person
from tests.feeds.builders import fill
from tests.feeds.world import people, record
from tests.web.test_contacts_search import names, text_of
from tests.web.test_facets import boxes, rows

pytestmark = pytest.mark.django_db
LIST, COMPANIES = "/contacts/", "/companies/"


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    """Ten people at ten companies, shared; the first of them is acme's own as well."""
    take_in(tmp_path, *[person(number) for number in range(1, 11)])
    take_in(tmp_path, person(1), organization=acme)
    return acme


@pytest.fixture
def feed(acme: Organization, tmp_path: Path, today: dt.date) -> Feed:
    """A feed of acme about three of five companies with two people each."""
    take_in(tmp_path, *people(5))
    feed = actions.create_feed(name="Cloud cost")
    actions.grant_feed(feed=feed, organization=acme, lookback_days=30)
    found = (
        record(today, 1, contact=2, score=40),
        record(today, 2, score=90),
        record(today - dt.timedelta(days=20), 3, topic="Payroll", score=60),
        record(today - dt.timedelta(days=40), 4, topic="Old topic"),
    )
    fill(feed, tmp_path, found, today=today)
    return feed


def facet(user: User, name: str, area: str = LIST, **query: Any) -> Any:
    return sign_in(user).get(f"{area}facets/{name}/", query)


# --- Lists ----------------------------------------------------------------------------------------


def test_lists_are_counted_under_the_other_filters(catalog: Organization, bob: User) -> None:
    make(catalog, bob, "Shortlist", 1, 2, 3, 4, 99)
    make(catalog, bob, "Others", 5)
    make(catalog, bob, "Accounts", 501, 502, of_companies=True)
    assert rows(facet(bob, "list")) == {"Shortlist": "4", "Others": "1"}
    # VPs have odd numbers. Its own choice does not count.
    asked = {"seniority": "VP", "list": "others"}
    page = facet(bob, "list", **asked)
    assert rows(page) == {"Shortlist": "2", "Others": "1"}
    assert boxes(page) == ["list=others"]
    assert rows(facet(bob, "company_list")) == {"Accounts": "2"}
    assert rows(facet(bob, "company_list", seniority="VP", company_list="accounts")) == {
        "Accounts": "1"
    }
    assert rows(facet(bob, "company_list", COMPANIES)) == {"Accounts": "2"}
    assert facet(bob, "list", COMPANIES).status_code == 404


def test_a_box_finds_what_was_counted(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "Shortlist", 1, 2, 3)
    page = sign_in(bob).get(LIST, {"filters": "open", "facet": "list"})
    assert rows(page)["Shortlist"] == "3"
    assert f'value="{target.public_id}"' in page.content.decode()
    assert len(names(sign_in(bob).get(LIST, {"list": target.public_id}))) == 3
    excluded = facet(bob, "list", list_not=str(target.public_id))
    assert boxes(excluded) == [f"list_not={target.public_id}"]
    assert len(names(sign_in(bob).get(LIST, {"list_not": target.public_id}))) == 7


def test_lists_are_found_by_a_part_of_their_name(catalog: Organization, bob: User) -> None:
    make(catalog, bob, "Q4 shortlist", 1)
    make(catalog, bob, "Others", 5)
    assert rows(facet(bob, "list", find_list="SHORT")) == {"Q4 shortlist": "1"}
    near = facet(bob, "list", find_list="Otehrs")
    assert near.status_code == 422
    assert rows(near) == {"Others": "1"}


def test_a_count_tells_of_no_list_that_the_reader_may_not_see(
    catalog: Organization, globex: Organization, alice: User, bob: User, charlie: User
) -> None:
    make(catalog, alice, "Private of Alice", 1, 2)
    make(catalog, alice, "Shared", 1, 2, 3, is_shared=True)
    make(globex, charlie, "Theirs", 1, 2, 3, is_shared=True)
    assert rows(facet(alice, "list")) == {"Shared": "3", "Private of Alice": "2"}
    assert rows(facet(bob, "list")) == {"Shared": "3"}
    assert rows(facet(charlie, "list")) == {"Theirs": "3"}
    for name in ("Private of Alice", "Theirs"):
        found = facet(bob, "list", find_list=name)
        assert name not in rows(found)


# --- Feeds and topics -----------------------------------------------------------------------------


def test_feeds_and_topics_are_counted(feed: Feed, bob: User) -> None:
    assert rows(facet(bob, "feed")) == {"Cloud cost": "6"}
    assert rows(facet(bob, "topic")) == {"Cloud": "4", "Payroll": "2"}
    assert rows(facet(bob, "topic", COMPANIES)) == {"Cloud": "2", "Payroll": "1"}
    # Under the other filters of intent, and not under the own one.
    page = facet(bob, "topic", score_from="60", topic="payroll")
    assert rows(page) == {"Cloud": "2", "Payroll": "2"}
    assert boxes(page) == ["topic=payroll"]
    assert "2 of 2" not in text_of(page)
    assert rows(facet(bob, "feed", intent_days="5")) == {"Cloud cost": "4"}
    assert rows(facet(bob, "topic", find_topic="pay")) == {"Payroll": "2"}
    # There is no opposite of a feed or a topic.
    assert "feed_not" not in facet(bob, "feed").content.decode()


def test_a_count_tells_nothing_of_a_feed_of_others(
    feed: Feed, acme: Organization, bob: User, charlie: User
) -> None:
    for name in ("feed", "topic"):
        assert facet(charlie, name).status_code == 404
    FeedGrant.objects.filter(organization=acme).delete()
    for name in ("feed", "topic"):
        assert facet(bob, name).status_code == 404
