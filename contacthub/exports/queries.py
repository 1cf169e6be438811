"""Reads about exports: quotes and lists. Their rows: `rows`."""

import datetime as dt
from dataclasses import asdict
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from contacthub.core.errors import Invalid, NotFound
from contacthub.core.matching import find_words
from contacthub.exports.models import Export, RemoteExport
from contacthub.exports.options import ExportOptions, Quote
from contacthub.feeds.models import FeedGrant, Search
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


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


def options_of(export: Export) -> ExportOptions:
    """Return the options an export was made with."""
    return ExportOptions(
        export.get_pii, export.include_business_info, export.require_contact_id, export.max_rows
    )


def get_export(*, organization: Organization, export_id: UUID) -> Export:
    """Return an export of this organization. Raises `NotFound`."""
    export = _exports(organization).filter(pk=export_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    return export


def list_exports(*, organization: Organization, text: str = "") -> QuerySet[Export]:
    """List an organization's exports, newest first.

    `text` finds by name, feed, question about the catalog or the beginning of the id.
    """
    exports = _exports(organization).order_by("-created_at", "-id")
    if text:
        exports = exports.filter(
            find_words(text, "name", "search__feed__name", "selection__words")
            | Q(id__startswith=text.lower())
        )
    return exports


def find_last_catalog_export(
    *, organization: Organization, user: User, of_companies: bool
) -> Export | None:
    """Return the newest export of contacts, or of companies, that a person made, whatever became of it."""
    made = Export.objects.filter(
        organization=organization, created_by=user, selection__of_companies=of_companies
    )
    return made.order_by("-created_at").first()


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
    """List the exports of feeds whose charge is final, newest first, of one feed (by public id), one search, or all.

    Programs know no others: their protocol has no words for an export of the catalog.
    """
    exports = list_exports(organization=organization).filter(
        state=Export.State.COMPLETED, search__isnull=False
    )
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
        .select_related("search", "job__result")
        .order_by("created_at")
    )
    for export in sorted(
        exports, key=lambda export: (export.state in Export.LIVE, export.created_at)
    ):
        newest[export.feed_search.pk] = export
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
        Export.objects.filter(search=export.feed_search, state__in=Export.LIVE)
        .exclude(pk=export.pk)
        .exists()
    )


def _exports(organization: Organization) -> QuerySet[Export]:
    return (
        Export.objects.filter(organization=organization)
        .select_related(
            "search__feed__connection__health",
            "search__grant",
            "selection",
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
