"""An export: which rows of a frozen search, with which fields, in pages that never change and as one file."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.feeds.models import Search
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


class Export(models.Model):
    """Rows of a search that were paid for. Its pages are ready at once, its file when the job is done."""

    class State(models.TextChoices):
        """Running until the file is complete; a program's export without a file is complete when it is made."""

        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    LIVE = (State.RUNNING, State.COMPLETED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="exports")
    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="exports")
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="export")
    state = models.CharField(max_length=9, choices=State)
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=300, blank=True)
    format = models.CharField(max_length=12, blank=True)
    columns = ArrayField(models.CharField(max_length=40), default=list)
    get_pii = models.BooleanField(default=False)
    include_business_info = models.BooleanField(default=False)
    require_contact_id = models.BooleanField(default=False)
    max_rows = models.BigIntegerField(null=True)
    # Rows that fit the options, and how many of them this export has: fewer only where max_rows says so.
    matched_rows = models.BigIntegerField()
    total_rows = models.BigIntegerField()
    page_size = models.IntegerField()
    # Rows charged when it was made: 0 where the search was paid for already.
    charged_rows = models.BigIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # The client's key of the request that made it, and a hash of what it asked for: the same request, the same export.
    request_key = models.CharField(max_length=200, null=True)
    request_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "request_key"], name="export_request_unique"
            ),
            models.CheckConstraint(
                condition=Q(total_rows__gte=0) & Q(total_rows__lte=F("matched_rows")),
                name="export_rows_consistent",
            ),
            models.CheckConstraint(
                condition=Q(charged_rows__gte=0) & Q(charged_rows__lte=F("total_rows")),
                name="export_charge_within_rows",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="export_newest")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def total_pages(self) -> int:
        """Return the number of pages: 0 for an export without rows."""
        return -(-self.total_rows // self.page_size)

    @property
    def is_limited(self) -> bool:
        """Return whether it has fewer rows than its search matched."""
        return self.total_rows < self.matched_rows


class PageBoundary(models.Model):
    """First and last record of a page. With the search's watermark these fix the page's rows for ever.

    160 bytes a page instead of a copy of its rows: measured at 0.15 MB for a million rows.
    """

    pk = models.CompositePrimaryKey("export_id", "page")
    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, db_index=False, related_name="boundaries"
    )
    page = models.IntegerField()
    first_on = models.DateField()
    first_fingerprint = models.UUIDField()
    last_on = models.DateField()
    last_fingerprint = models.UUIDField()
    row_count = models.IntegerField()

    def __str__(self) -> str:
        return f"page {self.page} of {self.export_id}"
