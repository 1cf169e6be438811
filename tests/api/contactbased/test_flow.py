"""The vendor's typical flow: preview, search, export, pages, enrichment."""

import pytest

from contacthub.feeds.models import FeedGrant
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db


def test_preview_search_export_pages(program: Program, feed: FeedGrant) -> None:
    window = {"feed_id": str(feed.feed.public_id), "lookback_days": 7, "include_daily_counts": True}
    seen = program.post("/intent/feeds/preview", window)
    assert seen.status_code == 200, seen.content
    assert seen.json()["total_records"] == 70
    assert len(seen.json()["daily_counts"]) == 7
    saved = program.post("/intent/feeds/search", window).json()
    assert saved["records_with_contact_id"] == seen.json()["records_with_contact_id"]
    assert saved["daily_counts"] == seen.json()["daily_counts"]
    made = program.post("/intent/feeds/exports", {"job_id": saved["job_id"]})
    assert made.status_code == 200, made.content
    page = program.post(
        "/intent/feeds/exports/page", {"export_id": made.json()["export_id"], "page": 1}
    )
    assert len(page.json()["rows"]) == 70
    assert set(page.json()["rows"][0]) == {
        "contact_id", "domain", "topic", "observed_date", "company_name", "industry"
    }  # fmt: skip
    limits = program.get("/organization/feeds").json()["feeds"][0]
    assert limits["export_rows_remaining"] == 930
    assert page["RateLimit-Policy"] == '"key";q=100000;w=60'


def test_nothing_of_it_is_a_strangers(program: Program, stranger: Program, feed: FeedGrant) -> None:
    body = {"feed_id": str(feed.feed.public_id), "lookback_days": 7}
    refused = stranger.post("/intent/feeds/preview", body)
    assert (refused.status_code, refused.json()) == (404, {"detail": "Feed not found"})


def test_wrong_method_and_unknown_path_are_answered_by_the_protocol(program: Program) -> None:
    wrong = program.get("/intent/feeds/preview")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    assert wrong["Allow"] == "POST"
    assert program.get("/intent/nowhere").json() == {"detail": "Not Found"}
    assert program.post("/intent/feeds/preview", b"{").status_code == 422
