"""Preview, search, saved searches and the organization's feeds: CB-10 … CB-17, CB-40, CB-C1, CB-F3."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from contacthub.core import clock
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.models import Organization
from tests.api.conftest import Program, make_key
from tests.api.contactbased.conftest import (
    answer,
    by_header,
    change_grant,
    detail,
    make_export,
    read_rows,
    read_sample,
)
from tests.feeds.builders import fill, line

pytestmark = pytest.mark.django_db

PREVIEW, SEARCH, JOBS = "/intent/feeds/preview", "/intent/feeds/search", "/intent/feeds/jobs"
WINDOW_NAMES = [
    "feed_id",
    "lookback_days",
    "start_date",
    "end_date",
    "total_records",
    "records_with_contact_id",
    "records_without_contact_id",
]


def ask(program: Program, path: str, body: dict[str, Any]) -> dict[str, Any]:
    status, reply = answer(program.post(path, body))
    assert status == 200, reply
    return dict(reply)


def list_jobs(program: Program, feed_id: str) -> list[dict[str, Any]]:
    status, reply = answer(program.get(JOBS, {"feed_id": feed_id}))
    assert (status, list(reply)) == (200, ["jobs"])
    return list(reply["jobs"])


def test_cb_10_preview_counts_and_saves_nothing(program: Program, window: dict[str, Any]) -> None:
    seen = ask(program, PREVIEW, window)
    assert list(seen) == [*WINDOW_NAMES, "daily_counts"]
    assert (seen["total_records"], seen["records_with_contact_id"]) == (70, 56)
    assert seen["daily_counts"] is None
    asked = ask(program, PREVIEW, {**window, "include_daily_counts": True})
    assert [list(day) for day in asked["daily_counts"]] == [["date", "count"]] * 7
    assert [day["count"] for day in asked["daily_counts"]] == [10] * 7
    assert list_jobs(program, window["feed_id"]) == []
    assert not Search.objects.exists()


def test_cb_11_search_is_saved_and_exported_any_number_of_times(
    program: Program, window: dict[str, Any]
) -> None:
    saved = ask(program, SEARCH, window)
    assert {*WINDOW_NAMES, "daily_counts", "job_id", "created_at"} == set(saved)
    assert dt.datetime.fromisoformat(saved["created_at"].removesuffix("Z") + "+00:00")
    assert saved["created_at"].endswith("Z")
    exports = [make_export(program, {"job_id": saved["job_id"]}) for _ in range(3)]
    assert len({export["export_id"] for export in exports}) == 3
    assert {export["total_rows"] for export in exports} == {70}


@pytest.mark.django_db(transaction=True)
def test_cb_12_jobs_are_frozen_snapshots_newest_first(
    program: Program, feed: FeedGrant, window: dict[str, Any], tmp_path: Path, today: dt.date
) -> None:
    first = ask(program, SEARCH, window)
    second = ask(program, SEARCH, {**window, "lookback_days": 2})
    fill(feed.feed, tmp_path, [line(today, number) for number in range(900, 905)], today=today)
    jobs = list_jobs(program, window["feed_id"])
    assert [job["job_id"] for job in jobs] == [second["job_id"], first["job_id"]]
    assert set(jobs[0]) == {*WINDOW_NAMES, "job_id", "created_at"}
    assert [job["total_records"] for job in jobs] == [20, 70]
    assert len(read_rows(program, make_export(program, {"job_id": first["job_id"]}))) == 70
    assert ask(program, PREVIEW, window)["total_records"] == 75


def test_cb_12_feed_is_needed_for_the_list(program: Program, feed: FeedGrant) -> None:
    status, reasons = detail(program.get(JOBS))
    assert (status, reasons[0]["loc"]) == (422, ["query", "feed_id"])
    assert detail(program.get(JOBS, {"feed_id": "7"}))[0] == 422
    assert detail(program.get(JOBS, {"feed_id": "0" * 32})) == (404, "Feed not found")


def test_cb_13_another_organizations_feed_is_not_usable(
    stranger: Program, window: dict[str, Any]
) -> None:
    for path in (PREVIEW, SEARCH, "/intent/feeds/exports"):
        assert detail(stranger.post(path, window)) == (404, "Feed not found")
    assert detail(stranger.get(JOBS, {"feed_id": window["feed_id"]})) == (404, "Feed not found")
    assert answer(stranger.get("/organization/feeds")) == (200, {"feeds": []})


@pytest.mark.parametrize("path", [PREVIEW, SEARCH, "/intent/feeds/exports"])
def test_cb_14_days_beyond_the_cap_are_403(
    program: Program, window: dict[str, Any], path: str
) -> None:
    for days in (91, 10**9, 2**62):
        status, text = detail(program.post(path, {**window, "lookback_days": days}))
        assert (status, text) == (403, f"This feed allows up to 90 days; {days} were requested.")
    assert not Search.objects.exists()


def test_cb_14_options_outside_the_agreement_are_403(
    program: Program, bare_feed: FeedGrant, feed: FeedGrant
) -> None:
    body = {"feed_id": str(bare_feed.feed.public_id), "lookback_days": 2}
    assert detail(program.post("/intent/feeds/exports", {**body, "get_pii": True})) == (
        403,
        "PII is not part of this feed's agreement.",
    )
    assert detail(
        program.post("/intent/feeds/exports", {**body, "include_business_info": True})
    ) == (
        403,
        "Business info is not part of this feed's agreement.",
    )
    assert not Search.objects.exists()
    body["feed_id"] = str(feed.feed.public_id)
    assert program.post("/intent/feeds/exports", {**body, "get_pii": True}).status_code == 200


def test_cb_15_lookback_is_1_to_the_cap(program: Program, window: dict[str, Any]) -> None:
    for days, status in ((0, 422), (1, 200), (90, 200), (91, 403)):
        assert program.post(SEARCH, {**window, "lookback_days": days}).status_code == status


def test_cb_16_window_is_inclusive(
    program: Program, window: dict[str, Any], today: dt.date
) -> None:
    seen = ask(program, PREVIEW, {**window, "lookback_days": 30, "include_daily_counts": True})
    assert seen["start_date"] == str(today - dt.timedelta(days=29))
    assert seen["end_date"] == str(today)
    assert len(seen["daily_counts"]) == 30
    one = ask(program, PREVIEW, {**window, "lookback_days": 1})
    assert (one["start_date"], one["end_date"]) == (str(today), str(today))
    assert one["total_records"] == 10


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-29T23:59:59.999999+00:00", "2026-03-29"),
        ("2026-03-30T00:00:00+00:00", "2026-03-30"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25"),
        ("2028-03-01T00:00:00+00:00", "2028-03-01"),
    ],
)
def test_cb_16_days_are_utc(
    program: Program, window: dict[str, Any], monkeypatch: pytest.MonkeyPatch, now: str, end: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: dt.datetime.fromisoformat(now))
    seen = ask(program, PREVIEW, {**window, "lookback_days": 2, "include_daily_counts": True})
    day_before = dt.date.fromisoformat(end) - dt.timedelta(days=1)
    assert [day["date"] for day in seen["daily_counts"]] == [str(day_before), end]


def test_cb_17_counts_predict_the_rows_of_an_export(
    program: Program, window: dict[str, Any]
) -> None:
    saved = ask(program, SEARCH, window)
    body = {"job_id": saved["job_id"], "require_contact_id": True}
    assert make_export(program, body)["total_rows"] == saved["records_with_contact_id"] == 56
    assert saved["records_without_contact_id"] == 14


def test_cb_c1_daily_counts_have_every_day(
    program: Program, window: dict[str, Any], today: dt.date
) -> None:
    for path in (PREVIEW, SEARCH):
        days = ask(program, path, {**window, "lookback_days": 9, "include_daily_counts": True})[
            "daily_counts"
        ]
        assert [day["date"] for day in days] == [
            str(today - dt.timedelta(days=back)) for back in range(8, -1, -1)
        ]
        assert [day["count"] for day in days] == [0, 0, *[10] * 7]


def test_cb_f3_total_is_the_sum_of_both_counts(program: Program, window: dict[str, Any]) -> None:
    sample = read_sample("search_reply.json")
    for reply in (sample, ask(program, PREVIEW, window), ask(program, SEARCH, window)):
        with_id, without = (
            reply["records_with_contact_id"],
            reply["records_without_contact_id"],
        )
        assert reply["total_records"] == with_id + without


def test_vendors_sample_of_a_search(program: Program, window: dict[str, Any]) -> None:
    request, reply = read_sample("search_request.json"), read_sample("search_reply.json")
    came = ask(program, SEARCH, {**request, **window})
    assert set(reply) == set(came) - {"job_id", "created_at"}
    assert {name: type(came[name]) for name in reply} == {
        name: type(value) for name, value in reply.items()
    }
    assert set(came["daily_counts"][0]) == set(reply["daily_counts"][0])


def test_cb_40_feeds_have_options_cap_and_quota(
    program: Program, feed: FeedGrant, bare_feed: FeedGrant, window: dict[str, Any]
) -> None:
    make_export(program, {**window, "max_rows": 30})
    status, reply = answer(program.get("/organization/feeds"))
    assert (status, list(reply)) == (200, ["feeds"])
    assert reply["feeds"] == [
        {
            "feed_id": window["feed_id"],
            "description": "FinOps, idle resources",
            "pii_enabled": True,
            "business_info_enabled": False,
            "lookback_days": 90,
            "export_row_limit": 1000,
            "export_rows_used": 30,
            "export_rows_remaining": 970,
        },
        {
            "feed_id": str(bare_feed.feed.public_id),
            "description": "Payroll",
            "pii_enabled": False,
            "business_info_enabled": False,
            "lookback_days": 30,
            "export_row_limit": None,
            "export_rows_used": 0,
            "export_rows_remaining": None,
        },
    ]


def test_cb_o15_remaining_is_never_below_zero(
    program: Program, feed: FeedGrant, window: dict[str, Any]
) -> None:
    make_export(program, window)
    change_grant(feed, export_row_limit=10)
    (entry,) = answer(program.get("/organization/feeds"))[1]["feeds"]
    assert (entry["export_row_limit"], entry["export_rows_used"]) == (10, 70)
    assert entry["export_rows_remaining"] == 0


def test_key_that_may_only_read_neither_searches_nor_exports(
    acme: Organization, window: dict[str, Any]
) -> None:
    reader = Program(by_header, make_key(acme, "contactbased:read")[1])
    assert reader.post(PREVIEW, window).status_code == 200
    for path in (SEARCH, "/intent/feeds/exports"):
        assert detail(reader.post(path, window)) == (
            403,
            "This key may not write on ContactBased (scope contactbased:write).",
        )
    assert json.loads(reader.get(JOBS, {"feed_id": window["feed_id"]}).content) == {"jobs": []}
