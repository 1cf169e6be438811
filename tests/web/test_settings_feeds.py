"""Feeds and quotas: limits, and the ledger of every row."""

import csv
import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from contacthub.exports import actions as export_actions
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.feeds import actions
from contacthub.feeds.models import FeedGrant, QuotaEntry
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db
LIST = "/settings/feeds/"
LEDGER = "/settings/feeds/ledger.csv"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def words_of(response: Any) -> str:
    """Return the page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(response)))


def read_csv(response: Any) -> list[dict[str, str]]:
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


@pytest.fixture
def other(acme: Organization) -> FeedGrant:
    """A second feed of acme, without a limit."""
    feed = actions.create_feed(name="Payroll")
    return actions.grant_feed(feed=feed, organization=acme, lookback_days=30)


@pytest.fixture
def exported(
    acme: Organization, grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date
) -> Export:
    """Bob's export of 70 rows, paid and settled."""
    fill_days(grant.feed, tmp_path, today=today, days=20, per_day=10)
    search = actions.run_search(organization=acme, actor=as_bob, grant=grant, lookback_days=7)
    export, _ = export_actions.create_export(
        organization=acme,
        actor=as_bob,
        order=ExportOrder(search_id=search.pk, options=ExportOptions(), name="=Week 46"),
    )
    return export


def edit_url(grant: FeedGrant) -> str:
    return reverse("settings-feed-edit", args=[grant.feed.public_id])


def limits(**changes: Any) -> dict[str, Any]:
    return {
        "lookback_days": "60",
        "pii": "on",
        "has_row_limit": "on",
        "export_row_limit": "25,000",
        **changes,
    }


def test_list_shows_limits_and_use(exported: Export, other: FeedGrant, alice: User):
    page = words_of(sign_in(alice).get(LIST))
    assert "Cloud cost 90 days Yes No 1,000 70 0 930" in page
    assert "Payroll 30 days No No No limit 0 0 no limit" in page


def test_ledger_shows_every_entry(exported: Export, other: FeedGrant, alice: User):
    response = sign_in(alice).get(LIST)
    page = words_of(response)
    assert re.search(r"Settle Cloud cost =Week 46 .* Bob 0 rows 70 930", page)
    assert re.search(r"Reserve Cloud cost =Week 46 .* Bob \+70 rows 70 930", page)
    assert text_of(response).count(reverse("export-detail", args=[exported.pk])) == 2
    assert "Adds up" in page


def test_ledger_of_one_feed(exported: Export, other: FeedGrant, alice: User):
    client = sign_in(alice)
    one = words_of(client.get(LIST, {"feed": str(other.feed.public_id)}))
    assert "Ledger, Payroll" in one
    assert "No rows were charged yet" in one
    fragment = client.get(
        LIST, {"feed": str(exported.search.feed.public_id)}, headers={"HX-Request": "true"}
    )
    assert text_of(fragment).startswith('<div id="grants"')
    assert "Ledger, Cloud cost" in words_of(fragment)


@pytest.mark.parametrize("feed", ["x", "00000000-0000-0000-0000-000000000000"])
def test_unknown_feed_is_not_found(alice: User, feed: str):
    assert sign_in(alice).get(LIST, {"feed": feed}).status_code == 404


def test_foreign_feed_is_not_found(grant: FeedGrant, charlie: User):
    client = sign_in(charlie)
    for url in (LIST, LEDGER):
        assert client.get(url, {"feed": str(grant.feed.public_id)}).status_code == 404
    assert "Cloud cost" not in text_of(client.get(LIST))


def test_ledger_that_does_not_add_up_is_said(
    exported: Export, alice: User, charlie: User, globex: Organization
):
    theirs = actions.grant_feed(
        feed=actions.create_feed(name="Robots"), organization=globex, lookback_days=30
    )
    FeedGrant.objects.exclude(pk=theirs.pk).update(export_rows_used=71)
    assert "The ledger does not add up. Cloud cost: 71 rows used, 70 in the ledger" in words_of(
        sign_in(alice).get(LIST)
    )
    page = words_of(sign_in(charlie).get(LIST))
    assert "Ledger, all feeds" in page
    assert "Cloud cost" not in page
    assert "No rows were charged yet" in page
    assert read_csv(sign_in(charlie).get(LEDGER)) == []


def test_ledger_is_paged(grant: FeedGrant, alice: User):
    QuotaEntry.objects.bulk_create(
        QuotaEntry(grant=grant, kind="adjust", rows=0, used_after=0, actor_name="X", note=f"n{n}!")
        for n in range(30)
    )
    client = sign_in(alice)
    assert "1–25 of 30" in text_of(client.get(LIST))
    assert "26–30 of 30" in text_of(client.get(LIST, {"page": "2"}))


def test_ledger_downloads_whole(exported: Export, other: FeedGrant, alice: User):
    response = sign_in(alice).get(LEDGER)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="ledger-acme-[\d-]+\.csv"', response["Content-Disposition"]
    )
    lines = read_csv(response)
    assert [(line["entry"], line["rows"], line["used_after"]) for line in lines] == [
        ("settle", "0", "70"),
        ("reserve", "70", "70"),
    ]
    assert lines[0]["export"] == '="=Week 46"', "no spreadsheet takes it for a formula"
    assert lines[0]["export_id"] == str(exported.pk)
    assert sum(int(line["rows"]) for line in lines) == 70
    event = AuditEvent.objects.get(action="Downloaded ledger")
    assert (event.actor_name, event.target, event.rows) == ("Alice", "All feeds", 2)


def test_ledger_of_one_feed_downloads(exported: Export, other: FeedGrant, alice: User):
    response = sign_in(alice).get(LEDGER, {"feed": str(other.feed.public_id)})
    assert read_csv(response) == []


# --- Limits ---------------------------------------------------------------------------------------


def test_limits_are_changed_and_recorded(grant: FeedGrant, alice: User):
    response = sign_in(alice).post(edit_url(grant), limits(), follow=True)
    assert "The limits of Cloud cost are saved." in words_of(response)
    grant.refresh_from_db()
    assert (grant.lookback_days, grant.export_row_limit) == (60, 25_000)
    assert (grant.is_pii_enabled, grant.is_business_info_enabled) == (True, False)
    event = AuditEvent.objects.get(action="Changed feed limits")
    assert event.changes == {"lookback_days": [90, 60], "export_row_limit": [1000, 25_000]}
    entry = QuotaEntry.objects.get(kind="adjust")
    assert (entry.actor_name, entry.note) == ("Alice", "Row limit: 1,000 → 25,000")


def test_limit_can_be_taken_away(grant: FeedGrant, alice: User):
    sent = limits(export_row_limit="")
    del sent["has_row_limit"]
    sign_in(alice).post(edit_url(grant), sent)
    grant.refresh_from_db()
    assert grant.export_row_limit is None


def test_emptied_limit_is_not_no_limit(grant: FeedGrant, alice: User):
    response = sign_in(alice).post(edit_url(grant), limits(export_row_limit=""))
    assert response.status_code == 422
    assert "Enter the limit, or switch it off." in words_of(response)
    grant.refresh_from_db()
    assert grant.export_row_limit == 1000


def test_form_begins_with_what_is_set(grant: FeedGrant, other: FeedGrant, alice: User):
    client = sign_in(alice)
    page = text_of(client.get(edit_url(grant)))
    assert re.search(r'name="lookback_days" value="90"', page)
    assert re.search(r'name="export_row_limit"[^>]*\svalue="1,000"', page)
    assert re.findall(r'name="(\w+)"[^>]* checked', page) == ["pii", "has_row_limit"]
    assert re.findall(r'name="(\w+)"[^>]* checked', text_of(client.get(edit_url(other)))) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lookback_days": "0"}, "Look-back must be between 1 and 3,650 days."),
        ({"lookback_days": "3651"}, "Look-back must be between 1 and 3,650 days."),
        ({"lookback_days": "thirty"}, "Enter a whole number."),
        ({"lookback_days": ""}, "This field is required."),
        ({"export_row_limit": "-1"}, "Enter a whole number."),
        ({"export_row_limit": "9" * 30}, "Row limit must be between 0 and"),
    ],
)
def test_bad_limits_come_back_with_the_form(
    grant: FeedGrant, alice: User, changes: dict[str, Any], words: str
):
    sent = limits(**changes)
    response = sign_in(alice).post(edit_url(grant), sent)
    page = text_of(response)
    assert response.status_code == 422
    assert words in page
    assert all(f'value="{value}"' in page for value in changes.values() if value)
    assert re.findall(r'name="(\w+)"[^>]* checked', page) == ["pii", "has_row_limit"]
    grant.refresh_from_db()
    assert (grant.lookback_days, grant.export_row_limit) == (90, 1000)


def test_limit_below_what_is_used_leaves_nothing(exported: Export, grant: FeedGrant, alice: User):
    client = sign_in(alice)
    client.post(edit_url(grant), limits(export_row_limit="50"))
    assert "Cloud cost 60 days Yes No 50 70 0 0" in words_of(client.get(LIST))
