"""Bulk pulls: what a vendor was requested, its job, the fragments that are here, and the rows that were rejected.

The tables keep the names that they had in an earlier app.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.credentials.connections.models import Connection
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


class Pull(models.Model):
    """What is pulled, and the vendor's job that delivers it. How far it is and how it ended is said by its own job.

    Without a job it is a draft: checked, and nothing requested. `ids` or `window` say what is requested.
    """

    class VendorState(models.TextChoices):
        """The vendor's job as last seen: `connectors.bulk.BulkState`, or gone where the vendor knows it no more."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"
        GONE = "gone", "No longer known"

    # The vendor's job will never have a result: to continue means another one.
    LOST = (VendorState.CANCELLED, VendorState.FAILED, VendorState.GONE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="pulls")
    # What it was called stays when the connection is removed.
    connection = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True)
    connection_name = models.CharField(max_length=100)
    vendor = models.CharField(max_length=20)
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="pull")
    # Of a trial: the draft that its ids were taken from.
    origin = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="trials")
    name = models.CharField(max_length=200)

    # --- What is requested ---
    # Days and options, as `requests.read_window` reads them.
    window = models.JSONField(default=dict)
    # The vendor's own numbers, each once.
    ids = ArrayField(models.BigIntegerField(), default=list)
    duplicate_count = models.IntegerField(default=0)
    malformed_count = models.IntegerField(default=0)
    # The first ones, cut, for the page that says so.
    malformed = ArrayField(models.CharField(max_length=40), default=list)

    # --- What it may cost, in the vendor's unit ---
    # The most that was agreed to, and what the vendor's jobs can have taken of it.
    most_cost = models.IntegerField(default=0)
    cost = models.IntegerField(default=0)

    # --- The vendor's job ---
    # When the vendor got the request, written before the call: from then on there may be a job, whatever was answered.
    asked_at = models.DateTimeField(null=True)
    ask_count = models.SmallIntegerField(default=0)
    # When the vendor accepted the job, written before its answer is interpreted: from then on the request is never
    # repeated.
    answered_at = models.DateTimeField(null=True)
    # The account's jobs just before. None: the call was not made yet.
    listed_before = ArrayField(models.CharField(max_length=100), null=True)
    # Of the token in the address that the vendor may call when it is done.
    hook_hash = models.BinaryField(max_length=32, null=True, unique=True)
    # Empty: not known.
    vendor_id = models.CharField(max_length=100, blank=True)
    vendor_state = models.CharField(max_length=9, choices=VendorState, blank=True)
    made_at = models.DateTimeField(null=True)
    # Whether the vendor's work has begun, which is what it charges.
    is_begun = models.BooleanField(default=False)
    processed = models.IntegerField(null=True)
    fragment_count = models.IntegerField(null=True)
    # Jobs of the vendor that had no result, so that no other pull uses one of them.
    former_ids = ArrayField(models.CharField(max_length=100), default=list)
    # Since when the vendor has not answered as it should, and what it last said.
    troubled_since = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    # --- What came of it, in rows ---
    row_count = models.IntegerField(null=True)
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)

    # The form that started it: sent twice, it starts one.
    request_key = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "pulls_pull"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "request_key"], name="pull_request_unique"
            ),
            # What a vendor has made for one pull is no other pull's.
            models.UniqueConstraint(
                fields=["vendor", "vendor_id"], condition=~Q(vendor_id=""), name="pull_vendor_job"
            ),
            models.CheckConstraint(
                condition=Q(vendor_id="")
                | Q(asked_at__isnull=False, made_at__isnull=False) & ~Q(vendor_state=""),
                name="pull_made_is_known",
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0) & Q(cost__lte=F("most_cost")), name="pull_cost_within_cap"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="pull_newest"),
            models.Index(
                fields=["connection"],
                condition=Q(asked_at__isnull=False, vendor_id=""),
                name="pull_asking",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        """Return whether nothing was requested yet."""
        return self.job_id is None

    @property
    def price(self) -> int:
        """Return the most that one of the vendor's jobs takes: a transaction for each id; days cost nothing."""
        return len(self.ids)

    @property
    def is_lost(self) -> bool:
        """Return whether the vendor's job will never have a result."""
        return self.vendor_state in self.LOST

    @property
    def imported(self) -> int:
        """Return the rows that are done."""
        return self.added + self.changed + self.unchanged + self.refused


class PullFragment(models.Model):
    """A fragment of the vendor's result: here whole or not at all, kept until its rows are imported."""

    pk = models.CompositePrimaryKey("pull_id", "number")
    pull = models.ForeignKey(
        Pull, on_delete=models.CASCADE, db_index=False, related_name="fragments"
    )
    number = models.IntegerField()
    row_count = models.IntegerField()
    # Rows from the first on that are imported.
    imported_count = models.IntegerField(default=0)
    # The keys of the contacts that its imported rows are, for lists.
    contact_keys = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    # Rows of an import as lines of JSON, compressed; None once all are imported.
    body = models.BinaryField(null=True)
    brought_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "pulls_pullfragment"
        constraints = [
            models.CheckConstraint(
                condition=Q(imported_count__gte=0) & Q(imported_count__lte=F("row_count")),
                name="pull_fragment_within_rows",
            ),
            models.CheckConstraint(
                condition=Q(body__isnull=False) | Q(imported_count=F("row_count")),
                name="pull_fragment_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"fragment {self.number} of {self.pull_id}"


class PullReject(models.Model):
    """A row that was not imported, and why."""

    pk = models.CompositePrimaryKey("pull_id", "fragment", "line")
    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, db_index=False, related_name="rejects")
    # Where the vendor gave it: the fragment from 0, the row in it from 1.
    fragment = models.IntegerField()
    line = models.IntegerField()
    # The vendor's number of the contact, where it gives one.
    vendor_id = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500)
    row = models.TextField()

    class Meta:
        db_table = "pulls_pullreject"

    def __str__(self) -> str:
        return f"row {self.line} of fragment {self.fragment} of {self.pull_id}"
