"""Which file is offered before its rows are charged again, and how many rows it lacks: exactly those."""

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contacthub.core import clock
from contacthub.exports.kept_files import (
    KeptFile,
    find_kept_file,
    find_kept_files,
    want_search,
    want_window,
)
from contacthub.exports.models import Export
from contacthub.feeds.actions import grant_feed
from contacthub.feeds.models import Feed, FeedGrant, IntentRecord, Search
from contacthub.feeds.queries import count_within, get_preview, list_searches
from contacthub.feeds.windows import Window
from contacthub.jobs.models import Result
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.exports.builders import make_export, render, run_search
from tests.feeds.builders import fill, fill_days, line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def exported(grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date) -> Export:
    """Seven days of ten rows, as a file; of each ten, three have no contact."""
    fill_days(grant.feed, tmp_path, today=today, days=30, per_day=10)
    return render(make_export(run_search(grant, as_bob, 7), as_bob))


def arrive(feed: Feed, tmp_path: Path, day: dt.date, count: int, *, first: int = 5000) -> None:
    """Let rows of one day come into the feed."""
    rows = [line(day, first + n, contact=n % 2 == 0) for n in range(count)]
    fill(feed, tmp_path, rows, today=clock.today(), name=f"{day}-{first}.csv")


def find(search: Search, **options: bool) -> KeptFile | None:
    return find_kept_file(organization=search.organization, wanted=want_search(search, **options))


def rows_of(search: Search) -> set[tuple[dt.date, str]]:
    frozen = IntentRecord.objects.filter(
        feed=search.feed_id,
        observed_on__range=(search.start_on, search.end_on),
        batch__lte=search.watermark,
    )
    return {(day, str(key)) for day, key in frozen.values_list("observed_on", "fingerprint")}


def test_the_same_window_without_news_is_in_the_file(
    grant: FeedGrant, exported: Export, as_bob: Actor
) -> None:
    again = run_search(grant, as_bob, 7)
    kept = find(again)
    assert kept is not None
    assert (kept.export.pk, kept.new_rows, kept.is_same_search) == (exported.pk, 0, False)
    # It is charged all the same: the number beside it is what `create_export` takes.
    assert make_export(again, as_bob).charged_rows == 70


def test_the_same_search_is_free_and_lacks_nothing(exported: Export) -> None:
    kept = find(exported.search)
    assert kept is not None
    assert (kept.new_rows, kept.is_same_search) == (0, True)


def test_rows_since_are_those_that_the_file_lacks(
    grant: FeedGrant, exported: Export, as_bob: Actor, tmp_path: Path, today: dt.date
) -> None:
    arrive(grant.feed, tmp_path, today, 4)
    arrive(grant.feed, tmp_path, today - dt.timedelta(days=3), 5)
    # Outside of the window.
    arrive(grant.feed, tmp_path, today - dt.timedelta(days=20), 50)
    again = run_search(grant, as_bob, 7)
    kept = find(again)
    assert kept is not None
    assert kept.new_rows == 9 == len(rows_of(again) - rows_of(exported.search))
    with_contact = find(again, needs_contact=True)
    assert with_contact is not None
    assert with_contact.new_rows == 2 + 3


@pytest.mark.parametrize("has_news", [False, True])
@pytest.mark.parametrize(("days", "shift"), [(3, 0), (5, 0), (7, 1), (8, 1), (6, 2), (3, 3)])
def test_a_window_that_the_file_covers_in_part_is_compared_by_rows(
    grant: FeedGrant,
    exported: Export,
    as_bob: Actor,
    tmp_path: Path,
    today: dt.date,
    days: int,
    shift: int,
    has_news: bool,
) -> None:
    """As if the export had been made some days ago."""
    Search.objects.update(
        start_on=exported.search.start_on - dt.timedelta(days=shift),
        end_on=exported.search.end_on - dt.timedelta(days=shift),
    )
    exported.refresh_from_db()
    if has_news:
        arrive(grant.feed, tmp_path, today - dt.timedelta(days=shift), 6)
    wanted = run_search(grant, as_bob, days)
    lacking = len(rows_of(wanted) - rows_of(exported.search))
    kept = find(wanted)
    if 2 * lacking > wanted.record_count:
        assert kept is None
    else:
        assert kept is not None
        assert kept.new_rows == lacking


def test_a_search_that_is_older_than_the_file_is_compared_as_well(
    grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    older = run_search(grant, as_bob, 7)
    arrive(grant.feed, tmp_path, today, 9)
    render(make_export(run_search(grant, as_bob, 7), as_bob))
    kept = find(older)
    assert kept is not None
    assert kept.new_rows == 0


def test_what_a_preview_would_freeze_is_compared_before_it_is_run(
    grant: FeedGrant, exported: Export, today: dt.date
) -> None:
    grant.feed.refresh_from_db()
    preview = get_preview(grant=grant, lookback_days=7, today=today)
    wanted = want_window(
        grant.feed,
        preview.window,
        record_count=preview.record_count,
        with_contact_count=preview.with_contact_count,
    )
    kept = find_kept_file(organization=grant.organization, wanted=wanted)
    assert kept is not None
    assert (kept.export.pk, kept.new_rows) == (exported.pk, 0)


def test_a_file_that_is_gone_is_not_offered(
    grant: FeedGrant, exported: Export, as_bob: Actor
) -> None:
    again = run_search(grant, as_bob, 7)
    Result.objects.update(expires_at=clock.now() - dt.timedelta(minutes=1))
    assert find(again) is None
    Result.objects.update(expires_at=clock.now() + dt.timedelta(days=1), deleted_at=clock.now())
    assert find(again) is None
    Result.objects.update(deleted_at=None)
    assert find(again) is not None
    Export.objects.update(state="failed")
    assert find(again) is None


@pytest.mark.parametrize("options", [{"max_rows": 69}, {"require_contact_id": True}])
def test_a_file_with_a_part_of_its_search_is_not_offered_for_the_whole(
    grant: FeedGrant,
    as_bob: Actor,
    tmp_path: Path,
    today: dt.date,
    options: dict[str, int],
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    part = render(make_export(run_search(grant, as_bob, 7), as_bob, **options))
    again = run_search(grant, as_bob, 7)
    assert find(again) is None
    assert find(part.search) is None
    kept = find(again, needs_contact=True)
    assert (kept.new_rows if kept else None) == (0 if "require_contact_id" in options else None)


def test_another_organizations_file_is_never_offered(
    grant: FeedGrant, exported: Export, globex: Organization, charlie: User
) -> None:
    theirs = grant_feed(feed=grant.feed, organization=globex, lookback_days=90)
    search = run_search(theirs, Actor.of(charlie), 7)
    assert rows_of(search) == rows_of(exported.search)
    assert find(search) is None
    assert find_kept_files(organization=globex, searches=[search]) == {}


def test_of_files_with_the_same_rows_one_with_the_chosen_columns_is_offered(
    grant: FeedGrant, exported: Export, as_bob: Actor
) -> None:
    with_pii = render(make_export(exported.search, as_bob, get_pii=True))
    render(make_export(exported.search, as_bob, columns=["domain"]))
    again = run_search(grant, as_bob, 7)
    wanted = want_search(again, columns=["domain", "first_name"])
    kept = find_kept_file(organization=grant.organization, wanted=wanted)
    assert kept is not None
    assert (kept.export.pk, kept.missing_columns) == (with_pii.pk, ())


def test_a_list_is_compared_in_one_statement(
    grant: FeedGrant,
    exported: Export,
    as_bob: Actor,
    tmp_path: Path,
    today: dt.date,
    django_assert_num_queries: Any,
) -> None:
    arrive(grant.feed, tmp_path, today, 4)
    same, shorter = run_search(grant, as_bob, 7), run_search(grant, as_bob, 5)
    mine = list_searches(organization=grant.organization)
    searches = list(mine.filter(pk__in=[same.pk, shorter.pk]))
    with django_assert_num_queries(1):
        found = find_kept_files(organization=grant.organization, searches=searches)
    assert {pk: kept.new_rows for pk, kept in found.items()} == {same.pk: 4}
    kept = find(shorter)
    assert kept is not None
    assert kept.new_rows == 4


def test_no_more_records_are_read_than_allowed(
    grant: FeedGrant, exported: Export, tmp_path: Path, today: dt.date
) -> None:
    arrive(grant.feed, tmp_path, today, 1)
    window = Window(today - dt.timedelta(days=2), today)
    assert count_within(search=exported.search, window=window, may_read=30) is None
    found = count_within(search=exported.search, window=window, may_read=31)
    assert found is not None
    assert found.records == 30
    nearly_all = Window(today - dt.timedelta(days=5), today)
    rest = count_within(search=exported.search, window=nearly_all, may_read=10)
    assert rest is not None
    assert rest.records == 60


@pytest.mark.parametrize(("counted", "new_rows"), [(70, 0), (75, 5), (69, None), (150, None)])
def test_a_vendors_searches_are_compared_by_its_counts_of_the_same_window(
    exported: Export, acme: Organization, counted: int, new_rows: int | None
) -> None:
    Feed.objects.update(remote_id="feed", owner=acme, vendor="contactbased")
    Search.objects.update(remote_id="first", watermark=0)
    first = Search.objects.select_related("feed").get()
    values = {each.attname: getattr(first, each.attname) for each in Search._meta.concrete_fields}
    again = Search(**values | {"id": uuid4(), "remote_id": "second", "record_count": counted})
    again.charged_export = None
    again.save(force_insert=True)
    kept = find(again)
    assert (kept.new_rows if kept else None) == new_rows
    assert kept is None or kept.is_vendor_count
    same = find(first)
    assert same is not None
    assert (same.new_rows, same.is_vendor_count) == (0, False)
    again.start_on -= dt.timedelta(days=1)
    assert find(again) is None
