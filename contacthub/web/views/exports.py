"""Exports: the list, the page of one, its rows and its file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core.errors import Conflict, Invalid, NotAllowed
from contacthub.exports import actions, queries
from contacthub.exports.models import Export
from contacthub.jobs.models import Job
from contacthub.jobs.queries import get_result
from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.downloads import serve_result
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import UNSTORABLE, Parameters, Refused, parse_whole, read_text
from contacthub.web.views.export_list_view import describe_row, list_tabs
from contacthub.web.views.export_rows_view import RowsView, read_rows
from contacthub.web.views.export_view import describe_export

PAGE_SIZE = 50
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
    has_running = any(e.state == Export.State.RUNNING for e in page.object_list)
    context = {
        "page": page,
        "exports": [describe_row(e, request.membership) for e in page.object_list],
        "feeds": [e.search.feed for e in page.object_list if e.search],
        "tabs": list_tabs(counts, show),
        "show": show,
        **sent.context,
        "poll_url": request.get_full_path() if has_running else "",
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
    """Show the same for the page's own polling; stops when the export has ended."""
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
    table = _read_table(request, export)
    context = {"export": export, "table": table}
    if export.get_pii or export.selection_id is not None:
        note_look(request, "Export rows", people=len(table.rows))
    return render_page(
        request, "exports/rows.html", "exports/_rows.html", context, is_personal=True
    )


def _detail_context(request: HubRequest, export: Export) -> dict[str, Any]:
    history = list_history(organization=request.organization, subject=export.pk)
    page = describe_export(export, request.membership)
    context: dict[str, Any] = {
        "export": export,
        "page": page,
        "history": list(history[:30]),
    }
    if export.state == Export.State.COMPLETED:
        context["call"] = page.source.call
        context["table"] = _read_table(request, export)
    return context


def _read_table(request: HubRequest, export: Export) -> RowsView:
    return read_rows(
        export,
        screen=read_page_number(request, "rows"),
        may_see=request.membership.has_right(Right.VALUES),
    )


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
                request,
                f"The export is cancelled. {_say_given_back(request, export_id)}",
                extra_tags="ok",
            )
    return redirect("export-detail", export_id=export_id)


def _say_given_back(request: HubRequest, export_id: UUID) -> str:
    export = queries.get_export(organization=request.organization, export_id=export_id)
    return "Its rows are given back." if export.selection_id is None else "Nothing was charged."


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
