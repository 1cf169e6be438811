"""Feeds and searches as people see them."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.urls import reverse

from contacthub.feeds import queries
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.models import User
from tests.conftest import sign_in
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(grant: FeedGrant, tmp_path: Path, today: dt.date) -> FeedGrant:
    fill_days(grant.feed, tmp_path, today=today, days=40, per_day=10)
    return grant


def feed_url(grant: FeedGrant) -> str:
    return reverse("feed-detail", args=[grant.feed.public_id])


def test_list_shows_options_cap_and_rows_left(filled: FeedGrant, bob: User) -> None:
    page = sign_in(bob).get(reverse("feed-list")).content.decode()
    assert "Cloud cost" in page
    assert "90 days" in page
    assert re.search(r"1,000</b>\s*<span[^>]*>left of 1,000", page)


def test_list_says_where_no_limit_is_set(filled: FeedGrant, bob: User) -> None:
    FeedGrant.objects.update(export_row_limit=None)
    assert "No limit set" in sign_in(bob).get(reverse("feed-list")).content.decode()


def test_preview_page_and_table_hold_the_same_numbers(
    filled: FeedGrant, bob: User, today: dt.date
) -> None:
    page = sign_in(bob).get(feed_url(filled), {"days": 7}).content.decode()
    preview = queries.get_preview(grant=filled, lookback_days=7, today=today)
    assert f"{preview.record_count} <small>records" in page
    rows = re.findall(
        r"<tr( data-partial)?>\s*<td>(.*?)</td>\s*<td[^>]*>(\d+)</td>\s*<td[^>]*>(\d+)</td>",
        page,
        re.DOTALL,
    )
    assert [(int(total), int(part)) for _, _, total, part in rows] == [
        (day.records, day.with_contact) for day in preview.days
    ]
    assert [bool(partial) for partial, *_ in rows] == [False] * 6 + [True]
    assert not Search.objects.exists(), "a preview saves nothing"


def test_htmx_gets_the_preview_alone(filled: FeedGrant, bob: User) -> None:
    response = sign_in(bob).get(feed_url(filled), {"days": 7}, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert page.strip().startswith('<div id="preview">')
    assert "<html" not in page
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("days", ["0", "91", "abc", "-1", "1e3", "９", "99999999"])
def test_impossible_lookback_is_explained(filled: FeedGrant, bob: User, days: str) -> None:
    response = sign_in(bob).get(feed_url(filled), {"days": days})
    assert response.status_code in (403, 422)
    assert "<h1>" in response.content.decode()


def test_search_is_run_once_and_listed(filled: FeedGrant, bob: User) -> None:
    client = sign_in(bob)
    response = client.post(reverse("search-create", args=[filled.feed.public_id]), {"days": 14})
    search = Search.objects.get()
    assert response.status_code == 302
    assert response["Location"].endswith(f"?days=14&new={search.pk}#past")
    page = client.get(feed_url(filled)).content.decode()
    assert "Not exported" in page
    assert reverse("export-checkout", args=[search.pk]) in page
    assert str(search.record_count) in client.get(reverse("search-list")).content.decode()


def test_viewer_looks_but_runs_no_search(filled: FeedGrant, vera: User) -> None:
    client = sign_in(vera)
    page = client.get(feed_url(filled)).content.decode()
    assert "can only look" in page
    assert (
        client.post(
            reverse("search-create", args=[filled.feed.public_id]), {"days": 14}
        ).status_code
        == 403
    )
    assert not Search.objects.exists()


def test_another_organization_sees_nothing(filled: FeedGrant, charlie: User) -> None:
    client = sign_in(charlie)
    assert "Cloud cost" not in client.get(reverse("feed-list")).content.decode()
    assert client.get(feed_url(filled)).status_code == 404
    assert (
        client.post(reverse("search-create", args=[filled.feed.public_id]), {"days": 7}).status_code
        == 404
    )


def test_names_are_text_wherever_they_stand(filled: FeedGrant, bob: User) -> None:
    filled.feed.name = filled.feed.description = "<script>alert(1)</script>\"'><img src=x>"
    filled.feed.save()
    client = sign_in(bob)
    client.post(reverse("search-create", args=[filled.feed.public_id]), {"days": 14})
    search = Search.objects.get()
    for url in (
        reverse("home"),
        reverse("feed-list"),
        feed_url(filled),
        reverse("search-list"),
        reverse("export-checkout", args=[search.pk]),
    ):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
