"""Exports of a vendor's feed: charged by it once, its rows in its order, whole whatever dies or fails in between."""

import csv
import datetime as dt
import io
from typing import Any

import pytest

from contacthub.connectors.client import Patience
from contacthub.connectors.records import ExportPage, IntentRow
from contacthub.core import clock
from contacthub.core.errors import Conflict, NotFound, QuotaExceeded
from contacthub.credentials.connections.actions import pause_connection
from contacthub.credentials.connections.models import (
    Connection,
    ConnectionHealth,
    VendorCall,
)
from contacthub.exports import actions, queries, vendor_export, vendor_pages
from contacthub.exports.columns import make_column
from contacthub.exports.models import Export, RemoteExport, RemotePage
from contacthub.exports.rows import read_page
from contacthub.feeds.mirror import actions as mirror
from contacthub.feeds.models import FeedGrant, QuotaEntry, Search
from contacthub.feeds.queries import list_ledger_drift, list_unexplained_holds
from contacthub.jobs.models import Fragment, Job
from contacthub.organizations.audit import COMMAND_LINE, Actor
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.exports.builders import make_export, read_file, render
from tests.vendor_feeds.conftest import ROWS, Vendor
from tests.workers import list_kill_points, run_until_killed

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = 13
CREATE, PAGE = "/intent/feeds/exports", "/intent/feeds/exports/page"
LIST, SEARCHES = "/intent/feeds/exports/list", "/intent/feeds/jobs"


@pytest.fixture
def search(remote_grant: FeedGrant, as_bob: Actor, vendor: Vendor) -> Search:
    """All 12,500 rows, in 13 pages; calls are counted from here."""
    found = mirror.run_search(
        organization=remote_grant.organization, actor=as_bob, grant=remote_grant, lookback_days=10
    )
    vendor.proxy.forget()
    return found


@pytest.fixture(autouse=True)
def books_are_straight(db: None) -> Any:
    """Whatever happened, the ledger explains each used row, and nothing is held without a running export."""
    yield
    assert list_ledger_drift() == []
    assert list_unexplained_holds() == []


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between two tries."""
    monkeypatch.setattr(vendor_export, "FIRST_WAIT", 0.02)
    quick = Patience(first_wait=0.01, most_wait=0.02)
    monkeypatch.setattr("contacthub.credentials.connections.queries.BACKGROUND", quick)


def rows_in(export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read_file(export).decode())))


def check_whole(export: Export, vendor: Vendor) -> None:
    """The file has the vendor's rows, all, once and in its order; the vendor has charged them once."""
    export = Export.objects.select_related("search__feed", "job__result", "remote").get(
        pk=export.pk
    )
    assert (export.state, export.job and export.job.error) == ("completed", "")
    theirs = vendor.rows_of(export.search)
    ours = rows_in(export)
    assert len(ours) == export.total_rows == len(theirs)
    assert [(r["observed_on"], r["domain"], r["topic"], r["contact_id"]) for r in ours] == [
        (r["observed_date"], r["domain"], r["topic"], r["contact_id"] or "") for r in theirs
    ]
    assert vendor.charges_of(export.search) == [export.total_rows]
    numbers = RemotePage.objects.filter(remote=export.remote).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, export.total_pages + 1))


# --- The way it goes --------------------------------------------------------------------------------


def test_export_has_the_vendors_rows_in_its_order(
    search: Search, as_bob: Actor, vendor: Vendor, remote_grant: FeedGrant
) -> None:
    export = render(make_export(search, as_bob))
    check_whole(export, vendor)
    assert vendor.exports_of(search) == 1
    assert vendor.proxy.calls == {SEARCHES: 1, CREATE: 1, "/organization/feeds": 1, PAGE: PAGES}
    grant = FeedGrant.objects.get(pk=remote_grant.pk)
    assert grant.export_rows_used == vendor.rows_used
    assert grant.export_rows_held == 0


def test_ledger_says_who_charged(search: Search, as_bob: Actor) -> None:
    export = make_export(search, as_bob)
    render(export)
    lines = QuotaEntry.objects.filter(export=export.pk).order_by("id")
    assert list(lines.values_list("kind", "rows", "note")) == [
        ("reserve", ROWS, "Until ContactBased charges them"),
        ("settle", 0, "Charged by ContactBased"),
    ]


@pytest.mark.parametrize("format", ["csv_excel", "xlsx", "jsonl", "parquet"])
def test_every_format(search: Search, as_bob: Actor, vendor: Vendor, format: str) -> None:
    export = render(make_export(search, as_bob, format=format))
    assert export.state == "completed"
    assert export.job is not None
    assert export.job.result.row_count == ROWS
    assert vendor.charges_of(search) == [ROWS]


def test_pages_are_the_vendors(search: Search, as_bob: Actor, vendor: Vendor) -> None:
    export = render(make_export(search, as_bob, get_pii=True))
    theirs = vendor.rows_of(search)
    assert (export.page_size, export.total_pages) == (1000, PAGES)
    last = read_page(export=export, page=PAGES)
    assert len(last) == 500
    assert [r["last_name"] for r in last] == [r["last_name"] for r in theirs[-500:]]
    assert "score" not in last[0]


def test_repeated_rows_stay_repeated(search: Search, as_bob: Actor, today: dt.date) -> None:
    """A vendor may send one row twice, and its own order; a page is what was sent."""
    made = RemoteExport.objects.create(
        search=search, get_pii=False, include_business_info=False, require_contact_id=False,
        asked_at=clock.now(), vendor_id="x", total_rows=3, page_size=3,
    )  # fmt: skip
    rows = [IntentRow(None, d, "T\x00", today) for d in ("b.example", "a.example", "b.example")]
    for _ in range(2):
        vendor_pages.save_page(remote=made, page=ExportPage("x", 1, 1, 3, tuple(rows)))
    export = Export(search=search, remote=made, total_rows=3, page_size=3, matched_rows=3)
    columns = [make_column(name) for name in ("domain", "topic")]
    found = read_page(export=export, page=1, columns=columns)
    assert [row["domain"] for row in found] == ["b.example", "a.example", "b.example"]
    assert found[0]["topic"] == "T"


def test_pii_that_was_not_asked_for_is_not_kept(
    search: Search, as_bob: Actor, today: dt.date
) -> None:
    made = RemoteExport.objects.create(
        search=search, get_pii=False, include_business_info=False, require_contact_id=False,
        asked_at=clock.now(), vendor_id="x", total_rows=1, page_size=1,
    )  # fmt: skip
    row = IntentRow(None, "a.example", "T", today, first_name="Ingrid", linkedin_url="in/x")
    vendor_pages.save_page(remote=made, page=ExportPage("x", 1, 1, 1, (row,)))
    page = RemotePage.objects.get(remote=made)
    assert page.first_name is None
    assert page.linkedin_url is None


def test_options_are_the_vendors(search: Search, as_bob: Actor, vendor: Vendor) -> None:
    export = render(make_export(search, as_bob, require_contact_id=True, max_rows=1500))
    assert export.state == "completed"
    assert (export.total_rows, export.matched_rows) == (1500, search.with_contact_count)
    assert all(row["contact_id"] for row in rows_in(export))
    assert vendor.charges_of(search) == [1500]


def test_second_export_of_a_search_is_free(search: Search, as_bob: Actor, vendor: Vendor) -> None:
    render(make_export(search, as_bob))
    vendor.proxy.forget()
    same = make_export(search, as_bob, format="jsonl")
    assert same.charged_rows == 0
    assert render(same).state == "completed"
    # With the same choices nobody is asked; with others the vendor makes another one for nothing.
    assert not vendor.proxy.calls
    other = render(make_export(search, as_bob, get_pii=True))
    assert (other.state, other.charged_rows) == ("completed", 0)
    assert vendor.exports_of(search) == 2
    assert vendor.charges_of(search) == [ROWS]


def test_paused_connection_refuses_new_work_and_keeps_the_old(
    acme: Organization, connection: Connection, search: Search, as_bob: Actor
) -> None:
    done = render(make_export(search, as_bob))
    pause_connection(organization=acme, actor=COMMAND_LINE, connection_id=connection.pk)
    search = Search.objects.get(pk=search.pk)
    assert read_page(export=done, page=2)
    assert render(make_export(search, as_bob, format="xlsx")).state == "completed"
    with pytest.raises(Conflict, match="is paused"):
        make_export(search, as_bob, get_pii=True)


def test_quota_that_is_short_spends_nothing(
    search: Search, as_bob: Actor, vendor: Vendor, remote_grant: FeedGrant
) -> None:
    FeedGrant.objects.filter(pk=remote_grant.pk).update(
        export_row_limit=remote_grant.export_rows_used + ROWS - 1
    )
    with pytest.raises(QuotaExceeded):
        make_export(search, as_bob)
    assert not vendor.proxy.calls


def test_quota_that_is_short_at_the_vendor_alone_gives_the_rows_back(
    search: Search, as_bob: Actor, vendor: Vendor
) -> None:
    export = make_export(search, as_bob)
    vendor.stack.query(
        "UPDATE feeds_feedgrant SET rows_used_at_limit = export_rows_used, export_row_limit = 0"
    )
    try:
        assert render(export).state == "failed"
    finally:
        vendor.stack.query("UPDATE feeds_feedgrant SET export_row_limit = 10000000")
    assert vendor.charges_of(search) == []
    assert Search.objects.get(pk=search.pk).charged_export is None


# --- A count that moved -----------------------------------------------------------------------------


def move(vendor: Vendor, search: Search, by: int) -> None:
    vendor.stack.query(
        "UPDATE feeds_search SET record_count = record_count + %s WHERE id = %s",
        by,
        search.remote_id,
    )


def test_count_that_moved_stops_before_anything_is_spent_and_asks(
    search: Search, as_bob: Actor, vendor: Vendor, bob: User
) -> None:
    export = make_export(search, as_bob)
    move(vendor, search, -2500)
    stopped = render(export)
    assert stopped.state == "failed"
    assert vendor.exports_of(search) == 0
    assert not RemotePage.objects.exists()
    assert not Fragment.objects.exists()
    client = sign_in(bob)
    page = client.get(f"/exports/{export.pk}/").content.decode()
    assert "ContactBased now counts 10,000 rows instead of 12,500" in page
    assert "Export 10,000 rows · 10,000 rows charged" in page
    # Confirmed with the count of the page, and refused with any other.
    url = f"/exports/{export.pk}/retry"
    client.post(url, {"quoted_rows": "12500", "total_rows": "12500"})
    assert Export.objects.get(pk=export.pk).state == "failed"
    client.post(url, {"quoted_rows": "10000", "total_rows": "10000"})
    again = Export.objects.get(pk=export.pk)
    assert (again.state, again.total_rows, again.charged_rows) == ("running", 10000, 10000)
    done = render(again)
    assert done.state == "completed"
    assert len(rows_in(done)) == 10_000
    assert vendor.charges_of(search) == [10_000]


def test_export_of_another_size_than_quoted_keeps_nothing(
    search: Search, as_bob: Actor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor moved between our look and its export: it has charged, and nothing is brought unasked."""
    export = make_export(search, as_bob)
    seen = vendor_export._check_counts
    monkeypatch.setattr(
        vendor_export, "_check_counts", lambda s, p: (seen(s, p), move(vendor, search, -500))
    )
    stopped = render(export)
    assert stopped.state == "failed"
    assert stopped.job is not None
    assert "now counts 12,000 rows instead of 12,500" in stopped.job.error
    assert not RemotePage.objects.exists()
    actions.retry_export(
        organization=search.organization, actor=as_bob, export_id=export.pk, quoted_rows=0,
        total_rows=12_000,
    )  # fmt: skip
    done = render(Export.objects.get(pk=export.pk))
    assert (done.state, len(rows_in(done))) == ("completed", 12_000)
    assert vendor.exports_of(search) == 1
    assert vendor.charges_of(search) == [12_000]


# --- Cancel and retry -------------------------------------------------------------------------------


def test_cancel_before_the_vendor_is_asked_gives_the_rows_back(
    search: Search, as_bob: Actor, vendor: Vendor
) -> None:
    export = make_export(search, as_bob)
    actions.cancel_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    assert vendor.charges_of(search) == []
    assert Search.objects.get(pk=search.pk).charged_export is None


def test_cancel_while_pages_come_keeps_the_charge_and_retry_is_free(
    search: Search, as_bob: Actor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, bob: User
) -> None:
    export = make_export(search, as_bob)
    saved = vendor_pages.save_page

    def cancel_then_save(**values: Any) -> None:
        Job.objects.filter(pk=export.job_id).update(cancel_requested_at=clock.now())
        saved(**values)

    monkeypatch.setattr(vendor_pages, "save_page", cancel_then_save)
    assert render(export).state == "cancelled"
    monkeypatch.setattr(vendor_pages, "save_page", saved)
    assert vendor.charges_of(search) == [ROWS]
    page = sign_in(bob).get(f"/exports/{export.pk}/").content.decode()
    assert "had charged it already" in page
    assert "Run again · 0 rows charged" in page
    vendor.proxy.forget()
    actions.retry_export(
        organization=search.organization, actor=as_bob, export_id=export.pk, quoted_rows=0
    )
    done = render(Export.objects.get(pk=export.pk))
    check_whole(done, vendor)
    assert done.charged_rows == ROWS
    assert vendor.proxy.calls[CREATE] == 0
    # What was here already is not asked for again.
    assert vendor.proxy.calls[PAGE] < PAGES


# --- Bad days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failpoint", "format"),
    list_kill_points(
        [
            ("remote_export_asked:kill", "csv"),
            ("remote_export_made:kill", "csv"),
            ("remote_page_saved:kill:1", "csv"),
            ("remote_page_saved:kill:7", "csv"),
            ("remote_page_saved:kill:7", "xlsx"),
            ("before_checkpoint_commit:kill:1", "csv"),
            ("after_checkpoint_commit:kill:1", "csv"),
            ("before_complete_commit:kill", "csv"),
            ("after_complete_commit:kill", "csv"),
        ],
        always=[
            ("remote_export_asked:kill", "csv"),
            ("remote_export_made:kill", "csv"),
            ("remote_page_saved:kill:7", "csv"),
        ],
    ),
)
def test_worker_killed_at_a_named_point(
    search: Search, as_bob: Actor, vendor: Vendor, failpoint: str, format: str
) -> None:
    export = make_export(search, as_bob, format=format)
    run_until_killed("tests.vendor_feeds.worker", export.job_id, failpoint=failpoint)
    here = RemotePage.objects.count()
    pages = vendor.proxy.calls[PAGE]
    render(export)
    assert vendor.exports_of(search) == 1
    assert vendor.charges_of(search) == [ROWS]
    # Pages that are here are not asked for again; what was in flight is.
    assert vendor.proxy.calls[PAGE] - pages == PAGES - here
    if format == "csv":
        check_whole(export, vendor)
    assert Export.objects.get(pk=export.pk).state == "completed"


def test_lost_answer_of_the_creation_is_found_by_listing(
    search: Search, as_bob: Actor, vendor: Vendor
) -> None:
    lost: list[str] = []

    def judge(path: str, number: int) -> str:
        if path == CREATE and not lost:
            lost.append(path)
            return "lose"
        return "pass"

    vendor.proxy.judge = judge
    export = render(make_export(search, as_bob))
    assert lost
    check_whole(export, vendor)
    assert vendor.exports_of(search) == 1
    assert (vendor.proxy.calls[CREATE], vendor.proxy.calls[LIST]) == (1, 1)


def test_third_of_calls_failing_costs_no_more_than_the_failures(
    search: Search, as_bob: Actor, vendor: Vendor
) -> None:
    vendor.proxy.judge = lambda path, number: "502" if number % 3 == 0 else "pass"
    export = render(make_export(search, as_bob))
    check_whole(export, vendor)
    assert vendor.exports_of(search) == 1
    undisturbed = PAGES + 3
    extra = vendor.proxy.calls.total() - undisturbed
    assert vendor.proxy.failures > 3
    assert extra <= vendor.proxy.failures * 1.1 + 1
    assert VendorCall.objects.exclude(error="").count() == vendor.proxy.failures


@pytest.mark.parametrize("verdict", ["502", "hang", "429"])
def test_vendor_that_is_away_holds_no_worker_and_is_asked_again(
    search: Search,
    as_bob: Actor,
    bob: User,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    verdict: str,
) -> None:
    queries_of_connections = "contacthub.credentials.connections.queries"
    monkeypatch.setattr(f"{queries_of_connections}.JOB_WAIT_SECONDS", 0.1)
    # Seconds enough for an answer on a busy machine, and fewer than one that hangs takes.
    quick = Patience(first_wait=0.01, most_wait=0.02, read_seconds=2 if verdict == "hang" else 30)
    monkeypatch.setattr(f"{queries_of_connections}.BACKGROUND", quick)
    vendor.proxy.judge = lambda path, number: verdict if path == PAGE and number > 8 else "pass"
    export = render(make_export(search, as_bob))
    assert (export.state, export.job and export.job.state) == ("running", "queued")
    assert export.job is not None
    assert export.job.wakes_at is not None
    asked_for = 60 if verdict == "429" else vendor_export.FIRST_PAUSE
    assert asked_for - 5 < (export.job.wakes_at - clock.now()).total_seconds() <= asked_for
    assert export.remote is not None
    assert export.remote.away_since is not None
    here = RemotePage.objects.count()
    assert 0 < here < PAGES
    page = sign_in(bob).get(f"/exports/{export.pk}/").content.decode()
    assert "responding. Next attempt at" in page
    vendor.proxy.forget()
    wake(export)
    export = render(export)
    check_whole(export, vendor)
    assert vendor.proxy.calls[CREATE] == 0
    assert vendor.charges_of(search) == [ROWS]
    remote_export = RemoteExport.objects.get()
    assert remote_export.away_since is None
    assert remote_export.brought_at is not None


def test_export_whose_vendor_is_away_is_cancelled_at_once(
    search: Search, as_bob: Actor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.credentials.connections.queries.JOB_WAIT_SECONDS", 0.1)
    vendor.proxy.judge = lambda path, number: "502"
    export = render(make_export(search, as_bob))
    assert export.job is not None
    assert export.job.wakes_at is not None
    actions.cancel_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    export = Export.objects.get(pk=export.pk)
    assert export.state == "cancelled"
    assert vendor.charges_of(search) == []
    assert FeedGrant.objects.get().export_rows_held == 0


def wake(export: Export) -> None:
    """Let the vendor's bad time, and the job's sleep, be over."""
    past = clock.now() - dt.timedelta(seconds=1)
    Job.objects.filter(pk=export.job_id).update(wakes_at=past)
    ConnectionHealth.objects.update(held_until=None, breaker="closed", failures=0)


def test_vendor_that_is_down_ends_the_job_with_a_reason(
    search: Search, as_bob: Actor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.credentials.connections.queries.JOB_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(vendor_export, "MOST_AWAY", dt.timedelta())
    vendor.proxy.judge = lambda path, number: "502" if path == PAGE else "pass"
    export = render(make_export(search, as_bob))
    assert export.state == "failed"
    assert export.job is not None
    assert export.job.error
    # Charged, and said so: running it again is free.
    assert vendor.charges_of(search) == [ROWS]
    assert (
        queries.get_quote(
            search=Search.objects.get(pk=search.pk),
            grant=FeedGrant.objects.get(),
            options=queries.options_of(export),
        ).charged_rows
        == 0
    )


# --- Tenancy ----------------------------------------------------------------------------------------


def test_another_organization_sees_nothing_of_it(
    globex: Organization, charlie: User, search: Search, as_bob: Actor
) -> None:
    export = render(make_export(search, as_bob, get_pii=True))
    with pytest.raises(NotFound):
        queries.get_export(organization=globex, export_id=export.pk)
    client = sign_in(charlie)
    for part in ("", "status", "rows", "file"):
        assert client.get(f"/exports/{export.pk}/{part}").status_code == 404
    for part in ("cancel", "retry"):
        assert client.post(f"/exports/{export.pk}/{part}").status_code == 404
    assert client.get(f"/searches/{search.pk}/export/quote").status_code == 404
