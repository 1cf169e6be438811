"""Intent feeds, their exports, and the feeds of an organization."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.http import HttpResponse

from contacthub.api.contactbased import translate
from contacthub.api.contactbased.views.base import api
from contacthub.api.gateway import ApiRequest, json_reply, spends
from contacthub.api.gateway.documents import describe
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.exports import actions as exports
from contacthub.exports import queries as export_queries
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.exports.rows import read_page
from contacthub.feeds import actions as feeds
from contacthub.feeds import queries as feed_queries
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.audit import record_read
from contacthub.wire import contactbased as wire

FEEDS, EXPORTS, ORGANIZATION = "Intent feeds", "Feed exports", "Organization"


# What can be done next with the ids of an answer.
JOB_LINKS = {
    "export": {
        "operationId": "create_export",
        "requestBody": {"job_id": "$response.body#/job_id"},
    },
}
EXPORT_LINKS = {
    "page": {
        "operationId": "read_export_page",
        "requestBody": {"export_id": "$response.body#/export_id", "page": 1},
    },
    "look up": {
        "operationId": "get_export",
        "requestBody": {"export_id": "$response.body#/export_id"},
    },
    "export again": {
        "operationId": "create_export",
        "requestBody": {"job_id": "$response.body#/job_id"},
    },
    "list": {
        "operationId": "list_exports",
        "requestBody": {"job_id": "$response.body#/job_id"},
    },
}
PAGE_LINKS = {
    "enrich": {
        "operationId": "enrich_contact",
        "parameters": {"contact_id": "$response.body#/rows/0/contact_id"},
    },
}
FEED_LINKS = {
    "search": {
        "operationId": "search_feed",
        "requestBody": {"feed_id": "$response.body#/feeds/0/feed_id", "lookback_days": 1},
    },
    "list jobs": {
        "operationId": "list_feed_jobs",
        "parameters": {"feed_id": "$response.body#/feeds/0/feed_id"},
    },
}


# --- Intent feeds ---------------------------------------------------------------------------------


@api.post(
    "/intent/feeds/preview",
    auth=api.read,
    response={200: wire.Preview},
    tags=[FEEDS],
    openapi_extra=describe(404, 415, 422),
)
def preview_feed(request: ApiRequest, body: wire.WindowRequest) -> HttpResponse:
    """Count what a feed holds in a window. Saves nothing, costs nothing."""
    grant = _get_grant(request, body.feed_id)
    found = feed_queries.get_preview(
        grant=grant, lookback_days=body.lookback_days, today=clock.today()
    )
    return json_reply(translate.preview(grant, found, with_days=body.include_daily_counts))


@api.post(
    "/intent/feeds/search",
    auth=api.write,
    response={200: wire.SearchReply},
    tags=[FEEDS],
    openapi_extra=describe(404, 415, idempotent=True, links=JOB_LINKS),
)
@spends
def search_feed(request: ApiRequest, body: wire.WindowRequest) -> HttpResponse:
    """Freeze what a feed holds in a window. Free; export it any number of times by its `job_id`."""
    saved = _run_search(request, _get_grant(request, body.feed_id), body.lookback_days)
    days = (
        translate.daily_counts(feed_queries.count_days(search=saved))
        if body.include_daily_counts
        else None
    )
    return json_reply({**translate.search(saved), "daily_counts": days})


@api.get(
    "/intent/feeds/jobs",
    auth=api.read,
    response={200: wire.SavedSearches},
    tags=[FEEDS],
    openapi_extra=describe(404, 422),
)
def list_feed_jobs(request: ApiRequest, feed_id: wire.FeedId) -> HttpResponse:
    """List the saved searches of a feed, newest first."""
    grant = _get_grant(request, feed_id)
    searches = feed_queries.list_searches(organization=request.organization, feed=grant.feed)
    return json_reply({"jobs": [translate.search(saved) for saved in searches]})


# --- Feed exports ---------------------------------------------------------------------------------


@api.post(
    "/intent/feeds/exports",
    auth=api.write,
    response={200: wire.ExportSummary},
    tags=[EXPORTS],
    openapi_extra=describe(404, 415, idempotent=True, links=EXPORT_LINKS),
)
@spends
def create_export(request: ApiRequest, body: wire.CreateExport) -> HttpResponse:
    """Export a saved search or a fresh window.

    Reserves `total_rows` of the quota; a second export of one search is free.
    """
    saved = _find_source(request, body)
    export, _ = exports.create_export(
        organization=request.organization,
        actor=request.actor,
        order=ExportOrder(
            search_id=saved.pk,
            options=ExportOptions(
                get_pii=body.get_pii,
                include_business_info=body.include_business_info,
                require_contact_id=body.require_contact_id,
                max_rows=body.max_rows,
            ),
        ),
    )
    return json_reply(translate.export_summary(_get_export(request, export.pk)))


@api.post(
    "/intent/feeds/exports/page",
    auth=api.read,
    response={200: wire.Page},
    tags=[EXPORTS],
    openapi_extra=describe(404, 415, 422, links=PAGE_LINKS),
)
def read_export_page(request: ApiRequest, body: wire.PageRequest) -> HttpResponse:
    """Read one page: always the same rows. Costs nothing, however often."""
    export = _get_export(request, body.export_id)
    rows = read_page(export=export, page=body.page, columns=translate.row_columns(export.columns))
    record_read(
        organization=request.organization,
        actor=request.actor,
        action="Read export page",
        detail=export.feed_search.feed.name,
        rows=len(rows),
        has_personal_data=export.get_pii,
    )
    return json_reply(translate.page(export, body.page, rows))


@api.post(
    "/intent/feeds/exports/get",
    auth=api.read,
    response={200: wire.ExportSummary},
    tags=[EXPORTS],
    openapi_extra=describe(404, 415, 422),
)
def get_export(request: ApiRequest, body: wire.ExportRequest) -> HttpResponse:
    """Look up an export."""
    return json_reply(translate.export_summary(_get_export(request, body.export_id)))


@api.post(
    "/intent/feeds/exports/list",
    auth=api.read,
    response={200: wire.ExportSummaries},
    tags=[EXPORTS],
    openapi_extra=describe(404, 415, 422),
)
def list_exports(request: ApiRequest, body: wire.ListExports | None = None) -> HttpResponse:
    """List the organization's exports, newest first: of a feed, of a saved search, or all."""
    wanted = body or wire.ListExports()
    if wanted.feed_id is not None:
        _get_grant(request, wanted.feed_id)
    if wanted.job_id is not None:
        _get_search(request, wanted.job_id)
    found = export_queries.list_ready_exports(
        organization=request.organization, feed_id=wanted.feed_id, search_id=wanted.job_id
    )
    return json_reply({"exports": [translate.export_summary(export) for export in found]})


# --- Organization ---------------------------------------------------------------------------------


@api.get(
    "/organization/feeds",
    auth=api.read,
    response={200: wire.FeedEntries},
    tags=[ORGANIZATION],
    openapi_extra=describe(links=FEED_LINKS),
)
def list_organization_feeds(request: ApiRequest) -> HttpResponse:
    """List the feeds the organization may use, with options, cap and quota."""
    # Not those of vendors: these are called, and charge, only where a person sees it.
    grants = feed_queries.list_grants(organization=request.organization, local_only=True)
    return json_reply({"feeds": [translate.feed(grant) for grant in grants]})


# --- Ground ---------------------------------------------------------------------------------------


@contextmanager
def _named(thing: str) -> Iterator[None]:
    """Say what was not found in the words of this protocol; the same for an unknown and for another's id."""
    try:
        yield
    except NotFound as error:
        raise NotFound(f"{thing} not found") from error


def _get_grant(request: ApiRequest, feed_id: UUID) -> FeedGrant:
    with _named("Feed"):
        return feed_queries.get_grant(
            organization=request.organization, feed_id=feed_id, local_only=True
        )


def _get_search(request: ApiRequest, job_id: UUID) -> Search:
    with _named("Job"):
        return feed_queries.get_search(
            organization=request.organization, search_id=job_id, local_only=True
        )


def _get_export(request: ApiRequest, export_id: UUID) -> Export:
    with _named("Export"):
        return export_queries.get_ready_export(
            organization=request.organization, export_id=export_id
        )


def _run_search(request: ApiRequest, grant: FeedGrant, lookback_days: int) -> Search:
    saved = feeds.run_search(
        organization=request.organization,
        actor=request.actor,
        grant=grant,
        lookback_days=lookback_days,
    )
    return _get_search(request, saved.pk)


def _find_source(request: ApiRequest, body: wire.CreateExport) -> Search:
    if body.job_id is not None:
        return _get_search(request, body.job_id)
    if body.feed_id is None or body.lookback_days is None:
        raise Invalid("Give either job_id, or feed_id and lookback_days.")
    return _run_search(request, _get_grant(request, body.feed_id), body.lookback_days)
