"""Feeds and grants, intent records with their daily sums, frozen searches and the ledger of rows.

A feed belongs to the instance and is granted to organizations, each with its own cap, options and quota. A remote feed
is a vendor's: it belongs to the organization whose account shows it, and its grant mirrors what the vendor reports.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from contacthub.credentials.connections.models import Connection
from contacthub.organizations.models import Organization, User
from contacthub.providers.registry import PROVIDERS


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
    # Of a remote feed: whose account shows it, by which connection (None once that is removed) and under which id. The
    # vendor and the connection's name stay, so that what was exported keeps its source.
    owner = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="remote_feeds"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="feeds"
    )
    vendor = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=100, blank=True)
    remote_id = models.CharField(max_length=100, blank=True)
    # When the vendor was first seen not to list it any more.
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
        return PROVIDERS[self.vendor].label if self.vendor in PROVIDERS else self.vendor

    @property
    def closed_because(self) -> str:
        """Say why a remote feed takes no new work; empty where it does. What was exported stays readable."""
        if self.stopped_because or self.connection is None:
            return self.stopped_because
        return self.connection.closed_because

    @property
    def stopped_because(self) -> str:
        """Say why a remote feed cannot be called at all, by work that has begun neither; empty where it can."""
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
    """When a connection's feeds were last asked for, and what came of it. One row for each connection with feeds."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="feed_sync"
    )
    tried_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    # Why the last try failed; empty where it worked.
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
        """Return the rows left, never below 0, or None where no limit is set."""
        limit = self.export_row_limit
        return None if limit is None else max(0, limit - self.export_rows_used)


class IntentBatch(models.Model):
    """One finished import into a feed. Its number is the watermark of the records it brought."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="batches")
    number = models.IntegerField()
    file_name = models.CharField(max_length=255)
    row_count = models.BigIntegerField()
    duplicate_count = models.BigIntegerField()
    rejected_count = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "number"], name="batch_unique")]

    def __str__(self) -> str:
        return f"batch {self.number} of {self.feed_id}"


class IntentRecord(models.Model):
    """One observation: somebody at a domain showed interest in a topic on a day. Append-only.

    Keyed by feed, day and a fingerprint of the whole row: the same row imported twice is one record, and the key is
    also the order in which exports page (newest day first). Measured against a running id beside a unique natural
    key, this is one index less and a third less time per import. The feed is no database constraint: it would be
    checked for each of millions of rows, and the only writer holds the feed's lock.
    """

    pk = models.CompositePrimaryKey("feed_id", "observed_on", "fingerprint")
    feed = models.ForeignKey(
        Feed, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    observed_on = models.DateField()
    fingerprint = models.UUIDField()
    batch = models.IntegerField()
    contact_key = models.BigIntegerField(null=True)
    score = models.FloatField(null=True)
    domain = models.TextField()
    topic = models.TextField()
    company_name = models.TextField(null=True)
    industry = models.TextField(null=True)
    # Personal data, shown and exported only where the grant includes PII.
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    address = models.TextField(null=True)
    city = models.TextField(null=True)
    state = models.TextField(null=True)
    postal_code = models.TextField(null=True)
    country = models.TextField(null=True)
    gender = models.TextField(null=True)
    age_range = models.TextField(null=True)
    # Business information, likewise.
    linkedin_url = models.TextField(null=True)
    job_title = models.TextField(null=True)
    company_domain = models.TextField(null=True)
    seniority = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["contact_key"],
                condition=Q(contact_key__isnull=False),
                name="intent_by_contact",
            )
        ]

    def __str__(self) -> str:
        return f"{self.observed_on} {self.domain} {self.topic}"


class FeedDay(models.Model):
    """Records of a feed per UTC day: what a preview reads instead of the records. Written with each import."""

    pk = models.CompositePrimaryKey("feed_id", "day")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, db_index=False, related_name="days")
    day = models.DateField()
    record_count = models.BigIntegerField()
    with_contact_count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.record_count}"


class FeedDomain(models.Model):
    """The last day on which a domain was observed in a feed.

    A lookback window ends today, so a domain is inside it exactly when this day is.
    """

    pk = models.CompositePrimaryKey("feed_id", "domain")
    feed = models.ForeignKey(
        Feed, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    domain = models.TextField()
    last_day = models.DateField()

    def __str__(self) -> str:
        return self.domain


class FeedContact(models.Model):
    """The last day on which a contact was observed in a feed."""

    pk = models.CompositePrimaryKey("feed_id", "contact_key")
    feed = models.ForeignKey(
        Feed, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    contact_key = models.BigIntegerField()
    last_day = models.DateField()

    def __str__(self) -> str:
        return str(self.contact_key)


class FeedLastSeen(models.Model):
    """How many domains (or contacts) of a feed were last observed on a day.

    The sum over the days of a window is the exact number of distinct ones in it, whatever the size of the feed.
    """

    class Kind(models.TextChoices):
        """What is counted."""

        DOMAIN = "domain", "Domains"
        CONTACT = "contact", "Contacts"

    pk = models.CompositePrimaryKey("feed_id", "kind", "day")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    day = models.DateField()
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.count} {self.kind}"


class FeedTopic(models.Model):
    """Records of a feed per topic."""

    pk = models.CompositePrimaryKey("feed_id", "topic")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, db_index=False, related_name="topics")
    topic = models.TextField()
    record_count = models.BigIntegerField()

    def __str__(self) -> str:
        return self.topic


class Search(models.Model):
    """A frozen question: feed, window and watermark, with its counts. Records that arrive later never change it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="searches"
    )
    grant = models.ForeignKey(FeedGrant, on_delete=models.PROTECT, related_name="searches")
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="+")
    lookback_days = models.IntegerField()
    start_on = models.DateField()
    end_on = models.DateField()
    watermark = models.IntegerField()
    # Of a remote feed: the vendor's id of the search. The counts are the vendor's as well.
    remote_id = models.CharField(max_length=100, blank=True)
    record_count = models.BigIntegerField()
    with_contact_count = models.BigIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    # A program's name, where no person ran the search.
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # The export that pays for this search. The first one claims it; while it is set, further exports are free.
    charged_export = models.UUIDField(null=True)
    charged_rows = models.BigIntegerField(default=0)
    # Settled when an export of this search is complete; until then a cancelled or failed one gives the rows back.
    is_charge_settled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(record_count__gte=F("with_contact_count")),
                name="search_counts_consistent",
            ),
            models.CheckConstraint(
                condition=Q(end_on__gte=F("start_on")), name="search_window_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "feed", "-created_at"], name="search_of_feed"),
            models.Index(fields=["organization", "-created_at"], name="search_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.start_on} – {self.end_on}"

    @property
    def without_contact_count(self) -> int:
        """Return the records that did not resolve to a contact."""
        return self.record_count - self.with_contact_count


class QuotaEntry(models.Model):
    """One line of the ledger: why the used rows of a grant changed. Never changed afterwards.

    The sum of `rows` over a grant's entries is its `export_rows_used`. `export` is an id only: exports are upstairs.
    """

    class Kind(models.TextChoices):
        """What happened to the rows."""

        RESERVE = "reserve", "Reserve"
        SETTLE = "settle", "Settle"
        RELEASE = "release", "Release"
        ADJUST = "adjust", "Adjust"
        # Of a remote feed: the vendor reports another figure than ours.
        MIRROR = "mirror", "Mirror"

    grant = models.ForeignKey(FeedGrant, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=7, choices=Kind)
    # Rows added to what is used: positive on reserve, negative on release, 0 on settle and on a change of the limit;
    # either on a mirror.
    rows = models.BigIntegerField()
    used_after = models.BigIntegerField()
    limit_after = models.BigIntegerField(null=True)
    search = models.ForeignKey(Search, on_delete=models.CASCADE, null=True, related_name="entries")
    export = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reserve", rows__gte=0)
                | Q(kind="release", rows__lte=0)
                | Q(kind__in=["settle", "adjust"], rows=0)
                | Q(kind="mirror"),
                name="entry_sign",
            ),
        ]
        indexes = [models.Index(fields=["grant", "-at", "-id"], name="entry_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.rows}"
