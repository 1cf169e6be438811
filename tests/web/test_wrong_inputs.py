"""A wrong input destroys nothing and widens nothing: the error stands beside it, the text and the control stay."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.models import Company
from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.actions import Actor
from contacthub.organizations.models import Organization, User
from contacthub.web import scalars
from contacthub.web.scalars import Refused
from tests.conftest import sign_in
from tests.credentials.connecting import add
from tests.exports.builders import make_export, render, run_search
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
DIGITS = "9" * 5000


@pytest.fixture
def search(grant: FeedGrant, bob: User, tmp_path: Path, today: dt.date) -> Search:
    fill_days(grant.feed, tmp_path, today=today, days=30, per_day=10)
    return run_search(grant, Actor.of(bob))


def control(page: str, name: str) -> str:
    """Return the tag of a control that is seen."""
    return next(
        tag
        for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", page)
        if f'name="{name}"' in tag and 'type="hidden"' not in tag
    )


def fault_of(page: str, name: str) -> str:
    """Return what stands beside a control, by the id that it names."""
    tag = control(page, name)
    assert 'aria-invalid="true"' in tag, tag
    described = re.search(r'aria-describedby="([^" ]+)', tag)
    assert described is not None, tag
    beside = re.search(rf'id="{described[1]}"[^>]*>(.*?)</(?:div|span)>', page, re.DOTALL)
    assert beside is not None, described[1]
    return " ".join(re.sub(r"<[^>]+>", " ", beside[1]).split())


def button(page: str, words: str) -> str:
    """Return the tag of a button by its words."""
    found = re.search(rf"<button([^>]*)>(?:<svg.*?</svg>)?\s*{words}", page, re.DOTALL)
    assert found is not None, words
    return found[1]


# --- Scalars --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", "NaN", "٣", " 7", "91", DIGITS, "7\x00"]
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="whole number from 1 to 90"):
        scalars.read_whole(text, least=1, most=90)


@pytest.mark.parametrize(
    "text", ["9999-12-31", "0000-00-00", "2026-13-01", "20260101", "2026-W01-1", "x", DIGITS]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="must be a day"):
        scalars.read_day(text)


def test_the_last_day_has_a_day_after_it() -> None:
    assert scalars.read_day("9999-12-30") + dt.timedelta(days=1) == dt.date.max


@pytest.mark.parametrize("text", ["", ".", "nan", "inf", "-0", "1e-1", "1.1", "٠.٥", DIGITS])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        scalars.read_ratio(text)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 201])
def test_what_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        scalars.read_text(text, most=200)


@pytest.mark.parametrize("header", ["http://[evil", "http://testserver:x/", "http://%5Bevil/"])
def test_an_address_in_a_header_that_is_none_is_forgotten(bob: User, header: str) -> None:
    sent = {
        **HTMX,
        "HX-Current-URL": header,
        "Referer": header,
        "HX-Current-URL-URI-AutoEncoded": "true",
    }
    assert sign_in(bob).get("/", headers=sent).status_code == 200
    answer = Client().get("/", headers=sent)
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2F"


# --- The feed's page ------------------------------------------------------------------------------


@pytest.mark.parametrize("days", ["0", "91", "abc", "-1", "", "1e3", "٣"])
def test_a_wrong_look_back_keeps_chart_field_and_button(
    grant: FeedGrant, search: Search, bob: User, days: str
) -> None:
    client = sign_in(bob)
    url = reverse("feed-detail", args=[grant.feed.public_id])
    for headers in (HTMX, {}):
        answer = client.get(url, {"days": days, "shown": "14"}, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert answer["HX-Push-Url"] == "false"
        assert f'value="{days}"' in control(page, "days")
        assert fault_of(page, "days") == "Look-back must be between 1 and 90 days."
        assert "The numbers below are for 14 days." in page
        assert "14 days in numbers" in page
        assert len(re.findall(r"<tr(?: data-partial)?>\s*<td>", page)) >= 14
        assert " disabled" in button(page, "Run search")
        assert "Correct the look-back first." in page
        assert 'aria-pressed="true"' not in page
    posted = client.post(reverse("search-create", args=[grant.feed.public_id]), {"days": days})
    assert posted.status_code == 422
    assert fault_of(posted.content.decode(), "days")
    assert Search.objects.count() == 1
    right = client.get(url, {"days": "14", "shown": "30"}, headers=HTMX).content.decode()
    assert "aria-invalid" not in right
    assert " disabled" not in button(right, "Run search")


# --- The checkout ---------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["abc", "0", "-5", "1.5", DIGITS])
def test_a_wrong_limit_of_an_export_stops_its_quote(search: Search, bob: User, typed: str) -> None:
    client = sign_in(bob)
    url = reverse("export-quote", args=[search.pk])
    page = client.get(url, {"max_rows": typed}, headers=HTMX).content.decode()
    note = page[page.index('id="max_rows-note"') :]
    assert "data-invalid" in note[:120]
    assert re.search(r"Enter (a whole number|1 or more)", note)
    assert " disabled" in button(page, "Export rows")
    assert "Correct At most first." in page
    assert "300 rows" not in page
    posted = client.post(
        reverse("export-checkout", args=[search.pk]), {"max_rows": typed, "name": "Mine"}
    )
    page = posted.content.decode()
    assert posted.status_code == 422
    assert fault_of(page, "max_rows")
    assert f'value="{typed}"' in control(page, "max_rows")
    assert 'value="Mine"' in control(page, "name")
    assert '<noscript>\n<button class="btn" formmethod="get"' in page
    mended = client.get(url, {"max_rows": "50"}, headers=HTMX).content.decode()
    assert "data-invalid" not in mended
    assert " disabled" not in button(mended, "Export 50 rows")


def test_no_column_is_not_every_column(search: Search, bob: User) -> None:
    sent = {"offered": ["topic", "domain"], "format": "csv"}
    answer = sign_in(bob).post(reverse("export-checkout", args=[search.pk]), sent)
    assert answer.status_code == 422
    assert "Choose at least one column." in answer.content.decode()


# --- Filters --------------------------------------------------------------------------------------

WRONG_FILTERS = (
    ("contact-list", {"quality_from": "abc"}, "quality_from", "Vendor quality from must be a whole number from 0"),
    ("contact-list", {"quality_from": "9" * 18}, "quality_from", "Vendor quality from must be"),
    ("contact-list", {"quality_from": ["1", "2"]}, "quality_from", "Vendor quality from must be one value."),
    ("contact-list", {"added_to": "9999-12-31"}, "added_to", "Added up to must be a day"),
    ("contact-list", {"confidence_from": "nan"}, "confidence_from", "Confidence from must be a number from 0 to 1"),
    ("contact-list", {"stale": "perhaps"}, "stale", "Stale must be hide, show or only."),
    ("contact-list", {"title": "a\x00"}, "title", "Title contains a character"),
    ("contact-list", {"title": ";".join("abcdefghij" * 6)}, "title", "Title must be at most 50 values."),
    ("contact-list", {"country": "Nowhere"}, "country", "Country"),
    ("contact-list", {"title": "x", "title_is": "perhaps"}, "title", "Title can only be included or excluded"),
    ("company-list", {"company_to": "9999-12-31"}, "company_to", "Company added up to must be a day"),
)  # fmt: skip


def test_a_wrong_filter_lists_nobody(acme: Organization, alice: User) -> None:
    Company.objects.create(organization=acme, domain="canary.example", name="Canary", number=7)
    client = sign_in(alice)
    for route, query, name, words in WRONG_FILTERS:
        for headers in (HTMX, {}):
            answer = client.get(reverse(route), query, headers=headers)
            page = answer.content.decode()
            assert answer.status_code == 422, (route, query)
            assert fault_of(page, name).startswith(words), (route, query)
            assert 'class="ch-banner is-bad" role="alert"' in page
            assert " listed<" in page
            assert "Canary" not in page


WRONG_LISTS = (
    *((route, {"show": "everything"}) for route in ("export-list", "search-list", "contact-job-list", "pull-list",
                                                    "enrichment-list")),
    ("settings-webhooks", {"state": "lost"}),
    *((route, {"q": "a\x00"}) for route in ("export-list", "feed-list", "settings-members", "contact-list",
                                            "company-list", "find", "pull-list", "enrichment-list",
                                            "contact-job-list")),
    ("contact-list", {"q": "x" * 201}),
    ("settings-audit", {"since": "9999-12-31"}),
    ("settings-audit", {"until": "yesterday"}),
)  # fmt: skip


def test_a_wrong_choice_of_a_list_is_told_and_lists_nothing(
    search: Search, alice: User, bob: User
) -> None:
    render(make_export(search, Actor.of(bob), name="Canary export"))
    client = sign_in(alice)
    for route, query in WRONG_LISTS:
        answer = client.get(reverse(route), query, headers=HTMX)
        page = answer.content.decode()
        assert answer.status_code == 422, (route, query)
        assert 'role="alert"' in page, (route, query)
        assert "Canary" not in page, (route, query)
        assert "<tbody>" not in page, (route, query)


# --- Races and titles -----------------------------------------------------------------------------


def test_a_cancel_that_comes_too_late_is_told_beside_the_job(search: Search, bob: User) -> None:
    export = render(make_export(search, Actor.of(bob)))
    answer = sign_in(bob).post(reverse("export-cancel", args=[export.pk]), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(reverse("export-detail", args=[export.pk]), 302)]
    assert "Already finished. This job is completed; there is nothing left to cancel." in page
    assert reverse("export-download", args=[export.pk]) in page


def title(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found is not None
    return found[1]


def test_a_hidden_part_of_a_form_that_was_changed_is_told(acme: Organization, bob: User) -> None:
    batch = create_draft_from_text(
        organization=acme, actor=Actor.of(bob), text="id_0000000000000001", name="A list"
    )
    sent = {"sections": ["emails"], "format": "csv", "source": "own", "request_key": "-1"}
    response = sign_in(bob).post(reverse("enrichment-check", args=[batch.pk]), sent)
    assert response.status_code == 422
    assert "This form was changed on its way. Nothing was saved" in response.content.decode()


def test_a_title_names_the_reason(bob: User, vera: User) -> None:
    unknown = reverse("feed-detail", args=["00000000-0000-0000-0000-000000000000"])
    assert title(sign_in(bob).get(unknown).content.decode()) == "Page not found"
    keys = sign_in(bob).get(reverse("settings-keys")).content.decode()
    assert title(keys) == "You need the “Manage members, keys, feeds and limits” right"
    strict: Any = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    expired = strict.post(reverse("theme-set"), {"theme": "dark"})
    assert expired.status_code == 403
    assert title(expired.content.decode()) == "Session expired"


# --- Forms of one page ----------------------------------------------------------------------------


def test_an_error_is_told_whatever_form_the_request_names(acme: Organization, bob: User) -> None:
    add(
        acme,
        vendor="insideview",
        name="Bulk",
        credentials={"client_id": "bulk", "client_secret": "bulk-0123456789"},
    )
    for route in ("enrichment-new", "pull-new"):
        answer = sign_in(bob).post(reverse(route), {"door": "-1", "ids": ""})
        assert answer.status_code == 422
        assert 'id="ids-error" role="alert"' in answer.content.decode(), route
