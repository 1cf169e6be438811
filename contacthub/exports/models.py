"""An export: which rows of a frozen search or selection, with which fields, in pages and as one file."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.contacts.models import Selection
from contacthub.feeds.models import Search
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


class RemoteExport(models.Model):
    """An export as a vendor has made it, of a search that the vendor holds: its rows are in `RemotePage`s.

    The search is frozen, so whichever export the vendor has of it with the same options holds the same rows: an export
    found by listing is as good as one whose creation was answered, and one that was received in full serves every later
    export with these options without a call.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="remote_exports")
    get_pii = models.BooleanField()
    include_business_info = models.BooleanField()
    require_contact_id = models.BooleanField()
    max_rows = models.BigIntegerField(null=True)
    # When the vendor was first called to create it. From then on it may exist, whatever was answered.
    asked_at = models.DateTimeField(null=True)
    # What the vendor answered; empty until then. The counts are missing while it builds the export.
    vendor_id = models.CharField(max_length=100, blank=True)
    total_rows = models.BigIntegerField(null=True)
    page_size = models.IntegerField(null=True)
    # When its last page was here.
    brought_at = models.DateTimeField(null=True)
    # Since when the vendor has been down; None while it answers.
    away_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(vendor_id="")
                | Q(asked_at__isnull=False)
                & (
                    Q(total_rows__gte=0, page_size__gte=1)
                    | Q(total_rows=None, page_size=None, brought_at=None)
                ),
                name="remote_export_made_is_known",
            ),
            models.CheckConstraint(
                condition=Q(brought_at=None) | ~Q(vendor_id=""),
                name="remote_export_brought_is_made",
            ),
        ]

    def __str__(self) -> str:
        return self.vendor_id or f"{self.pk}, not made yet"

    @property
    def is_made(self) -> bool:
        """Return whether the vendor has made it, and charged it."""
        return self.vendor_id != ""

    @property
    def is_built(self) -> bool:
        """Return whether its pages can be read: the vendor may build them after it has made it."""
        return self.is_made and self.total_rows is not None


def _texts(*, optional: bool = False) -> "ArrayField[list[str | None], list[str | None]]":
    return ArrayField(models.TextField(null=True), null=optional)


class RemotePage(models.Model):
    """A page of an export that a vendor created: its rows in the vendor's order, column by column.

    A vendor's rows may repeat and have an order of their own, so they are no intent records, which are unique and
    ordered by day. A page is the unit that is requested, saved and read: it is here whole or not at all, and the same
    page saved twice is one. Columns compress several times better than rows, and are opened only where they are read.
    """

    pk = models.CompositePrimaryKey("remote_id", "number")
    remote = models.ForeignKey(
        RemoteExport, on_delete=models.CASCADE, db_index=False, related_name="pages"
    )
    number = models.IntegerField()
    contact_key = ArrayField(models.BigIntegerField(null=True))
    observed_on = ArrayField(models.DateField())
    domain = _texts()
    topic = _texts()
    company_name = _texts()
    industry = _texts()
    # None as a whole if the option was not requested.
    first_name = _texts(optional=True)
    last_name = _texts(optional=True)
    address = _texts(optional=True)
    city = _texts(optional=True)
    state = _texts(optional=True)
    postal_code = _texts(optional=True)
    country = _texts(optional=True)
    gender = _texts(optional=True)
    age_range = _texts(optional=True)
    linkedin_url = _texts(optional=True)
    job_title = _texts(optional=True)
    company_domain = _texts(optional=True)
    seniority = _texts(optional=True)

    def __str__(self) -> str:
        return f"page {self.number} of {self.remote_id}"


class Export(models.Model):
    """Rows of a search that were paid for, or rows of the catalog, which are free.

    Made of one source: a frozen search of a feed, whose pages are ready at once and never change, or a selection of
    contacts or companies, made for this export alone. The file is there when the job is done.
    """

    class State(models.TextChoices):
        """Running until the file is complete; a program's export without a file is complete when it is made."""

        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    LIVE = (State.RUNNING, State.COMPLETED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="exports")
    search = models.ForeignKey(Search, on_delete=models.PROTECT, null=True, related_name="exports")
    # Where the rows come from, if the feed is from a vendor.
    remote = models.ForeignKey(
        RemoteExport, on_delete=models.PROTECT, null=True, related_name="exports"
    )
    selection = models.OneToOneField(
        Selection, on_delete=models.RESTRICT, null=True, related_name="export"
    )
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
    # Rows that fit the options, and how many of them this export has: fewer where max_rows says so, or where contacts
    # were removed from the catalog before they were written.
    matched_rows = models.BigIntegerField()
    total_rows = models.BigIntegerField()
    page_size = models.IntegerField()
    # Rows charged when it was made: 0 if the search was paid for already, and for the catalog.
    charged_rows = models.BigIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # The client's key of the request that made it, and a hash of the request: the same request, the same export.
    request_key = models.CharField(max_length=200, null=True)
    request_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(search__isnull=False, selection=None)
                | Q(search=None, selection__isnull=False, remote=None, charged_rows=0),
                name="export_has_one_source",
            ),
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
        """Return the number of pages: 0 for an export without rows.

        The pages of a selection keep their places when rows of it are gone.
        """
        count = self.total_rows if self.selection_id is None else self.matched_rows
        return -(-count // self.page_size)

    @property
    def is_limited(self) -> bool:
        """Return whether it has fewer rows than its search or selection matched."""
        return self.total_rows < self.matched_rows

    @property
    def feed_search(self) -> Search:
        """Return the search of an export of a feed. Raises `ValueError` for one of the catalog."""
        if self.search is None:
            raise ValueError("An export of the catalog has no search.")
        return self.search

    @property
    def catalog_selection(self) -> Selection:
        """Return the selection of an export of the catalog. Raises `ValueError` for one of a feed."""
        if self.selection is None:
            raise ValueError("An export of a feed has no selection.")
        return self.selection


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
