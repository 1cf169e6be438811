"""Mirroring what vendors report, and running searches with them. No transaction is held over a call."""

import datetime as dt

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from contacthub.connectors.base import Capability
from contacthub.connectors.records import RemoteFeed
from contacthub.connectors.registry import CONNECTORS
from contacthub.core import clock
from contacthub.core.errors import ContactHubError
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.queries import list_able, open_connector
from contacthub.feeds.actions import MOST_LOOKBACK_DAYS, enter_adjustment
from contacthub.feeds.mirror.queries import MOST_ROWS, check_window, open_feed
from contacthub.feeds.models import Feed, FeedGrant, FeedSync, QuotaEntry, Search
from contacthub.feeds.windows import find_window
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

logger = structlog.get_logger(__name__)

# However many pages are opened, we fetch a vendor's feeds at most this often.
SYNC_EVERY = dt.timedelta(minutes=1)
BROKEN = "The answer could not be used; see the log for details."


# --- Mirroring ------------------------------------------------------------------------------------


def sync_due(*, organization: Organization) -> None:
    """Fetch the feeds of an organization's connected vendors, unless they were fetched in the last minute.

    A vendor that does not answer leaves the last known state and a note.
    """
    for connection in list_able(organization=organization, capability=Capability.FEEDS):
        _sync_in_turn(connection, is_interactive=True)


def is_due(*, organization: Organization) -> bool:
    """Return whether `sync_due` would call any vendor."""
    able = list_able(organization=organization, capability=Capability.FEEDS)
    lately = FeedSync.objects.filter(
        connection__in=able, tried_at__gt=clock.now() - SYNC_EVERY
    ).count()
    return lately < len(able)


def sync_all() -> None:
    """Ask every active connection that has feeds, for the periodic task."""
    vendors = [v for v, connector in CONNECTORS.items() if connector.can(Capability.FEEDS)]
    active = Connection.objects.filter(vendor__in=vendors, state=Connection.State.ACTIVE)
    for connection in list(active.order_by("pk")):
        _sync_in_turn(connection, is_interactive=False)


def _sync_in_turn(connection: Connection, *, is_interactive: bool) -> None:
    try:
        is_mine = _claim(connection)
    except IntegrityError:
        # The connection was removed a moment ago.
        return
    if is_mine:
        sync_connection(connection, is_interactive=is_interactive)


def sync_connection(connection: Connection, *, is_interactive: bool = False) -> bool:
    """Ask one vendor for its feeds now and mirror the answer. Returns False if there was none.

    Whatever goes wrong is noted on this connection; the connections after it are queried all the same.
    """
    began = clock.now()
    try:
        FeedSync.objects.get_or_create(connection=connection)
        return _sync(connection, began, is_interactive=is_interactive)
    except ContactHubError as error:
        note = str(error)[:300]
    except Exception:
        logger.exception("feeds_not_mirrored", connection=str(connection.pk))
        note = BROKEN
    FeedSync.objects.filter(connection=connection).update(tried_at=began, error=note)
    return False


def _sync(connection: Connection, began: dt.datetime, *, is_interactive: bool) -> bool:
    with open_connector(connection, is_interactive=is_interactive) as connector:
        found = connector.list_feeds()
    with transaction.atomic():
        # Locked, so that two answers are mirrored one after another; gone if the connection has been removed.
        state = FeedSync.objects.filter(connection=connection).select_for_update().first()
        if state is None:
            return False
        _mirror(connection, found, began)
        state.tried_at, state.answered_at, state.error = began, clock.now(), ""
        state.save()
    return True


def _claim(connection: Connection) -> bool:
    """Take the turn to call a connection. Of several at once, one gets it."""
    FeedSync.objects.get_or_create(connection=connection)
    due = Q(tried_at=None) | Q(tried_at__lte=clock.now() - SYNC_EVERY)
    return bool(FeedSync.objects.filter(due, connection=connection).update(tried_at=clock.now()))


def _mirror(connection: Connection, found: list[RemoteFeed], began: dt.datetime) -> None:
    listed = {entry.feed_id: entry for entry in found}
    # In one order, because each grant's row stays locked until the commit.
    for _, entry in sorted(listed.items()):
        _mirror_grant(_keep_feed(connection, entry), entry, began)
    Feed.objects.filter(connection=connection, withdrawn_at=None).exclude(
        remote_id__in=listed
    ).update(withdrawn_at=began)


def _keep_feed(connection: Connection, entry: RemoteFeed) -> Feed:
    """Return the feed of an entry: the connection's own, one that a removed connection left behind, or a new one."""
    words = " ".join(entry.description.replace("\x00", "").split())
    known = Feed.objects.filter(vendor=connection.vendor, remote_id=entry.feed_id)
    feed = (
        known.filter(connection=connection).first()
        or known.filter(connection=None, owner=connection.organization_id).first()
        or Feed(remote_id=entry.feed_id, vendor=connection.vendor)
    )
    feed.owner_id = connection.organization_id
    feed.connection, feed.source = connection, connection.name
    feed.name = words[:120] or f"Feed {entry.feed_id[:8]}"
    feed.description = words[:500]
    feed.withdrawn_at = None
    feed.save()
    return feed


def _mirror_grant(feed: Feed, entry: RemoteFeed, began: dt.datetime) -> None:
    FeedGrant.objects.get_or_create(
        feed=feed, organization_id=feed.owner_id, defaults={"lookback_days": 1}
    )
    grant = FeedGrant.objects.select_for_update().get(feed=feed, organization=feed.owner_id)
    actor = Actor(name=feed.vendor_label)
    grant.lookback_days = min(max(entry.most_lookback_days, 1), MOST_LOOKBACK_DAYS)
    grant.is_pii_enabled = entry.is_pii_enabled
    grant.is_business_info_enabled = entry.is_business_info_enabled
    limit = None if entry.row_limit is None else min(max(entry.row_limit, 0), MOST_ROWS)
    before = grant.export_row_limit
    grant.export_row_limit = limit
    added = _find_difference(grant, entry, began)
    grant.export_rows_used += added
    grant.rows_used_at_limit = grant.export_rows_used
    grant.save()
    if before != limit:
        enter_adjustment(grant, actor, [before, limit])
    if added:
        QuotaEntry.objects.create(
            grant=grant,
            kind=QuotaEntry.Kind.MIRROR,
            rows=added,
            used_after=grant.export_rows_used,
            limit_after=limit,
            actor_name=actor.name,
            note=f"{feed.vendor_label} reports {grant.export_rows_used:,} rows used",
        )


def _find_difference(grant: FeedGrant, entry: RemoteFeed, began: dt.datetime) -> int:
    """Return the rows that the vendor counts more than we do; 0 while that is unknown.

    Rows that are held may or may not be charged yet, and an answer requested before our last entry does not include it.
    """
    is_moving = grant.export_rows_held > 0 or grant.entries.filter(at__gte=began).exists()
    return 0 if is_moving else min(entry.rows_used, MOST_ROWS) - grant.export_rows_used


# --- Searching ------------------------------------------------------------------------------------


def run_search(
    *, organization: Organization, actor: Actor, grant: FeedGrant, lookback_days: int
) -> Search:
    """Have the vendor freeze a lookback that ends today, and keep its id and counts. Free.

    Raises as `find_window` and `open_feed` do, and `VendorError`; then nothing is kept here.
    """
    feed = grant.feed
    find_window(grant=grant, lookback_days=lookback_days, today=clock.today())
    with open_feed(feed, is_interactive=True) as connector:
        found = connector.run_search(feed.remote_id, lookback_days=lookback_days)
    check_window(feed, found)
    with transaction.atomic():
        search = Search.objects.create(
            organization=organization,
            grant=grant,
            feed=feed,
            lookback_days=lookback_days,
            start_on=found.start_on,
            end_on=found.end_on,
            watermark=0,
            remote_id=found.search_id,
            record_count=found.record_count,
            with_contact_count=found.with_contact_count,
            created_by=actor.user,
            created_by_name=actor.name[:200],
        )
        record_event(
            organization=organization,
            actor=actor,
            action="Ran search",
            target=feed.name,
            detail=f"{found.start_on:%-d %b} – {found.end_on:%-d %b %Y}, with {feed.vendor_label}",
            rows=search.record_count,
        )
    return search


def recount_search(*, search: Search, record_count: int, with_contact_count: int) -> None:
    """Take over the vendor's counts of a search where they have moved."""
    search.record_count, search.with_contact_count = record_count, with_contact_count
    search.save(update_fields=["record_count", "with_contact_count"])
