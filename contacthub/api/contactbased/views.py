"""ContactBased's calls. Each makes one call into the house and spells the answer.

Source: the vendor's introduction to its Data APIs ("Intent feeds", "Feed exports", "Organization feeds", "Contact
enrichment"); docs/protocols.md says what is our choice.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.http import HttpResponse

from contacthub.api.contactbased import translate
from contacthub.api.contactbased.protocol import PROTOCOL
from contacthub.api.door import ApiRequest, DoorAPI, Kind, Problem, ProblemFound, json_reply, spends
from contacthub.api.door.documents import describe
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.core.public_ids import parse_contact_id
from contacthub.enrichment.queries import Envelope, get_envelopes
from contacthub.exports import actions as exports
from contacthub.exports import queries as export_queries
from contacthub.exports.models import Export
from contacthub.feeds import actions as feeds
from contacthub.feeds import queries as feed_queries
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.audit import record_read
from contacthub.wire import contactbased as wire

api = DoorAPI(PROTOCOL)

FEEDS, EXPORTS, ORGANIZATION, ENRICHMENT = (
    "Intent feeds",
    "Feed exports",
    "Organization",
    "Contact enrichment",
)


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
        search_id=saved.pk,
        options=export_queries.ExportOptions(
            get_pii=body.get_pii,
            include_business_info=body.include_business_info,
            require_contact_id=body.require_contact_id,
            max_rows=body.max_rows,
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
    rows = export_queries.read_page(
        export=export, page=body.page, columns=translate.row_columns(export.columns)
    )
    record_read(
        organization=request.organization,
        actor=request.actor,
        action="Read export page",
        detail=export.search.feed.name,
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
    # Not those of vendors: they are asked, and charge, where a person sees it.
    grants = feed_queries.list_grants(organization=request.organization, local_only=True)
    return json_reply({"feeds": [translate.feed(grant) for grant in grants]})


# --- Contact enrichment ---------------------------------------------------------------------------


@api.post(
    "/enrich/contacts/batch",
    auth=api.read,
    response={200: wire.Envelopes},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 415, 422, 502),
)
def enrich_batch(request: ApiRequest, body: wire.BatchRequest) -> HttpResponse:
    """Look up to 1,000 contacts up; `results` aligns by index, an unknown contact has an empty envelope."""
    if len(body.contact_ids) > wire.MOST_IDS:
        message = f"A batch has at most {wire.MOST_IDS} contact_ids, this one has {len(body.contact_ids)}."
        raise ProblemFound(Problem(Kind.TOO_LARGE, message))
    sections = _read_sections(body.include)
    found = get_envelopes(
        organization=request.organization, keys=_read_ids(body.contact_ids), sections=sections
    )
    _record_enrichment(request, found, sections)
    return json_reply(translate.envelopes(found))


@api.get(
    "/enrich/contacts/{contact_id}",
    auth=api.read,
    response={200: wire.Envelope},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 422, 502),
)
def enrich_contact(
    request: ApiRequest,
    contact_id: wire.ContactId,
    include: wire.Include | None = None,
) -> HttpResponse:
    """Return what is known of a contact; 404 where none of the requested sections has a record."""
    sections = _read_sections(None if include is None else include.split(","))
    found = _look_up(request, contact_id, sections)
    if not found.found_sections:
        raise NotFound("No data found for this contact")
    return json_reply(translate.envelope(found))


@api.get(
    "/enrich/contacts/{contact_id}/pii",
    auth=api.read,
    response={200: wire.Pii},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 502),
)
def get_contact_pii(request: ApiRequest, contact_id: wire.ContactId) -> HttpResponse:
    """Return the demographic and postal fields; 404 without a PII record."""
    return _reply_section(_look_up(request, contact_id, ("pii",)).pii, "PII")


@api.get(
    "/enrich/contacts/{contact_id}/emails",
    auth=api.read,
    response={200: list[wire.EmailObservation]},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 502),
)
def get_contact_emails(request: ApiRequest, contact_id: wire.ContactId) -> HttpResponse:
    """Return the observed addresses with hashes; 404 without a record, `[]` for a record without addresses."""
    return _reply_section(_look_up(request, contact_id, ("emails",)).emails, "email")


@api.get(
    "/enrich/contacts/{contact_id}/phones",
    auth=api.read,
    response={200: list[wire.PhoneObservation]},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 502),
)
def get_contact_phones(request: ApiRequest, contact_id: wire.ContactId) -> HttpResponse:
    """Return the observed phones; 404 without a record, `[]` for a record without phones."""
    return _reply_section(_look_up(request, contact_id, ("phones",)).phones, "phone")


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


def _read_ids(texts: list[str]) -> list[int]:
    keys, wrong = [], []
    for place, text in enumerate(texts):
        try:
            keys.append(parse_contact_id(text))
        except Invalid:
            wrong.append(place)
    if wrong:
        places = ", ".join(map(str, wrong[:20])) + (" …" if len(wrong) > 20 else "")
        raise _bad(f"Invalid contact_id at index {places}")
    return keys


def _read_sections(names: list[str] | None) -> tuple[str, ...]:
    if names is None:
        return wire.SECTIONS
    wanted = {name.strip() for name in names}
    if not wanted or not wanted.issubset(wire.SECTIONS):
        raise _bad(f"Invalid include: choose from {', '.join(wire.SECTIONS)}")
    return tuple(name for name in wire.SECTIONS if name in wanted)


def _look_up(request: ApiRequest, contact_id: str, sections: tuple[str, ...]) -> Envelope:
    try:
        key = parse_contact_id(contact_id)
    except Invalid as error:
        raise _bad("Invalid contact_id") from error
    found = get_envelopes(organization=request.organization, keys=[key], sections=sections)
    _record_enrichment(request, found, sections)
    return found[0]


def _record_enrichment(
    request: ApiRequest, envelopes: Sequence[Envelope], sections: tuple[str, ...]
) -> None:
    """Note how many contacts a program was told something of, and which sections it asked for."""
    record_read(
        organization=request.organization,
        actor=request.actor,
        action="Enriched contacts",
        detail=", ".join(sections),
        rows=sum(bool(envelope.found_sections) for envelope in envelopes),
    )


def _reply_section(text: str | None, name: str) -> HttpResponse:
    if text is None:
        raise NotFound(f"No {name} record found for this contact")
    return json_reply(text.encode())


def _bad(message: str) -> ProblemFound:
    return ProblemFound(Problem(Kind.BAD_REQUEST, message))
