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
from contacthub.contact_jobs.models import TransactionEntry
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.exports.models import Export
from contacthub.exports.queries import list_exports
from contacthub.feeds import actions, queries
from contacthub.feeds.models import FeedGrant, QuotaEntry
from contacthub.organizations.audit import record_event
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.context import sum_quota
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import parse_uuid
from contacthub.web.templatetags.times import day
from contacthub.web.views.settings.csv_files import stream_csv
from contacthub.web.views.settings.forms import LimitsForm, add_refusal, current_limits

PAGE_SIZE = 25
CHUNK = 1000

# The shape of each kind of entry: hatched while held, solid when settled, hollow when given back.
SHAPES = {
    QuotaEntry.Kind.RESERVE: "run",
    QuotaEntry.Kind.SETTLE: "ok",
    QuotaEntry.Kind.RELEASE: "null",
    QuotaEntry.Kind.ADJUST: "odd",
    QuotaEntry.Kind.MIRROR: "odd",
}
TRANSACTION_SHAPES = {
    TransactionEntry.Kind.HOLD: "run",
    TransactionEntry.Kind.USE: "ok",
    TransactionEntry.Kind.RELEASE: "null",
    TransactionEntry.Kind.ADJUST: "odd",
}
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
    return {
        "grants": [{"grant": g, "settled": _settled_rows(g)} for g in grants],
        "grant": grant,
        "grant_settled": _settled_rows(grant) if grant else None,
        "quota": sum_quota([grant] if grant else grants),
        "page": page,
        "entries": [_entry_row(entry, names) for entry in shown],
        "drift": queries.list_ledger_drift(organization=request.organization),
        **_transactions(request),
    }


def _transactions(request: HubRequest) -> dict[str, Any]:
    """Return the account of transactions with its last entries; nothing where none was ever opened."""
    entries = contact_jobs.list_entries(organization=request.organization)[:TRANSACTIONS_SHOWN]
    account = contact_jobs.get_account(organization=request.organization)
    shown = [
        {"entry": entry, "shape": TRANSACTION_SHAPES[TransactionEntry.Kind(entry.kind)]}
        for entry in entries
    ]
    return {"account": account, "transactions": shown}


def _settled_rows(grant: FeedGrant) -> int:
    return grant.export_rows_used - grant.export_rows_held


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


def _entry_row(entry: QuotaEntry, names: dict[UUID, str]) -> dict[str, Any]:
    search = entry.search
    return {
        "entry": entry,
        "shape": SHAPES[QuotaEntry.Kind(entry.kind)],
        "export_name": names.get(entry.export) if entry.export else None,
        "window": f"{day(search.start_on)} – {day(search.end_on)}" if search else "",
        "sign": "+" if entry.rows > 0 else "",
        "left": None if entry.limit_after is None else max(0, entry.limit_after - entry.used_after),
    }


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
    context: dict[str, Any] = {"form": form, "edited": grant}
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
