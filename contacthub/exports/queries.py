"""Reads about exports: quotes, lists, pages."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from psycopg.sql import Composable

from contacthub.core.errors import Invalid, NotFound, Unavailable
from contacthub.core.matching import find_words
from contacthub.exports import sql
from contacthub.exports.columns import columns_of
from contacthub.exports.models import Export, PageBoundary, RemoteExport, RemotePage
from contacthub.feeds.models import FeedGrant, Search
from contacthub.formats import Column
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User

# Pages whose boundaries are found in one statement: 100,000 rows take about 80 ms.
PAGES_AT_ONCE = 100


@dataclass(frozen=True)
class ExportOptions:
    """Which rows of a search, and which fields of them. Source: ContactBased API, "Options"."""

    get_pii: bool = False
    include_business_info: bool = False
    require_contact_id: bool = False
    max_rows: int | None = None


@dataclass(frozen=True)
class Quote:
    """What an export would hold and cost, all in rows. Computed from frozen numbers, so it is exact."""

    record_count: int
    without_contact: int
    matched_rows: int
    total_rows: int
    charged_rows: int
    is_paid_already: bool
    limit: int | None
    remaining: int | None

    @property
    def cut_rows(self) -> int:
        """Return the rows left out because of `max_rows`."""
        return self.matched_rows - self.total_rows

    @property
    def remaining_after(self) -> int | None:
        """Return the rows left after the export; negative if too few are left, None if there is no limit."""
        return None if self.remaining is None else self.remaining - self.charged_rows

    @property
    def is_affordable(self) -> bool:
        """Return whether enough rows are left."""
        return self.remaining_after is None or self.remaining_after >= 0


def get_quote(*, search: Search, grant: FeedGrant, options: ExportOptions) -> Quote:
    """Say what an export of a search would charge. Raises `Invalid` for `max_rows` below 1."""
    if options.max_rows is not None and options.max_rows < 1:
        raise Invalid("At most must be 1 row or more.", field="max_rows")
    matched = search.with_contact_count if options.require_contact_id else search.record_count
    total = matched if options.max_rows is None else min(matched, options.max_rows)
    is_paid = search.charged_export is not None
    return Quote(
        record_count=search.record_count,
        without_contact=search.without_contact_count if options.require_contact_id else 0,
        matched_rows=matched,
        total_rows=total,
        charged_rows=0 if is_paid else total,
        is_paid_already=is_paid,
        limit=grant.export_row_limit,
        remaining=grant.export_rows_remaining,
    )


def find_brought(*, search: Search, options: ExportOptions) -> RemoteExport | None:
    """Return the vendor export with these options that is already complete here: exporting it again calls no vendor."""
    same = RemoteExport.objects.filter(search=search, **asdict(options))
    return same.exclude(brought_at=None).order_by("brought_at").first()


def get_export(*, organization: Organization, export_id: UUID) -> Export:
    """Return an export of this organization. Raises `NotFound`."""
    export = _exports(organization).filter(pk=export_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    return export


def list_exports(*, organization: Organization, text: str = "") -> QuerySet[Export]:
    """List an organization's exports, newest first; `text` finds by name, feed or the beginning of the id."""
    exports = _exports(organization).order_by("-created_at", "-id")
    if text:
        exports = exports.filter(
            find_words(text, "name", "search__feed__name") | Q(id__startswith=text.lower())
        )
    return exports


def get_ready_export(*, organization: Organization, export_id: UUID) -> Export:
    """Return an export whose charge is final, for programs: rows of one that may still be given back are not handed
    out. Raises `NotFound`."""
    export = list_ready_exports(organization=organization).filter(pk=export_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    return export


def list_ready_exports(
    *, organization: Organization, feed_id: UUID | None = None, search_id: UUID | None = None
) -> QuerySet[Export]:
    """List the exports whose charge is final, newest first, of one feed (by public id), one search, or all."""
    exports = list_exports(organization=organization).filter(state=Export.State.COMPLETED)
    if feed_id is not None:
        exports = exports.filter(search__feed__public_id=feed_id)
    if search_id is not None:
        exports = exports.filter(search=search_id)
    return exports


def list_exports_of_searches(*, searches: list[Search]) -> dict[UUID, Export]:
    """Return, for each search that has any, its newest live export, else its newest one."""
    newest: dict[UUID, Export] = {}
    exports = (
        Export.objects.filter(search__in=searches)
        .select_related("job__result")
        .order_by("created_at")
    )
    for export in sorted(
        exports, key=lambda export: (export.state in Export.LIVE, export.created_at)
    ):
        newest[export.search_id] = export
    return newest


def count_states(*, organization: Organization) -> dict[str, int]:
    """Count exports for the tabs of the list: all, unfinished and failed."""
    exports = Export.objects.filter(organization=organization)
    return {
        "all": exports.count(),
        "running": exports.filter(state=Export.State.RUNNING).count(),
        "failed": exports.filter(state=Export.State.FAILED).count(),
    }


def sum_charged_rows(*, organization: Organization, since: dt.datetime) -> dict[int, int]:
    """Return the rows each person's exports charged since a moment, without those given back: user id → rows."""
    charged = Export.objects.filter(
        organization=organization, state__in=Export.LIVE, created_at__gte=since
    ).exclude(created_by=None)
    sums = charged.values("created_by").order_by().annotate(rows=Sum("charged_rows"))
    return {line["created_by"]: line["rows"] for line in sums}


def count_expiring(*, organization: Organization, user: User, before: dt.datetime) -> int:
    """Return how many of a person's files are deleted before a moment."""
    mine = Export.objects.filter(organization=organization, created_by=user)
    return mine.filter(job__result__expires_at__lt=before, job__result__deleted_at=None).count()


def has_other_live_export(*, export: Export) -> bool:
    """Return whether another export of the same search is running or complete."""
    return (
        Export.objects.filter(search_id=export.search_id, state__in=Export.LIVE)
        .exclude(pk=export.pk)
        .exists()
    )


def read_page(
    *, export: Export, page: int, columns: list[Column] | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a page, 1 … total_pages; the last as fast as the first once its boundary is known.

    Raises `Invalid` for a page outside the export.
    """
    if not 1 <= page <= export.total_pages:
        raise Invalid(f"The pages of this export are 1 to {export.total_pages}.", field="page")
    source, _ = find_source(export=export, first=page, last=page)
    return sql.fetch_rows(columns=columns or columns_of(export), source=source)


def find_source(*, export: Export, first: int, last: int) -> tuple[Composable, int]:
    """Return the FROM clause of the pages `first` … `last`, and how many rows they have. Raises `Unavailable`."""
    if export.remote_id is not None:
        here = RemotePage.objects.filter(remote=export.remote_id, number__range=(first, last))
        if here.count() != last - first + 1:
            raise Unavailable("The rows of this export have not been received yet.")
        count = sum(_rows_on_page(export, page) for page in range(first, last + 1))
        return sql.of_remote(export, first, last), count
    boundaries = list_boundaries(export=export, first=first, last=last)
    count = sum(boundary.row_count for boundary in boundaries)
    return sql.between(export, boundaries[0], boundaries[-1]), count


def list_boundaries(*, export: Export, first: int, last: int) -> list[PageBoundary]:
    """Return the boundaries of pages `first` … `last`, found now where they were not known yet."""
    wanted = PageBoundary.objects.filter(export=export, page__gte=first, page__lte=last).order_by(
        "page"
    )
    boundaries = list(wanted)
    while len(boundaries) < last - first + 1:
        newest = PageBoundary.objects.filter(export=export).order_by("-page").first()
        # Another reader may have found them since we looked.
        if newest is None or newest.page < last:
            sql.extend_boundaries(export=export, after=newest, page_count=PAGES_AT_ONCE)
            reached = PageBoundary.objects.filter(export=export).order_by("-page").first()
            if reached is None or (newest is not None and reached.page == newest.page):
                raise Unavailable("Rows of this export are missing from the feed.")
        boundaries = list(wanted.all())
    if any(boundary.row_count != _rows_on_page(export, boundary.page) for boundary in boundaries):
        raise Unavailable("Rows of this export are missing from the feed.")
    return boundaries


def _rows_on_page(export: Export, page: int) -> int:
    return min(export.page_size, export.total_rows - (page - 1) * export.page_size)


def _exports(organization: Organization) -> QuerySet[Export]:
    return (
        Export.objects.filter(organization=organization)
        .select_related(
            "search__feed__connection__health",
            "search__grant",
            "created_by",
            "job__result",
            "remote",
        )
        .defer("search__feed__connection__sealed")
    )


def status_of(export: Export) -> str:
    """Return the one word for an export's state: queued, running, completed, limited, expired, cancelled or failed."""
    if export.state == Export.State.RUNNING:
        return "queued" if export.job and export.job.state == Job.State.QUEUED else "running"
    if export.state == Export.State.COMPLETED:
        result = getattr(export.job, "result", None)
        if result is not None and result.deleted_at is not None:
            return "expired"
        return "limited" if export.is_limited else "completed"
    return str(export.state)
