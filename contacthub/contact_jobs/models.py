"""Bulk jobs over contacts, what each one reads, and the account of transactions that some of them cost."""

import secrets
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization

PUBLIC_ID_DIGITS = "0123456789abcdefghijklmnopqrstuv"
PUBLIC_ID_LENGTH = 20


def make_extract_id() -> str:
    """Return the public id of a new extract: a UUID."""
    return str(uuid.uuid4())


def make_details_id() -> str:
    """Return the public id of a new details job: 20 digits of base 32, in lower case."""
    return "".join(secrets.choice(PUBLIC_ID_DIGITS) for _ in range(PUBLIC_ID_LENGTH))


class ContactJob(models.Model):
    """What a program requested. How far it is and how it ended is said by its job alone."""

    class Kind(models.TextChoices):
        """Which question it answers."""

        EXTRACT = "extract", "Contacts by creation day"
        DETAILS = "details", "Contact details by id"

    class Format(models.TextChoices):
        """How the result is written."""

        CSV = "csv", "CSV"
        JSON = "json", "JSON"

    class Phase(models.TextChoices):
        """Where it is. Once begun it is never waiting again, also where its job is handed from worker to worker."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    public_id = models.CharField(max_length=36, unique=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="contact_jobs"
    )
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="contact_job")
    kind = models.CharField(max_length=7, choices=Kind)
    format = models.CharField(max_length=4, choices=Format)
    # An extract's conditions, as `records.Conditions` reads them.
    conditions = models.JSONField(default=dict)
    # The numbers whose details are requested, each once, in the order of the request.
    numbers = ArrayField(models.BigIntegerField(), default=list)
    # Where to send how it ended; empty: nowhere.
    webhook_url = models.TextField(blank=True)
    # Rows that one fragment of the result has; the last one may have fewer.
    fragment_rows = models.IntegerField()
    # What was found when the work began, frozen then. None: not begun.
    row_count = models.IntegerField(null=True)
    # None: not complete.
    fragment_count = models.IntegerField(null=True)
    # Transactions it costs, and those taken so far: none before it begins, all of them from then on.
    price = models.IntegerField(default=0)
    charged = models.IntegerField(default=0)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(charged=0) | Q(charged=F("price")), name="contact_job_charged_whole"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0) & Q(fragment_rows__gte=1), name="contact_job_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "kind", "-created_at", "-id"], name="contact_job_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.public_id})"

    @property
    def phase(self) -> Phase:
        """Return where it is."""
        if self.job.state == Job.State.QUEUED:
            return self.Phase.RUNNING if self.job.started_at else self.Phase.WAITING
        return self.Phase(self.job.state)


class FrozenRow(models.Model):
    """One record that a job will write, as it was when the work began. Deleted when the job ends.

    The job is not a database constraint: it would be checked for each of a million rows of one statement.
    """

    pk = models.CompositePrimaryKey("contact_job_id", "ordinal")
    contact_job = models.ForeignKey(
        ContactJob,
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="rows",
    )
    ordinal = models.IntegerField()
    # A JSON object whose names are the columns of the result, in their order.
    record = models.TextField()

    def __str__(self) -> str:
        return f"row {self.ordinal} of {self.contact_job_id}"


class TransactionAccount(models.Model):
    """How many transactions an organization may use. One transaction is one contact requested by id.

    Held by one guarded update when a job is taken in, see `sql.hold`; the constraint holds whatever else writes.
    """

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="transaction_account",
    )
    # None: no limit set. The name is not `limit`, which is a word of SQL.
    transaction_limit = models.BigIntegerField(null=True)
    used = models.BigIntegerField(default=0)
    # What waiting jobs will use when they begin.
    held = models.BigIntegerField(default=0)
    # Used and held when the limit was last set: lowering it below that is legal, using more then is not.
    taken_at_limit = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(transaction_limit=None) | Q(transaction_limit__gte=0),
                name="transactions_limit_positive",
            ),
            models.CheckConstraint(
                condition=Q(used__gte=0) & Q(held__gte=0), name="transactions_used_positive"
            ),
            models.CheckConstraint(
                condition=Q(transaction_limit=None)
                | Q(used__lte=Greatest("transaction_limit", "taken_at_limit") - F("held")),
                name="transactions_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.used} used, {self.held} held"

    @property
    def remaining(self) -> int | None:
        """Return what a new job may still ask for, never below 0, or None if no limit is set."""
        if self.transaction_limit is None:
            return None
        return max(0, self.transaction_limit - self.used - self.held)


class TransactionEntry(models.Model):
    """One line of the ledger: why what is used or held changed. Never changed afterwards.

    Over an account's entries the sum of `used` is its `used`, the sum of `held` its `held`.
    """

    class Kind(models.TextChoices):
        """What happened."""

        HOLD = "hold", "Hold"
        USE = "use", "Use"
        RELEASE = "release", "Release"
        ADJUST = "adjust", "Adjust"

    account = models.ForeignKey(
        TransactionAccount, on_delete=models.CASCADE, related_name="entries"
    )
    kind = models.CharField(max_length=7, choices=Kind)
    # Transactions added to what is used, and to what is held.
    used = models.BigIntegerField()
    held = models.BigIntegerField()
    used_after = models.BigIntegerField()
    held_after = models.BigIntegerField()
    limit_after = models.BigIntegerField(null=True)
    contact_job = models.ForeignKey(
        ContactJob, on_delete=models.CASCADE, null=True, related_name="entries"
    )
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A job holds once and either uses or gives back what it held: nothing is charged twice.
            models.UniqueConstraint(fields=["contact_job", "kind"], name="transactions_once"),
            models.CheckConstraint(
                condition=Q(kind="hold", used=0, held__gte=0)
                | Q(kind="use", used__gte=0, held=-F("used"))
                | Q(kind="release", used=0, held__lte=0)
                | Q(kind="adjust", used=0, held=0),
                name="transactions_sign",
            ),
        ]
        indexes = [models.Index(fields=["account", "-at", "-id"], name="transactions_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.used or self.held}"
