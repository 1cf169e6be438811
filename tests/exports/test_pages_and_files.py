"""Pages never change, the file is the pages, and it is the same whoever wrote it."""

import csv
import datetime as dt
import hashlib
import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.exports import queries
from contacthub.exports.columns import list_names
from contacthub.exports.models import Export, PageBoundary
from contacthub.exports.rows import read_page
from contacthub.exports.runner import RenderFile
from contacthub.feeds.models import FeedGrant, Search
from contacthub.formats import FORMATS
from contacthub.jobs import sql as job_sql
from contacthub.jobs.lease import Lease
from contacthub.jobs.models import Fragment, Job
from contacthub.organizations.audit import Actor
from tests.exports.builders import make_export, read_file, render, run_search
from tests.feeds.builders import fill, fill_days, line
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_pages(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 10 rows in fragments of 3 pages, so that 345 rows are many of both."""
    settings.CONTACTBASED_EXPORT_PAGE_SIZE = 10
    monkeypatch.setattr("contacthub.exports.sources.searches.SearchSource.pages_per_fragment", 3)
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def search(grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date) -> Search:
    fill_days(grant.feed, tmp_path, today=today, days=40, per_day=23)
    return run_search(grant, as_bob, days=15)


def all_pages(export: Export) -> list[list[dict[str, Any]]]:
    return [read_page(export=export, page=page) for page in range(1, export.total_pages + 1)]


def test_pages_are_gap_free_and_newest_first(search: Search, as_bob: Actor) -> None:
    export = make_export(search, as_bob, format=None)
    pages = all_pages(export)
    assert [len(page) for page in pages] == [10] * 34 + [5]
    days = [row["observed_on"] for page in pages for row in page]
    assert days == sorted(days, reverse=True)
    assert (
        len(
            {
                (row["observed_on"], row["contact_id"], row["company_name"])
                for page in pages
                for row in page
            }
        )
        == 345
    )


def test_last_page_can_be_asked_for_first(
    search: Search, as_bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.exports.feed_rows.PAGES_AT_ONCE", 4)
    export = make_export(search, as_bob, format=None)
    last = read_page(export=export, page=35)
    assert len(last) == 5
    assert all_pages(export)[34] == last
    assert sum(PageBoundary.objects.values_list("row_count", flat=True)) == 345


@pytest.mark.django_db(transaction=True)
def test_pages_asked_for_at_one_moment(search: Search, as_bob: Actor) -> None:
    """Readers that find the boundaries of an export together all get their page."""
    for _ in range(6):
        export = make_export(search, as_bob, format=None)
        pages = race([partial(read_page, export=export, page=n) for n in (35, 1, 34, 2, 35, 3)])
        assert [len(page) for page in pages] == [5, 10, 10, 10, 5, 10]


@pytest.mark.parametrize("page", [0, -1, 36, 10**9])
def test_page_outside_the_export_is_refused(search: Search, as_bob: Actor, page: int) -> None:
    with pytest.raises(Invalid):
        read_page(export=make_export(search, as_bob, format=None), page=page)


def test_pages_do_not_change_when_rows_arrive(
    grant: FeedGrant, search: Search, as_bob: Actor, tmp_path: Path, today: dt.date
) -> None:
    half_read = make_export(search, as_bob, format=None)
    unread = make_export(search, as_bob, format=None)
    first = read_page(export=half_read, page=1)
    late = [line(today - dt.timedelta(days=n % 15), 5000 + n) for n in range(200)]
    fill(grant.feed, tmp_path, late, today=today, name="late.csv")
    assert read_page(export=half_read, page=1) == first
    assert all_pages(half_read) == all_pages(unread)
    assert sum(len(page) for page in all_pages(unread)) == 345


def test_options_choose_rows_and_columns(search: Search, as_bob: Actor) -> None:
    export = make_export(
        search, as_bob, format=None, get_pii=True, require_contact_id=True, max_rows=42
    )
    rows = [row for page in all_pages(export) for row in page]
    assert len(rows) == 42
    assert all(row["contact_id"] for row in rows)
    assert list(rows[0]) == list_names(get_pii=True, include_business_info=False)
    assert rows[0]["first_name"] == "Ann"


def test_file_holds_the_pages_in_the_chosen_columns(search: Search, as_bob: Actor) -> None:
    export = render(make_export(search, as_bob, columns=["domain", "observed_on", "contact_id"]))
    read = list(csv.DictReader(io.StringIO(read_file(export).decode(), newline="")))
    assert list(read[0]) == ["domain", "observed_on", "contact_id"]
    paged = [row for page in all_pages(export) for row in page]
    assert [row["domain"] for row in read] == [row["domain"] for row in paged]
    assert [row["contact_id"] for row in read] == [row["contact_id"] or "" for row in paged]


@pytest.mark.parametrize("format", list(FORMATS))
def test_interrupted_file_equals_an_undisturbed_one(
    search: Search, as_bob: Actor, format: str
) -> None:
    undisturbed = render(make_export(search, as_bob, format=format))
    export = make_export(search, as_bob, format=format)
    assert export.job_id is not None
    for crash_after in (1, 3, 0, 2):
        token = job_sql.claim(job_id=export.job_id, lease_seconds=60, share=9)
        assert token is not None
        work = RenderFile(Job.objects.get(pk=export.job_id))
        lease = Lease(Job.objects.get(pk=export.job_id), token)
        crash_on_save(lease, crash_after)
        with pytest.raises(KeyboardInterrupt):
            work.run(lease)
        Job.objects.filter(pk=export.job_id).update(
            lease_until=clock.now() - dt.timedelta(minutes=5)
        )
    export = render(export)
    assert export.state == Export.State.COMPLETED
    data = read_file(export)
    assert data == read_file(undisturbed)
    assert export.job is not None
    assert export.job.result.sha256 == hashlib.sha256(data).hexdigest()
    assert export.job.result.row_count == 345
    numbers = (
        Fragment.objects.filter(job=export.job).order_by("number").values_list("number", flat=True)
    )
    assert list(numbers) == list(range(len(numbers)))


@pytest.mark.parametrize("format", ["csv_excel", "xlsx"])
def test_file_that_an_older_version_began_is_written_again(
    search: Search, as_bob: Actor, format: str
) -> None:
    """Rows with and without places in one sheet are what no reader expects."""
    undisturbed = render(make_export(search, as_bob, format=format))
    export = make_export(search, as_bob, format=format)
    assert export.job_id is not None
    token = job_sql.claim(job_id=export.job_id, lease_seconds=60, share=9)
    assert token is not None
    lease = Lease(Job.objects.get(pk=export.job_id), token)
    old_state = {
        "entries": [],
        "offset": 3,
        "open": {"name": "xl/worksheets/sheet1.xml", "rows": 1},
    }
    lease.save(done=100, raw=b"old", row_count=100, checkpoint={"page": 1, "encoder": old_state})
    Job.objects.filter(pk=export.job_id).update(lease_until=clock.now() - dt.timedelta(minutes=5))
    assert read_file(render(export)) == read_file(undisturbed)


def crash_on_save(lease: Lease, after: int) -> None:
    """Make the lease stop its worker dead after some saves."""
    save, count = lease.save, 0

    def counted(**arguments: Any) -> None:
        nonlocal count
        if count == after:
            raise KeyboardInterrupt
        count += 1
        save(**arguments)

    lease.save = counted  # type: ignore[method-assign]


def test_search_without_rows_gives_a_whole_empty_file(grant: FeedGrant, as_bob: Actor) -> None:
    export = render(make_export(run_search(grant, as_bob), as_bob))
    assert (export.total_rows, export.total_pages, export.charged_rows) == (0, 0, 0)
    assert (
        read_file(export) == b"contact_id,observed_on,domain,topic,score,company_name,industry\r\n"
    )


def test_limited_file_says_so_in_its_name_and_status(search: Search, as_bob: Actor) -> None:
    export = render(make_export(search, as_bob, max_rows=100))
    assert export.job is not None
    assert "_first-100-of-345_" in export.job.result.file_name
    assert queries.status_of(export) == "limited"


def test_names_that_files_cannot_have_do_not_reach_them(grant: FeedGrant, as_bob: Actor) -> None:
    grant.feed.name = "../../etc\r\npasswd <b>"
    grant.feed.save()
    export = render(make_export(run_search(grant, as_bob), as_bob))
    assert export.job is not None
    assert export.job.result.file_name.startswith("etc-passwd-b_")
