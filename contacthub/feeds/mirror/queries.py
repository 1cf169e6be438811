"""Asking a vendor about one of its feeds. Every call is made outside of transactions."""

from dataclasses import dataclass

from contacthub.connectors import records
from contacthub.connectors.base import Capability, Connector
from contacthub.connectors.errors import ContractBroken
from contacthub.connectors.registry import CONNECTORS
from contacthub.core import clock
from contacthub.core.errors import Conflict
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.queries import list_connections, open_connector
from contacthub.feeds.models import Feed, FeedGrant, FeedSync
from contacthub.feeds.windows import Window, find_window
from contacthub.organizations.models import Organization

# More rows than any vendor has: what is above is a reply gone wrong, and no column could hold it.
MOST_ROWS = 10**15


@dataclass(frozen=True)
class RemotePreview:
    """What a vendor says that a window of its feed holds. The days are counted without regard to contacts."""

    window: Window
    days: tuple[records.DayCount, ...]
    record_count: int
    with_contact_count: int
    without_contact_count: int

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Return the two parts of the records as they are drawn: classes and counts."""
        return [("used", self.with_contact_count), ("part", self.without_contact_count)]


def open_feed(feed: Feed, *, is_interactive: bool = False) -> Connector:
    """Return the connector for a vendor's feed. Raises `Conflict` with the reason where it takes no work.

    A job that has begun continues with a broken connection: it may be fixed before the job gives up.
    """
    reason = feed.closed_because if is_interactive else feed.stopped_because
    if reason or feed.connection is None:
        raise Conflict(reason)
    # Read again, with what is sealed.
    connection = Connection.objects.get(pk=feed.connection.pk)
    return open_connector(connection, is_interactive=is_interactive)


def get_preview(*, grant: FeedGrant, lookback_days: int) -> RemotePreview:
    """Ask the vendor what a lookback holds; saves and costs nothing.

    Raises as `find_window` and `open_feed` do, and `VendorError`.
    """
    find_window(grant=grant, lookback_days=lookback_days, today=clock.today())
    with open_feed(grant.feed, is_interactive=True) as connector:
        found = connector.preview(grant.feed.remote_id, lookback_days=lookback_days)
    check_window(grant.feed, found)
    return RemotePreview(
        Window(found.start_on, found.end_on),
        found.days,
        found.record_count,
        found.with_contact_count,
        found.without_contact_count,
    )


def check_window(feed: Feed, found: records.Preview) -> None:
    """Raise `ContractBroken` for counts that cannot be, or of another feed."""
    wrong = ""
    if found.feed_id != feed.remote_id:
        wrong = "feed_id"
    elif found.start_on > found.end_on:
        wrong = "start_date"
    elif (
        found.record_count > MOST_ROWS
        or found.with_contact_count + found.without_contact_count != found.record_count
    ):
        wrong = "total_records"
    if wrong:
        raise ContractBroken(f"{feed.vendor_label} reports counts that are impossible.", path=wrong)


def list_sources(*, organization: Organization) -> list[Connection]:
    """List the connections that have feeds, paused ones among them, by name."""
    vendors = [
        vendor for vendor, connector in CONNECTORS.items() if connector.can(Capability.FEEDS)
    ]
    return list(list_connections(organization=organization).filter(vendor__in=vendors))


def list_notes(*, organization: Organization) -> list[FeedSync]:
    """List the connections whose last answer about their feeds is missing, so that older figures are shown."""
    failed = FeedSync.objects.filter(connection__organization=organization).exclude(error="")
    return list(
        failed.select_related("connection").defer("connection__sealed").order_by("connection__name")
    )
