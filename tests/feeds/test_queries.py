"""Previews are exact and free; searches are frozen."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacthub.core.errors import Invalid, LookbackTooLong, NotFound
from contacthub.feeds import actions, queries
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.feeds.builders import fill, fill_days, line

pytestmark = pytest.mark.django_db


def recount(feed_id: int, start: dt.date, end: dt.date) -> tuple[int, int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(contact_key), count(DISTINCT domain), count(DISTINCT contact_key)"
            " FROM feeds_intentrecord WHERE feed_id = %s AND observed_on BETWEEN %s AND %s",
            [feed_id, start, end],
        )
        return cursor.fetchone()


@pytest.mark.parametrize("days", [1, 2, 7, 30, 89, 90])
def test_preview_equals_a_recount(
    grant: FeedGrant, tmp_path: Path, today: dt.date, days: int
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=120, per_day=13)
    fill(
        grant.feed,
        tmp_path,
        [line(today - dt.timedelta(days=n), n) for n in range(0, 100, 7)],
        today=today,
        name="b.csv",
    )
    preview = queries.get_preview(grant=grant, lookback_days=days, today=today)
    start = today - dt.timedelta(days=days - 1)
    assert (preview.window.start, preview.window.end) == (start, today)
    assert [day.day for day in preview.days] == [start + dt.timedelta(days=n) for n in range(days)]
    counted = (
        preview.record_count,
        preview.with_contact_count,
        preview.domain_count,
        preview.contact_count,
    )
    assert counted == recount(grant.feed_id, start, today)
    assert [day.is_partial for day in preview.days] == [False] * (days - 1) + [True]


def test_days_without_records_keep_their_place(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    fill(grant.feed, tmp_path, [line(today, 1), line(today - dt.timedelta(days=3), 2)], today=today)
    preview = queries.get_preview(grant=grant, lookback_days=5, today=today)
    assert [day.records for day in preview.days] == [0, 1, 0, 0, 1]


def test_preview_of_an_empty_feed_is_zero(grant: FeedGrant, today: dt.date) -> None:
    preview = queries.get_preview(grant=grant, lookback_days=7, today=today)
    assert (preview.record_count, preview.domain_count, preview.contact_count) == (0, 0, 0)


def test_preview_saves_nothing(grant: FeedGrant, today: dt.date) -> None:
    with CaptureQueriesContext(connection) as captured:
        queries.get_preview(grant=grant, lookback_days=7, today=today)
    assert len(captured) == 1
    assert not Search.objects.exists()


@pytest.mark.parametrize(
    ("days", "error"),
    [(0, Invalid), (-1, Invalid), (91, LookbackTooLong), (10**9, LookbackTooLong)],
)
def test_lookback_stays_within_the_cap(
    grant: FeedGrant, today: dt.date, days: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        queries.get_preview(grant=grant, lookback_days=days, today=today)


def run(grant: FeedGrant, actor: Actor, days: int, today: dt.date) -> Search:
    return actions.run_search(
        organization=grant.organization, actor=actor, grant=grant, lookback_days=days, today=today
    )


def test_search_is_frozen(grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=10, per_day=8)
    search = run(grant, as_bob, 7, today)
    before = (search.record_count, search.with_contact_count)
    assert before == (56, 42)
    fill(
        grant.feed,
        tmp_path,
        [line(today, 10_000 + n) for n in range(50)],
        today=today,
        name="late.csv",
    )
    search.refresh_from_db()
    assert (search.record_count, search.with_contact_count) == before
    assert queries.count_arrived_since(search=search) == 50
    assert run(grant, as_bob, 7, today).record_count == 106


def test_search_beyond_the_cap_saves_nothing(
    grant: FeedGrant, as_bob: Actor, today: dt.date
) -> None:
    with pytest.raises(LookbackTooLong):
        run(grant, as_bob, 91, today)
    assert not Search.objects.exists()


def test_feeds_and_searches_of_others_are_unknown(
    grant: FeedGrant, as_bob: Actor, globex: Organization, today: dt.date
) -> None:
    search = run(grant, as_bob, 7, today)
    with pytest.raises(NotFound):
        queries.get_grant(organization=globex, feed_id=grant.feed.public_id)
    with pytest.raises(NotFound):
        queries.get_search(organization=globex, search_id=search.pk)
    assert not queries.list_searches(organization=globex).exists()
    assert not queries.list_entries(organization=globex).exists()


def test_one_feed_two_organizations_two_searches(
    grant: FeedGrant,
    as_bob: Actor,
    globex: Organization,
    charlie: User,
    tmp_path: Path,
    today: dt.date,
) -> None:
    """Both see the feed's records, neither the other's searches."""
    theirs = actions.grant_feed(feed=grant.feed, organization=globex, lookback_days=14)
    fill_days(grant.feed, tmp_path, today=today, days=20, per_day=4)
    ours = run(grant, as_bob, 14, today)
    other = run(theirs, Actor.of(charlie), 14, today)
    assert ours.record_count == other.record_count == 56
    assert list(queries.list_searches(organization=globex)) == [other]
    with pytest.raises(LookbackTooLong):
        run(theirs, Actor.of(charlie), 15, today)
