"""Feeds and quotas: what the organization may do with each feed, and the ledger of every row."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.contact_jobs import queries as contact_jobs
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.exports.models import Export
from contacthub.exports.queries import list_exports
from contacthub.feeds import actions, queries
from contacthub.feeds.models import FeedGrant, QuotaEntry
from contacthub.organizations.audit import record_event
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import parse_uuid
from contacthub.web.views.settings.csv_files import stream_csv
from contacthub.web.views.settings.forms import LimitsForm, add_refusal, current_limits
from contacthub.web.views.settings.grant_view import (
    describe_account,
    make_grant_row,
    make_ledger,
    make_ledger_row,
    make_transaction_row,
)

PAGE_SIZE = 25
CHUNK = 1000

TRANSACTIONS_SHOWN = 10
LEDGER_HEADER = (
    *("time", "feed", "entry", "rows", "used_after", "limit_after"),
    *("search_id", "export_id", "export", "actor", "note"),
)


@require_safe
@member(Right.MANAGE)
def grant_list(request: HubRequest) -> HttpResponse:
    """List the granted feeds with their limits, and the ledger of all of them or of one."""
    return render_page(
        request, "settings/feeds.html", "settings/_feeds.html", _list_context(request)
    )


def _list_context(request: HubRequest) -> dict[str, Any]:
    grants = list(queries.list_grants(organization=request.organization))
    grant = _read_grant(request)
    entries = queries.list_entries(organization=request.organization, grant=grant)
    entries = entries.select_related("grant__feed", "search")
    page = Paginator(entries, PAGE_SIZE).get_page(read_page_number(request))
    shown = list(page.object_list)
    names = _export_names(request, shown)
    drift = queries.list_ledger_drift(organization=request.organization)
    account = contact_jobs.get_account(organization=request.organization)
    transactions = contact_jobs.list_entries(organization=request.organization)
    return {
        "grants": [make_grant_row(each, chosen=grant) for each in grants],
        "ledger": make_ledger(grants, grant, drift),
        "page": page,
        "entries": [make_ledger_row(entry, names) for entry in shown],
        "account": describe_account(account),
        "transactions": [make_transaction_row(e) for e in transactions[:TRANSACTIONS_SHOWN]],
    }


def _read_grant(request: HubRequest) -> FeedGrant | None:
    text = request.GET.get("feed", "")
    if not text:
        return None
    feed_id = parse_uuid(text)
    if feed_id is None:
        raise NotFound("There is no such feed.")
    return queries.get_grant(organization=request.organization, feed_id=feed_id)


def _export_names(request: HubRequest, entries: list[QuotaEntry]) -> dict[UUID, str]:
    wanted = {entry.export for entry in entries if entry.export is not None}
    exports: QuerySet[Export] = list_exports(organization=request.organization)
    return dict(exports.filter(pk__in=wanted).values_list("pk", "name"))


# --- Limits ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def grant_edit(request: HubRequest, feed_id: UUID) -> HttpResponse:
    """Show and change what the organization may do with one feed."""
    grant = queries.get_grant(organization=request.organization, feed_id=feed_id)
    actions.check_local(grant.feed)
    if request.method != "POST":
        return _render_edit(request, grant, LimitsForm(initial=current_limits(grant)))
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _render_edit(request, grant, form, status=422)
    try:
        actions.change_grant(
            organization=request.organization,
            actor=actor_of(request),
            grant_id=grant.pk,
            **form.limits(),
        )
    except Invalid as error:
        add_refusal(form, error)
        return _render_edit(request, grant, form, status=422)
    messages.success(request, f"The limits of {grant.feed.name} are saved.", extra_tags="ok")
    return redirect(f"{reverse('settings-feeds')}?feed={feed_id}")


def _render_edit(
    request: HubRequest, grant: FeedGrant, form: LimitsForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "edited": grant, "row_limit": form.row_limit_text}
    if not request.htmx:
        context |= _list_context(request)
    return render_page(
        request, "settings/feed_edit.html", "settings/_limits.html", context, status=status
    )


# --- The ledger as a file -------------------------------------------------------------------------


@require_safe
@member(Right.MANAGE)
def ledger_download(request: HubRequest) -> StreamingHttpResponse:
    """Hand out the ledger of all feeds or of one as CSV, newest first."""
    grant = _read_grant(request)
    entries = queries.list_entries(organization=request.organization, grant=grant)
    record_event(
        organization=request.organization,
        actor=actor_of(request),
        action="Downloaded ledger",
        target=grant.feed.name if grant else "All feeds",
        rows=entries.count(),
    )
    return stream_csv(
        f"ledger-{request.organization.slug}-{clock.today()}.csv",
        LEDGER_HEADER,
        _ledger_lines(request, entries),
    )


def _ledger_lines(
    request: HubRequest, entries: QuerySet[QuotaEntry]
) -> Iterator[tuple[object, ...]]:
    found = entries.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        names = _export_names(request, chunk)
        for entry in chunk:
            yield (
                entry.at.isoformat(timespec="seconds"),
                entry.grant.feed.name,
                entry.kind,
                entry.rows,
                entry.used_after,
                entry.limit_after,
                entry.search_id,
                entry.export,
                names.get(entry.export) if entry.export else None,
                entry.actor_name,
                entry.note,
            )
