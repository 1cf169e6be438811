"""Lists of people to enrich, their rows as they came, which contact each is, and what it was answered with."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.contacts.models import Selection
from contacthub.enrichment.models.words import ColumnUse, MatchKey, Outcome, Section
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


class EnrichmentBatch(models.Model):
    """A list of rows with keys of contacts in its columns. A draft until it is started, then a job with a file."""

    class State(models.TextChoices):
        """Draft → running → completed, cancelled or failed; the last two can run again."""

        DRAFT = "draft", "Not started"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="enrichment_batches"
    )
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="enrichment")
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    name = models.CharField(max_length=200)
    # The uploaded file; empty for ids that were pasted or taken from an export.
    file_name = models.CharField(max_length=200, blank=True)
    # How the input was read, in words: encoding, delimiter, sheet.
    reading = models.CharField(max_length=300, blank=True)
    header = ArrayField(models.TextField())
    # Per column: in how many rows it holds a contact id.
    fit_counts = ArrayField(models.IntegerField())
    # The column that is looked up, counted from 0: first our guess, a decision once it is mapped.
    id_column = models.IntegerField(null=True)
    # What each column is used as; empty if ids in `id_column` are all there is.
    uses = ArrayField(
        models.CharField(max_length=12, choices=ColumnUse, blank=True), default=list, db_default=[]
    )
    # Per column the use that its header and values suggest, and how certain that is in percent.
    guesses = models.JSONField(default=list, db_default=[])
    is_mapped = models.BooleanField(default=False)
    # The job that compares the rows of a large list with the catalog, and the contacts that the rows are taken from.
    match_job = models.OneToOneField(
        Job, on_delete=models.SET_NULL, null=True, related_name="enrichment_match"
    )
    selection = models.ForeignKey(Selection, on_delete=models.SET_NULL, null=True, related_name="+")
    # Rows by what the check found; their sum is row_count.
    row_count = models.IntegerField()
    valid_count = models.IntegerField(default=0)
    malformed_count = models.IntegerField(default=0)
    duplicate_count = models.IntegerField(default=0)
    missing_count = models.IntegerField(default=0)
    # Rows with several candidates, and rows with a key that finds no contact; each key counts once.
    ambiguous_count = models.IntegerField(default=0, db_default=0)
    unmatched_count = models.IntegerField(default=0, db_default=0)
    # Rows that are one contact, repeated ones among them; unmatched ones that a vendor may know by their keys.
    matched_count = models.IntegerField(default=0, db_default=0)
    askable_count = models.IntegerField(default=0, db_default=0)
    sections = ArrayField(models.CharField(max_length=6, choices=Section), default=list)
    format = models.CharField(max_length=12, blank=True)
    # Rows by outcome so far, written in the transaction of each step.
    found_count = models.IntegerField(default=0)
    empty_count = models.IntegerField(default=0)
    no_record_count = models.IntegerField(default=0)
    unusable_count = models.IntegerField(default=0)
    failed_count = models.IntegerField(default=0)
    blocked_count = models.IntegerField(default=0)
    left_out_count = models.IntegerField(default=0, db_default=0)
    # The waterfall as it was when the list was started, see `plans.Plan`; empty: no vendor is queried.
    plan = models.JSONField(default=dict, db_default={})
    # Lookups that may be spent, those that may have been, and the row up to which they were.
    lookup_limit = models.IntegerField(default=0, db_default=0)
    lookups_spent = models.IntegerField(default=0, db_default=0)
    asked_through = models.IntegerField(default=0, db_default=0)
    is_limit_reached = models.BooleanField(default=False, db_default=False)
    # The list whose first rows, or failed rows, these are.
    origin = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="parts")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # The client's key of the request that started it: the same request, the same job.
    request_key = models.CharField(max_length=200, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "request_key"], name="enrichment_request_unique"
            ),
            models.CheckConstraint(
                condition=Q(
                    row_count=F("valid_count")
                    + F("malformed_count")
                    + F("duplicate_count")
                    + F("missing_count")
                    + F("ambiguous_count")
                    + F("unmatched_count")
                ),
                name="enrichment_check_covers_rows",
            ),
            models.CheckConstraint(
                condition=Q(
                    row_count__gte=F("found_count")
                    + F("empty_count")
                    + F("no_record_count")
                    + F("unusable_count")
                    + F("failed_count")
                    + F("blocked_count")
                    + F("left_out_count")
                ),
                name="enrichment_outcomes_within_rows",
            ),
            # Nothing is spent beyond what the person who started it saw.
            models.CheckConstraint(
                condition=Q(lookups_spent__gte=0, lookups_spent__lte=F("lookup_limit")),
                name="enrichment_lookups_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | (~Q(sections=[]) & ~Q(format="")),
                name="enrichment_started_is_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="enrichment_newest")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lookup_count(self) -> int:
        """Return how many different people may be looked up: a duplicate gets the answer of its first row.

        Those who are in no row of the catalog are looked up at vendors only.
        """
        return self.valid_count + self.askable_count

    @property
    def is_by_ids(self) -> bool:
        """Return whether contact ids in one column are all that its rows are matched by."""
        return set(self.uses) <= {ColumnUse.CONTACT_ID, ColumnUse.KEPT}

    @property
    def has_personal_data(self) -> bool:
        """Return whether the rows may hold names or addresses: all but one column of contact ids and nothing else."""
        return len(self.header) != 1 or self.fit_counts[0] < self.row_count

    @property
    def reject_count(self) -> int:
        """Return the rows that cannot be looked up."""
        return self.malformed_count + self.missing_count

    def id_of(self, row: "EnrichmentRow") -> str:
        """Return what stands in the column of ids of a row."""
        place = self.id_column or 0
        return row.cells[place].strip() if place < len(row.cells) else ""

    @property
    def answered_count(self) -> int:
        """Return the rows that have an outcome so far."""
        return (
            self.found_count
            + self.empty_count
            + self.no_record_count
            + self.unusable_count
            + self.failed_count
            + self.blocked_count
            + self.left_out_count
        )

    @property
    def asks_vendors(self) -> bool:
        """Return whether vendors are queried for data missing from the catalog."""
        return bool(self.plan)


class EnrichmentRow(models.Model):
    """One row of the input, as it came, with which contact it is. Never changed by the job that answers it.

    A row that matches no contact but may be known to a vendor carries the key that an import would give its contact.

    The batch is not a database constraint: it would be checked for each of a million rows of one COPY.
    """

    class Problem(models.TextChoices):
        """Why a row is not looked up separately."""

        NONE = "", "valid"
        MALFORMED = "malformed", "malformed"
        DUPLICATE = "duplicate", "duplicate"
        EMPTY = "empty", "no key"
        AMBIGUOUS = "ambiguous", "ambiguous"
        NO_MATCH = "no_match", "no match"

    pk = models.CompositePrimaryKey("batch_id", "ordinal")
    batch = models.ForeignKey(
        EnrichmentBatch,
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="rows",
    )
    # Place in the input, from 1, and the line (of a workbook: the sheet's row) it starts on.
    ordinal = models.IntegerField()
    line = models.IntegerField()
    cells = ArrayField(models.TextField())
    contact_key = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=9, choices=Problem, blank=True)
    # Which key decided; empty if none did.
    matched_by = models.CharField(max_length=12, choices=MatchKey, blank=True, db_default="")
    # Of an ambiguous row: the contacts it may be, the most alike first, the key that found them, and whether the first
    # is clearly ahead. They stay once somebody has chosen.
    candidates = ArrayField(models.BigIntegerField(), null=True)
    candidates_by = models.CharField(max_length=12, choices=MatchKey, blank=True, db_default="")
    is_clear = models.BooleanField(default=False, db_default=False)
    # Who chose; with an empty `matched_by` that person said that it is none of them.
    chosen_by_name = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["batch", "problem", "ordinal"],
                condition=~Q(problem=""),
                name="enrichment_row_problem",
            ),
            models.Index(
                fields=["batch", "ordinal"],
                condition=Q(candidates__isnull=False),
                name="enrichment_row_candidates",
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.ordinal} of {self.batch_id}"


class EnrichmentAnswer(models.Model):
    """The outcome of one row, as a whole and per section. Written with the piece of the file that says the same."""

    pk = models.CompositePrimaryKey("batch_id", "ordinal")
    batch = models.ForeignKey(
        EnrichmentBatch,
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="answers",
    )
    ordinal = models.IntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome)
    pii = models.CharField(max_length=9, choices=Outcome)
    emails = models.CharField(max_length=9, choices=Outcome)
    phones = models.CharField(max_length=9, choices=Outcome)

    def __str__(self) -> str:
        return f"answer {self.ordinal} of {self.batch_id}"
