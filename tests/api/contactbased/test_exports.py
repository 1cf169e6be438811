"""Feed exports and their quota: CB-20 … CB-33, CB-F4, CB-O10 … CB-O16."""

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacthub.exports.models import Export
from contacthub.feeds.models import FeedGrant, QuotaEntry, Search
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditRead, Organization
from tests.api.conftest import Program
from tests.api.contactbased.conftest import (
    answer,
    change_grant,
    detail,
    make_export,
    read_page,
    read_rows,
)
from tests.exports.builders import make_export as make_file
from tests.exports.builders import render, run_search
from tests.feeds.builders import fill, line

pytestmark = pytest.mark.django_db

EXPORTS = "/intent/feeds/exports"
SUMMARY_NAMES = [
    "export_id", "feed_id", "job_id", "lookback_days", "start_date", "end_date", "total_rows", "total_pages",
    "page_size", "get_pii", "include_business_info", "require_contact_id", "max_rows", "created_at",
]  # fmt: skip
BASE = ["contact_id", "observed_date", "domain", "topic", "company_name", "industry"]
PII = [
    "first_name",
    "last_name",
    "address",
    "city",
    "state",
    "postal_code",
    "country",
    "gender",
    "age_range",
]
BUSINESS = ["linkedin_url", "job_title", "company_domain", "seniority"]


@pytest.fixture
def small_pages(settings: Any) -> None:
    settings.CONTACTBASED_EXPORT_PAGE_SIZE = 25


def quota(program: Program) -> tuple[int | None, int, int | None]:
    (entry,) = answer(program.get("/organization/feeds"))[1]["feeds"]
    return entry["export_row_limit"], entry["export_rows_used"], entry["export_rows_remaining"]


def search(program: Program, window: dict[str, Any]) -> str:
    return str(answer(program.post("/intent/feeds/search", window))[1]["job_id"])


def test_cb_20_export_of_a_window_and_of_a_search(program: Program, window: dict[str, Any]) -> None:
    fresh = make_export(program, window)
    assert list(fresh) == SUMMARY_NAMES
    assert (fresh["total_rows"], fresh["total_pages"], fresh["page_size"]) == (70, 1, 1000)
    assert (fresh["get_pii"], fresh["max_rows"]) == (False, None)
    saved = make_export(program, {"job_id": search(program, window)})
    assert saved["export_id"] != fresh["export_id"]
    same = [name for name in SUMMARY_NAMES if not name.endswith("_id") and name != "created_at"]
    assert [saved[name] for name in same] == [fresh[name] for name in same]


@pytest.mark.usefixtures("small_pages")
def test_cb_21_pages_are_1_indexed(program: Program, window: dict[str, Any]) -> None:
    made = make_export(program, window)
    assert made["total_pages"] == 3
    pages = [answer(read_page(program, made["export_id"], number))[1] for number in (1, 2, 3)]
    assert list(pages[0]) == ["export_id", "page", "page_size", "total_rows", "total_pages", "rows"]
    assert [page["page"] for page in pages] == [1, 2, 3]
    assert [len(page["rows"]) for page in pages] == [25, 25, 20]
    for beyond in (0, -1, 4, 2**62):
        status, reasons = detail(read_page(program, made["export_id"], beyond))
        assert (status, reasons[0]["loc"]) == (422, ["body", "page"])


def test_cb_22_get_is_the_summary_of_create_and_list(
    program: Program, window: dict[str, Any]
) -> None:
    made = make_export(program, {**window, "get_pii": True, "max_rows": 9})
    body = {"export_id": made["export_id"]}
    assert answer(program.post(f"{EXPORTS}/get", body)) == (200, made)
    assert answer(program.post(f"{EXPORTS}/list", {})) == (200, {"exports": [made]})


def test_cb_23_list_is_filtered_by_feed_and_job(
    program: Program,
    stranger: Program,
    feed: FeedGrant,
    bare_feed: FeedGrant,
    window: dict[str, Any],
) -> None:
    of_feed = [make_export(program, window) for _ in range(2)]
    bare = make_export(program, {"feed_id": str(bare_feed.feed.public_id), "lookback_days": 1})

    def listed(body: Any) -> list[str]:
        status, reply = answer(program.post(f"{EXPORTS}/list", body))
        assert status == 200
        return [export["export_id"] for export in reply["exports"]]

    newest_first = [bare["export_id"], of_feed[1]["export_id"], of_feed[0]["export_id"]]
    for everything in ({}, {"feed_id": None, "job_id": None}, None, b"null"):
        assert listed(everything) == newest_first
    assert listed({"feed_id": window["feed_id"]}) == newest_first[1:]
    assert listed({"job_id": bare["job_id"]}) == newest_first[:1]
    assert listed({"job_id": bare["job_id"], "feed_id": window["feed_id"]}) == []
    assert answer(stranger.post(f"{EXPORTS}/list", {})) == (200, {"exports": []})


@pytest.mark.usefixtures("small_pages")
def test_cb_24_page_is_the_same_for_the_life_of_the_export(
    program: Program, feed: FeedGrant, window: dict[str, Any], tmp_path: Path, today: dt.date
) -> None:
    made = make_export(program, window)
    before = [read_page(program, made["export_id"], page).content for page in (3, 1, 2)]
    fill(feed.feed, tmp_path, [line(today, number) for number in range(900, 990)], today=today)
    change_grant(feed, lookback_days=1)
    after = [read_page(program, made["export_id"], page).content for page in (3, 1, 2)]
    assert after == before
    days = [row["observed_date"] for row in read_rows(program, made)]
    assert days == sorted(days, reverse=True)
    assert len(days) == 70


@pytest.mark.usefixtures("small_pages")
def test_cb_25_page_costs_the_same_wherever_it_is(program: Program, window: dict[str, Any]) -> None:
    made = make_export(program, window)
    read_page(program, made["export_id"], 1)
    counts = []
    for page in (1, 3):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            read_page(program, made["export_id"], page)
        counts.append(len(asked))
        assert not any("OFFSET" in query["sql"] for query in asked)
    assert counts[0] == counts[1]


def test_cb_26_pii_is_on_every_row(program: Program, window: dict[str, Any]) -> None:
    rows = read_rows(program, make_export(program, {**window, "get_pii": True}))
    assert {tuple(sorted(row)) for row in rows} == {tuple(sorted(BASE + PII))}
    assert {(row["first_name"], row["city"], row["gender"]) for row in rows} == {
        ("Ann", "Oslo", None)
    }


def test_cb_27_business_info_is_on_every_row(
    program: Program, feed: FeedGrant, window: dict[str, Any]
) -> None:
    change_grant(feed, business_info=True)
    rows = read_rows(program, make_export(program, {**window, "include_business_info": True}))
    assert {tuple(sorted(row)) for row in rows} == {tuple(sorted(BASE + BUSINESS))}


def test_cb_28_only_rows_with_a_contact(program: Program, window: dict[str, Any]) -> None:
    rows = read_rows(program, make_export(program, {**window, "require_contact_id": True}))
    assert len(rows) == 56
    assert all(row["contact_id"].startswith("id_") for row in rows)


@pytest.mark.parametrize(
    ("most", "rows"), [(1, 1), (69, 69), (70, 70), (71, 70), (2**62, 70), (None, 70)]
)
def test_cb_29_max_rows_is_a_ceiling(
    program: Program, window: dict[str, Any], most: int | None, rows: int
) -> None:
    made = make_export(program, {**window, "max_rows": most})
    assert (made["total_rows"], made["max_rows"]) == (rows, most)
    assert len(read_rows(program, made)) == rows


def test_cb_30_quota_is_reserved_after_the_options(
    program: Program, window: dict[str, Any]
) -> None:
    make_export(program, {**window, "require_contact_id": True, "max_rows": 50})
    assert quota(program) == (1000, 50, 950)
    make_export(program, {**window, "require_contact_id": True})
    assert quota(program) == (1000, 106, 894)


@pytest.mark.usefixtures("small_pages")
def test_cb_31_reading_pages_costs_nothing(program: Program, window: dict[str, Any]) -> None:
    made = make_export(program, window)
    before = quota(program)
    for _ in range(3):
        read_rows(program, made)
        program.post(f"{EXPORTS}/get", {"export_id": made["export_id"]})
    assert quota(program) == before == (1000, 70, 930)
    assert QuotaEntry.objects.filter(rows__gt=0).count() == 1


def test_cb_32_second_export_of_a_search_is_free(program: Program, window: dict[str, Any]) -> None:
    job = search(program, window)
    assert quota(program) == (1000, 0, 1000)
    make_export(program, {"job_id": job})
    make_export(program, {"job_id": job})
    make_export(program, {"job_id": job, "require_contact_id": True})
    assert quota(program) == (1000, 70, 930)


def test_cb_33_quota_fields_of_an_uncapped_feed(
    program: Program, feed: FeedGrant, window: dict[str, Any]
) -> None:
    change_grant(feed, export_row_limit=None)
    make_export(program, window)
    assert quota(program) == (None, 70, None)


def test_cb_f4_rereads_are_the_same_and_free(program: Program, window: dict[str, Any]) -> None:
    made = make_export(program, window)
    pages = {read_page(program, made["export_id"]).content for _ in range(5)}
    assert len(pages) == 1
    assert quota(program) == (1000, 70, 930)


def test_cb_o10_exactly_one_source(program: Program, window: dict[str, Any]) -> None:
    job = search(program, window)
    for body in (
        {},
        {"get_pii": True},
        {**window, "job_id": job},
        {"feed_id": window["feed_id"]},
        {"lookback_days": 7},
        {"feed_id": window["feed_id"], "job_id": job},
        {"lookback_days": 7, "job_id": job},
        {"feed_id": None, "lookback_days": None, "job_id": None},
    ):
        assert detail(program.post(EXPORTS, body))[0] == 422, body
    assert program.post(EXPORTS, {"feed_id": None, "job_id": job}).status_code == 200


def test_cb_o10_fresh_window_saves_a_search(program: Program, window: dict[str, Any]) -> None:
    made = make_export(program, window)
    jobs = answer(program.get("/intent/feeds/jobs", {"feed_id": window["feed_id"]}))[1]["jobs"]
    assert [job["job_id"] for job in jobs] == [made["job_id"]]


def test_cb_o11_export_without_rows_has_no_pages(
    program: Program, grant: FeedGrant, settings: Any
) -> None:
    assert settings.CONTACTBASED_EXPORT_PAGE_SIZE == 1000
    made = make_export(program, {"feed_id": str(grant.feed.public_id), "lookback_days": 3})
    assert (made["total_rows"], made["total_pages"]) == (0, 0)
    for page in (1, 2):
        assert detail(read_page(program, made["export_id"], page))[0] == 422
    assert quota(program) == (1000, 0, 1000)


@pytest.mark.parametrize("wrong", ["1", 1.5, True, None, [1], 2**80])
def test_cb_o11_page_is_a_whole_number(
    program: Program, window: dict[str, Any], wrong: Any
) -> None:
    made = make_export(program, window)
    body = json.dumps({"export_id": made["export_id"], "page": wrong}).encode()
    assert detail(program.post(f"{EXPORTS}/page", body))[0] == 422


@pytest.mark.parametrize("wrong", [0, -1, "1", 1.5, True, 2**63])
def test_cb_o12_max_rows_is_1_or_more(program: Program, window: dict[str, Any], wrong: Any) -> None:
    status, reasons = detail(program.post(EXPORTS, {**window, "max_rows": wrong}))
    assert (status, reasons[0]["loc"]) == (422, ["body", "max_rows"])


def test_cb_o12_truncation_keeps_the_first_rows_in_export_order(
    program: Program, window: dict[str, Any]
) -> None:
    job = search(program, window)
    whole = read_rows(program, make_export(program, {"job_id": job}))
    cut = read_rows(program, make_export(program, {"job_id": job, "max_rows": 13}))
    assert cut == whole[:13]


def test_cb_o13_shortage_makes_and_reserves_nothing(
    program: Program, feed: FeedGrant, window: dict[str, Any]
) -> None:
    change_grant(feed, export_row_limit=69)
    assert detail(program.post(EXPORTS, window)) == (
        403,
        "Export row quota exceeded: requested 70, remaining 69",
    )
    assert quota(program) == (69, 0, 69)
    assert not Export.objects.exists()
    assert not Search.objects.exists()
    change_grant(feed, export_row_limit=70)
    make_export(program, window)
    assert quota(program) == (70, 70, 0)


def test_cb_o14_free_whatever_the_options(program: Program, window: dict[str, Any]) -> None:
    job = search(program, window)
    make_export(program, {"job_id": job, "max_rows": 1})
    make_export(program, {"job_id": job, "max_rows": 10**6})
    make_export(program, {"job_id": job, "get_pii": True})
    assert quota(program) == (1000, 1, 999)


def test_cb_o16_fields_of_options_not_asked_for_are_absent(
    program: Program, feed: FeedGrant, window: dict[str, Any]
) -> None:
    change_grant(feed, business_info=True)
    (row,) = read_rows(program, make_export(program, {**window, "max_rows": 1}))
    assert list(row) == BASE
    both = {**window, "max_rows": 1, "get_pii": True, "include_business_info": True}
    (row,) = read_rows(program, make_export(program, both))
    assert list(row) == BASE + PII + BUSINESS
    dt.date.fromisoformat(row["observed_date"])


def test_export_whose_file_is_not_ready_is_hidden(
    program: Program,
    acme: Organization,
    feed: FeedGrant,
    as_bob: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its rows may still be given back, so they are not handed out."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    made = make_file(run_search(feed, as_bob), as_bob, format="csv")
    body = {"export_id": str(made.pk)}
    assert detail(program.post(f"{EXPORTS}/get", body)) == (404, "Export not found")
    assert detail(read_page(program, str(made.pk))) == (404, "Export not found")
    assert answer(program.post(f"{EXPORTS}/list", {})) == (200, {"exports": []})
    render(made)
    assert answer(program.post(f"{EXPORTS}/get", body))[0] == 200
    assert len(read_rows(program, answer(program.post(f"{EXPORTS}/get", body))[1])) == 70


def test_pii_switched_off_later_leaves_pages_as_they_are(
    program: Program, feed: FeedGrant, window: dict[str, Any]
) -> None:
    made = make_export(program, {**window, "get_pii": True})
    before = read_page(program, made["export_id"]).content
    change_grant(feed, pii=False)
    assert read_page(program, made["export_id"]).content == before
    again = program.post(EXPORTS, {"job_id": made["job_id"], "get_pii": True})
    assert detail(again)[0] == 403


def test_export_belongs_to_its_organization(
    program: Program, stranger: Program, window: dict[str, Any]
) -> None:
    made = make_export(program, window)
    assert UUID(made["export_id"])
    for path in ("get", "page"):
        body = {"export_id": made["export_id"], "page": 1}
        assert detail(stranger.post(f"{EXPORTS}/{path}", body)) == (404, "Export not found")


def test_pages_that_are_read_are_audited(
    program: Program, window: dict[str, Any], feed: FeedGrant
) -> None:
    _, search = answer(program.post("/intent/feeds/search", window))
    summary = make_export(program, {"job_id": search["job_id"], "get_pii": True})
    rows = read_rows(program, summary)
    [read] = AuditRead.objects.all()
    assert (read.action, read.detail) == ("Read export page", feed.feed.name)
    assert (read.rows, read.requests) == (len(rows), summary["total_pages"])
    assert read.has_personal_data
