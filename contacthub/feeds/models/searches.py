"""Frozen searches, and the ledger of the rows that they were charged with."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.feeds.models.grants import Feed, FeedGrant
from contacthub.organizations.models import Organization, User


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
    # If the feed is from a vendor: the vendor's id of the search. The counts are the vendor's as well.
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
        # If the feed is from a vendor: it reports another figure than ours.
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
