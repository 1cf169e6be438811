"""Feeds, and what each organization may do with them.

A feed belongs to the instance and is granted to organizations, each with its own cap, options and quota. A vendor's
feed is kept there: it belongs to the organization whose account shows it, and its grant mirrors what the vendor
reports.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from contacthub.connectors.registry import CONNECTORS
from contacthub.credentials.connections.models import Connection
from contacthub.organizations.models import Organization


class Feed(models.Model):
    """A stream of intent records about one subject.

    `last_batch` is the watermark: the number of the last import whose records count. It moves in the transaction
    that writes the records and their sums, under a lock on this row, so numbers and commits have one order.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    last_batch = models.IntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    # If a vendor has the feed: whose account shows it, by which connection (None once removed) and under which id.
    # The vendor and the connection's name stay, so that what was exported keeps its source.
    owner = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="remote_feeds"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="feeds"
    )
    vendor = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=100, blank=True)
    remote_id = models.CharField(max_length=100, blank=True)
    # When we first saw that the vendor no longer lists it.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(remote_id="", owner=None, connection=None)
                | (~Q(remote_id="") & Q(owner__isnull=False)),
                name="feed_remote_has_owner",
            ),
            models.UniqueConstraint(
                fields=["connection", "remote_id"],
                condition=Q(connection__isnull=False),
                name="feed_remote_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_remote(self) -> bool:
        """Return whether it is a vendor's."""
        return self.remote_id != ""

    @property
    def vendor_label(self) -> str:
        """Return the vendor's name as people know it; empty for a local feed."""
        return CONNECTORS[self.vendor].label if self.vendor in CONNECTORS else self.vendor

    @property
    def closed_because(self) -> str:
        """Say why a vendor's feed takes no new work; empty if it does. What was exported stays readable."""
        if self.stopped_because or self.connection is None:
            return self.stopped_because
        return self.connection.closed_because

    @property
    def stopped_because(self) -> str:
        """Say why a vendor's feed cannot be called at all, not even by running work; empty if it can."""
        if not self.is_remote:
            return ""
        if self.connection is None:
            return f"The connection {self.source} was removed."
        if self.connection.is_paused:
            return self.connection.closed_because
        if self.withdrawn_at is not None:
            return f"{self.vendor_label} no longer offers this feed to your account."
        return ""


class FeedSync(models.Model):
    """When a connection's feeds were last fetched, and with what result. One row for each connection with feeds."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="feed_sync"
    )
    tried_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    # Why the last try failed; empty if it worked.
    error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.error or "answered"


class FeedGrant(models.Model):
    """What one organization may do with one feed, and how many rows it has used.

    Rows are reserved by one guarded update, see `feeds.sql.reserve_rows`; the constraint holds whatever else writes.
    """

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="grants")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="feed_grants"
    )
    lookback_days = models.IntegerField()
    is_pii_enabled = models.BooleanField(default=False)
    is_business_info_enabled = models.BooleanField(default=False)
    # Rows. None: no limit set.
    export_row_limit = models.BigIntegerField(null=True, blank=True)
    export_rows_used = models.BigIntegerField(default=0)
    # Part of the used rows that belongs to exports still running: drawn hatched, given back if they fail.
    export_rows_held = models.BigIntegerField(default=0)
    # Used rows when the limit was last set: lowering a limit below what is used is legal, using more then is not.
    rows_used_at_limit = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feed", "organization"], name="feed_grant_unique"),
            models.CheckConstraint(
                condition=Q(lookback_days__gte=1, lookback_days__lte=3650), name="grant_lookback"
            ),
            models.CheckConstraint(
                condition=Q(export_row_limit=None) | Q(export_row_limit__gte=0),
                name="grant_limit_positive",
            ),
            models.CheckConstraint(
                condition=Q(export_rows_used__gte=0)
                & Q(export_rows_held__gte=0)
                & Q(export_rows_held__lte=F("export_rows_used")),
                name="grant_used_positive",
            ),
            models.CheckConstraint(
                condition=Q(export_row_limit=None)
                | Q(export_rows_used__lte=Greatest("export_row_limit", "rows_used_at_limit")),
                name="grant_used_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed} for {self.organization}"

    @property
    def export_rows_remaining(self) -> int | None:
        """Return the rows left, never below 0, or None if no limit is set."""
        limit = self.export_row_limit
        return None if limit is None else max(0, limit - self.export_rows_used)
