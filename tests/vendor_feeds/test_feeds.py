"""A vendor's feeds beside the organization's own: mirrored, previewed and searched, and nobody else's."""

import datetime as dt
import re

import pytest

from contacthub.core import clock
from contacthub.core.errors import Conflict, LookbackTooLong, NotFound
from contacthub.credentials.connections.actions import (
    add_connection,
    pause_connection,
    remove_connection,
    resume_connection,
)
from contacthub.credentials.connections.models import Connection
from contacthub.feeds import actions, queries
from contacthub.feeds.mirror import actions as mirror
from contacthub.feeds.mirror.queries import get_preview
from contacthub.feeds.models import Feed, FeedGrant, FeedSync, QuotaEntry, Search
from contacthub.organizations.audit import COMMAND_LINE, Actor
from contacthub.organizations.models import Organization, User
from tests.api.conftest import Program, make_key
from tests.conftest import sign_in
from tests.vendor_feeds.conftest import ROWS, Vendor

# Threads and gates use connections of their own, which see what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def search(grant: FeedGrant, actor: Actor, days: int = 7) -> Search:
    return mirror.run_search(
        organization=grant.organization, actor=actor, grant=grant, lookback_days=days
    )


def again(grant: FeedGrant) -> FeedGrant:
    return FeedGrant.objects.select_related("feed__connection", "organization").get(pk=grant.pk)


def test_feed_is_mirrored_with_options_cap_and_quota(
    remote_grant: FeedGrant, vendor: Vendor
) -> None:
    assert remote_grant.feed.name == "Cloud cost"
    assert remote_grant.feed.source == "Our ContactBased"
    assert (remote_grant.lookback_days, remote_grant.is_pii_enabled) == (60, True)
    assert remote_grant.is_business_info_enabled is False
    assert remote_grant.export_row_limit == 10_000_000
    assert remote_grant.export_rows_used == vendor.rows_used
    assert queries.list_ledger_drift() == []


def test_mirror_changes_nothing_twice(connection: Connection, remote_grant: FeedGrant) -> None:
    entries = QuotaEntry.objects.count()
    assert mirror.sync_connection(connection)
    assert QuotaEntry.objects.count() == entries
    assert Feed.objects.count() == 1


def test_rows_used_elsewhere_are_explained_in_the_ledger(
    connection: Connection, remote_grant: FeedGrant, vendor: Vendor
) -> None:
    before = remote_grant.export_rows_used
    vendor.stack.query("UPDATE feeds_feedgrant SET export_rows_used = export_rows_used + 77")
    try:
        assert mirror.sync_connection(connection)
        assert again(remote_grant).export_rows_used == before + 77
        line = QuotaEntry.objects.latest("id")
        assert (line.kind, line.rows, line.actor_name) == ("mirror", 77, "ContactBased")
        assert queries.list_ledger_drift() == []
    finally:
        vendor.stack.query("UPDATE feeds_feedgrant SET export_rows_used = export_rows_used - 77")


def test_held_rows_are_not_mirrored_away(
    connection: Connection, remote_grant: FeedGrant, as_bob: Actor
) -> None:
    """A sync between reservation and charge knows only the vendor's older figure."""
    found = search(remote_grant, as_bob)
    actions.charge_search(search=found, export_id=found.pk, rows=50, actor=as_bob)
    used = again(remote_grant).export_rows_used
    assert mirror.sync_connection(connection)
    assert again(remote_grant).export_rows_used == used


def test_lowered_limit_is_legal(
    connection: Connection, remote_grant: FeedGrant, vendor: Vendor
) -> None:
    vendor.stack.query(
        "UPDATE feeds_feedgrant SET rows_used_at_limit = export_rows_used, export_row_limit = 0"
    )
    try:
        assert mirror.sync_connection(connection)
        assert again(remote_grant).export_row_limit == 0
        assert again(remote_grant).export_rows_remaining == 0
    finally:
        vendor.stack.query("UPDATE feeds_feedgrant SET export_row_limit = 10000000")


def test_vendor_is_asked_at_most_once_a_minute(
    acme: Organization, connection: Connection, vendor: Vendor
) -> None:
    vendor.proxy.forget()
    for _ in range(3):
        mirror.sync_due(organization=acme)
    assert vendor.proxy.calls["/organization/feeds"] == 0
    FeedSync.objects.update(tried_at=clock.now() - dt.timedelta(seconds=61))
    for _ in range(3):
        mirror.sync_due(organization=acme)
    assert vendor.proxy.calls["/organization/feeds"] == 1


def test_vendor_that_does_not_answer_leaves_the_last_state_and_a_note(
    connection: Connection, remote_grant: FeedGrant, vendor: Vendor, bob: User
) -> None:
    vendor.proxy.judge = lambda path, number: "502"
    assert not mirror.sync_connection(connection)
    page = sign_in(bob).get("/feeds/").content.decode()
    assert "Cloud cost" in page
    assert "Our ContactBased did not answer" in page


def test_withdrawn_feed_takes_no_new_work(
    connection: Connection, remote_grant: FeedGrant, as_bob: Actor
) -> None:
    Feed.objects.filter(pk=remote_grant.feed_id).update(remote_id="gone", name="Gone feed")
    assert mirror.sync_connection(connection)
    with pytest.raises(Conflict, match="no longer offers"):
        search(again(remote_grant), as_bob)


def test_paused_and_removed_connections_are_reasons(
    acme: Organization, connection: Connection, remote_grant: FeedGrant, as_bob: Actor
) -> None:
    kept = search(remote_grant, as_bob)
    where = {"organization": acme, "actor": COMMAND_LINE, "connection_id": connection.pk}
    pause_connection(**where)
    with pytest.raises(Conflict, match="is paused"):
        search(again(remote_grant), as_bob)
    resume_connection(**where)
    assert search(again(remote_grant), as_bob).record_count
    remove_connection(**where)
    with pytest.raises(Conflict, match="was removed"):
        get_preview(grant=again(remote_grant), lookback_days=7)
    assert queries.get_search(organization=acme, search_id=kept.pk).record_count


def test_new_connection_takes_up_the_feeds_of_a_removed_one(
    acme: Organization, connection: Connection, remote_grant: FeedGrant, vendor: Vendor
) -> None:
    remove_connection(organization=acme, actor=COMMAND_LINE, connection_id=connection.pk)
    second = add_connection(
        organization=acme,
        actor=COMMAND_LINE,
        vendor="contactbased",
        name="Second",
        credentials={"api_key": vendor.key},
        base_url=vendor.proxy.url,
    )
    assert mirror.sync_connection(second)
    assert Feed.objects.get().connection == second
    assert again(remote_grant).feed.source == "Second"


def test_preview_is_the_vendors(remote_grant: FeedGrant, today: dt.date) -> None:
    found = get_preview(grant=remote_grant, lookback_days=7)
    assert (found.window.start, found.window.end) == (today - dt.timedelta(days=6), today)
    assert found.record_count == 7 * 1250 == sum(day.records for day in found.days)
    assert found.with_contact_count + found.without_contact_count == found.record_count
    with pytest.raises(LookbackTooLong):
        get_preview(grant=remote_grant, lookback_days=61)


def test_search_keeps_the_vendors_id_and_counts(
    remote_grant: FeedGrant, as_bob: Actor, vendor: Vendor
) -> None:
    found = search(remote_grant, as_bob, days=10)
    assert found.record_count == ROWS
    theirs = vendor.stack.query(
        "SELECT record_count, with_contact_count FROM feeds_search WHERE id = %s", found.remote_id
    )
    assert theirs == [(found.record_count, found.with_contact_count)]


def test_limits_of_a_vendors_feed_are_not_ours_to_change(
    acme: Organization, globex: Organization, remote_grant: FeedGrant, alice: User
) -> None:
    with pytest.raises(Conflict):
        actions.grant_feed(feed=remote_grant.feed, organization=globex, lookback_days=5)
    edit = sign_in(alice).get(f"/settings/feeds/{remote_grant.feed.public_id}/")
    assert edit.status_code == 409
    assert FeedGrant.objects.count() == 1


def test_another_organization_never_sees_it(
    globex: Organization, charlie: User, remote_grant: FeedGrant, as_bob: Actor, vendor: Vendor
) -> None:
    found = search(remote_grant, as_bob)
    feed = remote_grant.feed.public_id
    assert not queries.list_grants(organization=globex).exists()
    with pytest.raises(NotFound):
        queries.get_grant(organization=globex, feed_id=feed)
    vendor.proxy.forget()
    client = sign_in(charlie)
    for address in (f"/feeds/{feed}/", f"/feeds/{feed}/?ask=1", f"/searches/{found.pk}/export/"):
        assert client.get(address).status_code == 404
    assert client.post(f"/feeds/{feed}/searches", {"days": "7"}).status_code == 404
    page = client.get("/feeds/refresh").content.decode()
    assert "Cloud cost" not in page
    # Nor is the vendor asked on their behalf.
    assert not vendor.proxy.calls


def test_programs_are_offered_local_feeds_alone(
    acme: Organization, remote_grant: FeedGrant, as_bob: Actor
) -> None:
    found = search(remote_grant, as_bob)
    program = Program(lambda key: {"X-API-Key": key}, make_key(acme)[1])
    assert program.get("/organization/feeds").json() == {"feeds": []}
    feed = {"feed_id": str(remote_grant.feed.public_id), "lookback_days": 7}
    assert program.post("/intent/feeds/preview", feed).status_code == 404
    assert program.post("/intent/feeds/exports", {"job_id": str(found.pk)}).status_code == 404


def test_pages_show_the_source_and_whose_numbers_these_are(
    remote_grant: FeedGrant, bob: User, vendor: Vendor
) -> None:
    client = sign_in(bob)
    assert "Our ContactBased" in client.get("/feeds/").content.decode()
    address = f"/feeds/{remote_grant.feed.public_id}/?days=7"
    vendor.proxy.forget()
    waiting = client.get(address).content.decode()
    assert "Calling ContactBased" in waiting
    assert not vendor.proxy.calls
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "8,750" in part
    assert "ContactBased&#x27;s own numbers" in part or "ContactBased's own numbers" in part
    ran = client.post(f"/feeds/{remote_grant.feed.public_id}/searches", {"days": "7"})
    assert re.search("new=[0-9a-f-]{36}", ran["Location"])


def test_refused_search_says_why(remote_grant: FeedGrant, bob: User, vendor: Vendor) -> None:
    vendor.proxy.judge = lambda path, number: "502"
    client = sign_in(bob)
    page = client.post(
        f"/feeds/{remote_grant.feed.public_id}/searches", {"days": "7"}, follow=True
    ).content.decode()
    assert "The search was not run. The vendor answered 502." in page
    assert Search.objects.count() == 0
