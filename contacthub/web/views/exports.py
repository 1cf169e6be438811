"""Exports: the list, the page of one, its rows and its file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotAllowed
from contacthub.exports import actions, queries
from contacthub.exports.columns import MASKED, PERSONAL, list_names, make_column
from contacthub.exports.models import Export
from contacthub.formats import FORMATS
from contacthub.jobs.models import Job
from contacthub.jobs.queries import count_queue_ahead, get_result
from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.calls import Call
from contacthub.web.conflicts import told_in_place
from contacthub.web.downloads import serve_result
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import UNSTORABLE, Parameters, Refused, parse_whole, read_text
from contacthub.web.templatetags.figures import plural

PAGE_SIZE = 50
ROWS_SHOWN = 25
LONGEST_PURPOSE = 300
SHOWN = ("all", "mine", Export.State.RUNNING, Export.State.FAILED)


# --- List and page --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def export_list(request: HubRequest) -> HttpResponse:
    """List exports: all, mine, running or failed; found by name, feed or id."""
    sent = Parameters(request.GET)
    text = sent.text()
    show = sent.choice("show", SHOWN, label="Exports to show", default="all")
    exports = queries.list_exports(organization=request.organization, text=text)
    if show == "mine":
        exports = exports.filter(created_by=request.user)
    elif show in (Export.State.RUNNING, Export.State.FAILED):
        exports = exports.filter(state=show)
    if sent.faults:
        exports = exports.none()
    page = Paginator(exports, PAGE_SIZE).get_page(read_page_number(request))
    counts = queries.count_states(organization=request.organization)
    context = {
        "page": page,
        "exports": [
            {"export": e, "status": queries.status_of(e), "result": _result_of(e)}
            for e in page.object_list
        ],
        "feeds": [e.search.feed for e in page.object_list],
        "counts": counts,
        "show": show,
        **sent.context,
        "has_running": any(e.state == Export.State.RUNNING for e in page.object_list),
    }
    return render_page(
        request, "exports/list.html", "exports/_exports.html", context, status=sent.status
    )


@require_safe
@member()
def export_detail(request: HubRequest, export_id: UUID) -> HttpResponse:
    """Show an export: progress while it runs, then file, rows, manifest and history."""
    export = queries.get_export(organization=request.organization, export_id=export_id)
    return _render_detail(request, export, {})


@require_safe
@member()
def export_status(request: HubRequest, export_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; ends by itself when the export has ended."""
    export = queries.get_export(organization=request.organization, export_id=export_id)
    return _render_detail(request, export, {})


def _render_detail(
    request: HubRequest, export: Export, wrong: dict[str, str], status: int = 200
) -> HttpResponse:
    return render_page(
        request,
        "exports/detail.html",
        "exports/_detail.html",
        _detail_context(request, export) | wrong,
        status=status,
        is_personal=True,
    )


@require_safe
@member()
def export_rows(request: HubRequest, export_id: UUID) -> HttpResponse:
    """Leaf through a finished export's rows, personal values masked."""
    export = queries.get_export(organization=request.organization, export_id=export_id)
    context = {"export": export, **_rows_context(request, export)}
    if export.get_pii:
        note_look(request, "Export rows", people=len(context["rows"]))
    return render_page(
        request, "exports/rows.html", "exports/_rows.html", context, is_personal=True
    )


def _wait_of(export: Export) -> str:
    """Return what a job that sleeps waits for; empty for one that does not."""
    if export.job is None or export.job.wakes_at is None:
        return ""
    label, at = export.search.feed.vendor_label, f"{export.job.wakes_at:%H:%M:%S} UTC"
    if export.remote is not None and export.remote.is_made and not export.remote.is_built:
        return f"{label} is building this export. Next look at {at}."
    return f"{label} isn't responding. Next attempt at {at}; rows received so far are kept."


def _detail_context(request: HubRequest, export: Export) -> dict[str, Any]:
    context: dict[str, Any] = {
        "export": export,
        "job": export.job,
        "status": queries.status_of(export),
        "result": _result_of(export),
        "format": FORMATS.get(export.format),
        "history": list(list_history(organization=request.organization, subject=export.pk)[:30]),
        "is_live": export.state in Export.LIVE,
        "ahead": count_queue_ahead(job=export.job)
        if export.job and export.job.state == Job.State.QUEUED
        else 0,
        "wait": _wait_of(export),
    }
    if export.state == Export.State.COMPLETED:
        asked = {"export_id": str(export.pk), "page": 1}
        context["call"] = Call("contactbased", "/intent/feeds/exports/page", asked)
        context |= _rows_context(request, export)
    elif export.state in (Export.State.FAILED, Export.State.CANCELLED):
        search = export.search
        # A vendor charges when it makes the export, and gives nothing back.
        context["is_charged"] = search.charged_export == export.pk and search.is_charge_settled
        options = actions.options_of(export)
        quote = queries.get_quote(search=search, grant=search.grant, options=options)
        is_moved = quote.total_rows != export.total_rows
        first = f"Export {plural(quote.total_rows, 'row')}" if is_moved else "Run again"
        context |= {
            "retry_quote": quote,
            "is_moved": is_moved and bool(quote.total_rows),
            "retry_words": f"{first} · {plural(quote.charged_rows, 'row')} charged",
            "needs_purpose": actions.is_purpose_missing(options=options, purpose=export.purpose),
        }
    return context | _pace(export.job)


def _pace(job: Job | None) -> dict[str, Any]:
    """Return rows a second and seconds left, once enough is done to say so."""
    if job is None or job.started_at is None:
        return {}
    seconds = ((job.finished_at or clock.now()) - job.started_at).total_seconds()
    if job.is_final:
        return {"seconds": seconds, "pace": round(job.done / seconds) if seconds else None}
    if seconds < 1 or not job.done or job.total is None:
        return {}
    pace = job.done / seconds
    return {"pace": round(pace), "seconds_left": (job.total - job.done) / pace}


def _rows_context(request: HubRequest, export: Export) -> dict[str, Any]:
    """Return 25 rows; the page of the export that holds them is read whole, 1,000 rows in a few milliseconds."""
    if export.state != Export.State.COMPLETED:
        raise Invalid("The rows can be seen when the export is complete.")
    columns = export.columns or list_names(
        get_pii=export.get_pii, include_business_info=export.include_business_info
    )
    may_see = request.membership.has_right(Right.VALUES)
    screens = -(-export.total_rows // ROWS_SHOWN)
    screen = min(read_page_number(request, "rows"), max(screens, 1))
    rows: list[dict[str, Any]] = []
    if export.total_rows:
        start = (screen - 1) * ROWS_SHOWN
        page, offset = divmod(start, export.page_size)
        found = queries.read_page(
            export=export, page=page + 1, columns=[make_column(name) for name in columns]
        )
        rows = found[offset : offset + ROWS_SHOWN]
    return {
        "columns": columns,
        "blocked_columns": frozenset() if may_see else PERSONAL,
        "masked_columns": MASKED,
        "may_see": may_see,
        "rows": [[(name, row[name]) for name in columns] for row in rows],
        "screen": screen,
        "screens": screens,
        "first_row": (screen - 1) * ROWS_SHOWN + 1,
        "last_row": (screen - 1) * ROWS_SHOWN + len(rows),
    }


def _result_of(export: Export) -> Any:
    return getattr(export.job, "result", None)


# --- File, cancel, retry --------------------------------------------------------------------------


@require_safe
@member(Right.EXPORT)
def export_download(request: HubRequest, export_id: UUID) -> HttpResponseBase:
    """Hand out the file, whole or a range of it. Each time is recorded."""
    export = queries.get_export(organization=request.organization, export_id=export_id)
    if export.job is None or export.state != Export.State.COMPLETED:
        raise Invalid("There is no file to download: the export is not complete.")
    response, size = serve_result(request, get_result(job=export.job))
    if request.method == "GET" and size:
        actions.record_download(export=export, actor=actor_of(request), size=size)
    return response


@require_POST
@member(Right.EXPORT)
def export_cancel(request: HubRequest, export_id: UUID) -> HttpResponse:
    """Stop an export and give its rows back."""
    with told_in_place(request):
        state = actions.cancel_export(
            organization=request.organization, actor=actor_of(request), export_id=export_id
        )
        if state == Job.State.CANCELLED:
            messages.success(
                request, "The export is cancelled. Its rows are given back.", extra_tags="ok"
            )
    return redirect("export-detail", export_id=export_id)


@require_POST
@member(Right.EXPORT)
def export_retry(request: HubRequest, export_id: UUID) -> HttpResponse:
    """Run a failed or cancelled export again for the charge that its page states."""
    try:
        actions.retry_export(
            organization=request.organization,
            actor=actor_of(request),
            export_id=export_id,
            purpose=_read_purpose(request),
            quoted_rows=_read_rows(request, "quoted_rows"),
            total_rows=_read_rows(request, "total_rows"),
        )
    except Invalid as error:
        export = queries.get_export(organization=request.organization, export_id=export_id)
        typed = UNSTORABLE.sub("\ufffd", request.POST.get("purpose", ""))
        wrong = {"purpose": typed, "purpose_error": str(error)}
        return _render_detail(request, export, wrong, status=422)
    except (Conflict, NotAllowed) as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("export-detail", export_id=export_id)


def _read_purpose(request: HubRequest) -> str:
    """Return what the personal data is for. Raises `Invalid` for what cannot be stored."""
    try:
        return read_text(request.POST.get("purpose", ""), most=LONGEST_PURPOSE)
    except Refused as refused:
        raise Invalid(f"Purpose {refused}.", field="purpose") from refused


def _read_rows(request: HubRequest, name: str) -> int | None:
    return parse_whole(request.POST.get(name, ""), most_digits=15)
