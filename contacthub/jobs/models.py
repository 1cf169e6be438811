"""Jobs (lease, fencing token, progress), the fragments they write and the result people download."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.organizations.models import Organization, User


class Job(models.Model):
    """One piece of long work, owned by an organization. This row is the only truth about it.

    A worker holds a job by its lease and writes with its token; a worker that claims the job later has a higher token,
    and the earlier holder's writes then match no row.
    """

    class State(models.TextChoices):
        """Queued → running → completed, cancelled or failed; running → queued again when a lease runs out."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    FINAL = (State.COMPLETED, State.CANCELLED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    # Name of the Celery task that does this kind of work. The sweeper rings it without knowing what it is.
    task = models.CharField(max_length=100)
    # Its time goes by waiting for the servers of others; it is done by workers of its own kind.
    is_calling = models.BooleanField(default=False)
    title = models.CharField(max_length=200)
    # What it works on, a kind and an id such as "export 9f3c…": the web finds the page by it, see `web/job_pages.py`.
    subject = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=20, default="rows")
    # How many jobs of this task an organization may run at a time, whatever is free; None: no such limit.
    most_at_once = models.SmallIntegerField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    token = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(db_default=Now())
    # Sleeping, because the work waits for something elsewhere: no worker claims it before. None: as soon as possible.
    wakes_at = models.DateTimeField(null=True)
    # What the work needs to continue after the last fragment; written together with it.
    checkpoint = models.JSONField(default=dict)
    # Since when the storage of files does not answer, so that the work waits. None: it answers.
    storage_away_since = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "completed", "cancelled", "failed"]),
                name="job_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_until=None)),
                name="job_lease_means_running",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["completed", "cancelled", "failed"], finished_at__isnull=False
                )
                | Q(state__in=["queued", "running"], finished_at=None),
                name="job_finished_means_final",
            ),
            models.CheckConstraint(
                condition=Q(started_at=None)
                | Q(finished_at=None)
                | Q(finished_at__gte=F("started_at")),
                name="job_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(done__gte=0) & (Q(total=None) | Q(done__lte=F("total"))),
                name="job_done_within_total",
            ),
            models.CheckConstraint(
                condition=Q(wakes_at=None) | Q(state="queued"), name="job_sleeps_queued"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="job_newest"),
            models.Index(
                fields=["state", "rung_at"],
                condition=Q(state__in=["queued", "running"]),
                name="job_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def is_final(self) -> bool:
        """Return whether the job has ended."""
        return self.state in self.FINAL

    @property
    def progress(self) -> str:
        """Return how far it is, in words: 40 of 70 rows, or 40 rows so far."""
        if self.total is None:
            return f"{self.done:,} {self.unit} so far"
        return f"{self.done:,} of {self.total:,} {self.unit}"

    @property
    def percent(self) -> int | None:
        """Return the whole per cent done, rounded down, or None if the total is unknown."""
        if self.total is None:
            return None
        return 100 if self.total == 0 else self.done * 100 // self.total


class Fragment(models.Model):
    """A run of bytes of a job's result. All fragments in order of `number` are the file.

    `raw_offset` and `raw_size` are the place in the file as it is downloaded, so that an HTTP range needs only the
    fragments it touches. The bytes are stored as `encoding` says: in `body`, or in the object at `address`. Written,
    read and deleted by `FragmentStore` only.
    """

    class Encoding(models.TextChoices):
        """How the raw bytes are stored."""

        ZSTD = "zstd", "Zstandard frame"
        IDENTITY = "identity", "As they are"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="fragments")
    number = models.IntegerField()
    row_count = models.IntegerField()
    raw_offset = models.BigIntegerField()
    raw_size = models.IntegerField()
    encoding = models.CharField(max_length=8, choices=Encoding)
    body = models.BinaryField(null=True)
    # `s3://bucket/key`, and the tag (ETag) that the storage gave the object. Empty: the bytes are in `body`.
    address = models.CharField(max_length=500, blank=True, default="", db_default="")
    tag = models.CharField(max_length=100, blank=True, default="", db_default="")
    # Of the bytes as stored. None: written before they were kept.
    stored_size = models.IntegerField(null=True)
    sha256 = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="fragment_unique"),
            models.CheckConstraint(
                condition=Q(body__isnull=False, address="")
                | Q(body=None, stored_size__isnull=False, sha256__isnull=False) & ~Q(address=""),
                name="fragment_in_one_place",
            ),
        ]

    def __str__(self) -> str:
        return f"fragment {self.number} of {self.job_id}"


class Result(models.Model):
    """The finished file of a job: its manifest. The bytes are the job's fragments."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True)
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=12)
    content_type = models.CharField(max_length=100)
    row_count = models.BigIntegerField()
    # Texts that were longer than the format allows and were cut.
    cut_count = models.BigIntegerField(default=0, db_default=0)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name

    @property
    def etag(self) -> str:
        """Return the strong HTTP entity tag: the hash of the bytes themselves (RFC 9110 §8.8.3)."""
        return f'"{self.sha256}"'
