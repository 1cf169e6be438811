"""The windows of feeds in which searches of contacts and companies may look."""

from contacthub.contacts.windows import FeedWindow, read_windows_with
from contacthub.feeds.models import FeedGrant


def connect() -> None:
    """Let searches read an organization's windows here."""
    read_windows_with(list_catalog_windows)


def list_catalog_windows(owner: int) -> list[FeedWindow]:
    """List the local feeds that are granted to an organization now. A vendor keeps the records of its own feeds."""
    grants = FeedGrant.objects.filter(organization=owner, feed__remote_id="").order_by("feed")
    return [FeedWindow(feed, days) for feed, days in grants.values_list("feed", "lookback_days")]
