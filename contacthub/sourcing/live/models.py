"""Rows of vendors' searches that were saved into an organization's own catalog, and from where.

The tables keep the names that they had in an earlier app.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.contacts.models import Company
from contacthub.enrichment.models.lists import EnrichmentBatch
from contacthub.jobs.models import Job
from contacthub.lists.models import List
from contacthub.organizations.models import Organization, User

# The most rows that one run may save; a page says so before it is started.
MOST_SAVED = 10_000
# The most rows that one run may fetch where ContactHub filters them.
MOST_FETCHED = 10_000


class LiveSave(models.Model):
    """Rows of one search that someone saves: those of a page at once, all that match by a job.

    The connection is kept by id and name, because what was saved stays when it is removed.
    """

    class State(models.TextChoices):
        """Running → completed, cancelled or failed; the last two can run again. What is saved stays in any case."""

        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="live_saves"
    )
    # None: the rows of one page, saved while someone waited.
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="live_save")
    connection_key = models.UUIDField()
    connection_name = models.CharField(max_length=100)
    vendor = models.CharField(max_length=20)
    of_companies = models.BooleanField()
    # The search, see `search.as_json`, and in the words of the page.
    asked = models.JSONField()
    words = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    row_limit = models.IntegerField()
    # What the vendor counted before; None if it does not count.
    counted = models.IntegerField(null=True)
    # Another number that it counted when the job began, which therefore stopped.
    recounted = models.IntegerField(null=True)
    # Where ContactHub filters what the vendor sends: the most rows to fetch. None: the vendor applies every filter.
    fetch_limit = models.IntegerField(null=True)
    # Rows that the vendor sent, matching or not.
    fetched_count = models.IntegerField(default=0, db_default=0)
    # Different rows that match: saved ones, and those with no unique key. Of the saved ones, new and changed.
    seen_count = models.IntegerField(default=0)
    saved_count = models.IntegerField(default=0)
    refused_count = models.IntegerField(default=0)
    new_count = models.IntegerField(default=0)
    changed_count = models.IntegerField(default=0)
    # The vendor had more rows than the limit lets through.
    is_limited = models.BooleanField(default=False)
    # The list that what is saved is put on in the end; empty: none.
    list_name = models.CharField(max_length=200, blank=True)
    list = models.ForeignKey(List, on_delete=models.SET_NULL, null=True, related_name="+")
    # In place of a list, until there were any.
    batch = models.ForeignKey(
        EnrichmentBatch, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # The client's key of the request that started it: the same request, the same run.
    request_key = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "enrichment_livesave"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "request_key"], name="live_save_request_unique"
            ),
            # Never more than the person who started it saw.
            models.CheckConstraint(
                condition=Q(row_limit__range=(1, MOST_SAVED), seen_count__lte=F("row_limit")),
                name="live_save_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(fetch_limit__isnull=True) | Q(fetch_limit__range=(1, MOST_FETCHED)),
                name="live_save_within_fetch_limit",
            ),
            models.CheckConstraint(
                condition=Q(seen_count=F("saved_count") + F("refused_count")),
                name="live_save_counts",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="live_save_newest")
        ]

    def __str__(self) -> str:
        return f"{self.seen_count} rows of {self.connection_name}"


class LiveSaveRow(models.Model):
    """One row of a vendor, by the vendor's id, and what it was saved as; as nothing if it could not be used."""

    save_of = models.ForeignKey(LiveSave, on_delete=models.CASCADE, related_name="rows")
    vendor_id = models.CharField(max_length=200)
    contact_key = models.BigIntegerField(null=True)
    company = models.ForeignKey(
        Company, on_delete=models.SET_NULL, null=True, related_name="live_rows"
    )

    class Meta:
        db_table = "enrichment_livesaverow"
        constraints = [
            # A page that comes twice, or a row that moved to a later page, counts once.
            models.UniqueConstraint(fields=["save_of", "vendor_id"], name="live_save_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.vendor_id} of {self.save_of_id}"
