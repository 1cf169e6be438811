"""Exports: the checkout that states the charge, the list, the page of one, its rows and its file."""

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, ContactHubError, Invalid, NotAllowed
from contacthub.exports import actions, queries
from contacthub.exports.columns import GROUPS, MASKED, list_names, make_column
from contacthub.exports.models import Export
from contacthub.exports.queries import ExportOptions, Quote
from contacthub.feeds.models import FeedGrant, Search
from contacthub.feeds.queries import get_search
from contacthub.feeds.remote.actions import sync_due
from contacthub.jobs.encoders import FORMATS
from contacthub.jobs.models import Job
from contacthub.jobs.queries import count_queue_ahead, get_result
from contacthub.organizations.models import Right
from contacthub.organizations.queries import list_history
from contacthub.web.access import member, who_can_grant
from contacthub.web.calls import Call
from contacthub.web.conflicts import told_in_place
from contacthub.web.downloads import serve_result
from contacthub.web.forms import ExportForm
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.views.feeds import feed_context

PAGE_SIZE = 50
ROWS_SHOWN = 25
# While one of these is wrong there is no quote, and nothing can be exported.
TYPED_FIELDS = ("max_rows", "name", "purpose")
SHOWN = ("all", "mine", Export.State.RUNNING, Export.State.FAILED)


# --- Checkout -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.EXPORT)
def export_checkout(request: HubRequest, search_id: UUID) -> HttpResponse:
    """Show the checkout of a search over its feed's page, or make the export that was quoted."""
    search = get_search(organization=request.organization, search_id=search_id)
    if request.method != "POST":
        if search.feed.is_remote and not search.feed.closed_because:
            # What is left is the vendor's to say, and a person is about to spend it.
            sync_due(organization=request.organization)
            search = get_search(organization=request.organization, search_id=search_id)
        return _render_checkout(request, search, ExportForm(_defaults(request)))
    form = ExportForm(request.POST)
    columns = request.POST.getlist("columns")
    if form.is_valid() and request.POST.getlist("offered") and not columns:
        # No column at all would otherwise mean every column.
        form.add_error(None, "Choose at least one column.")
    if not form.is_valid():
        return _render_checkout(request, search, form, status=422)
    data = form.cleaned_data
    try:
        export, _ = actions.create_export(
            organization=request.organization,
            actor=actor_of(request),
            search_id=search.pk,
            options=form.options(),
            format=data["format"] or "csv",
            columns=columns or None,
            name=data["name"],
            purpose=data["purpose"],
            quoted_rows=data["quoted_rows"],
            request_key=str(data["request_key"]) if data["request_key"] else None,
        )
    except ContactHubError as error:
        field = error.field if isinstance(error, Invalid) and error.field in form.fields else None
        form.add_error(field, str(error))
        return _render_checkout(
            request,
            get_search(organization=request.organization, search_id=search_id),
            form,
            status=422,
        )
    return redirect("export-detail", export_id=export.pk)


@require_safe
@member(Right.EXPORT)
def export_quote(request: HubRequest, search_id: UUID) -> HttpResponse:
    """Say what the options chosen so far would charge. Spends nothing."""
    search = get_search(organization=request.organization, search_id=search_id)
    form = ExportForm(request.GET)
    context = _checkout_context(request, search, form) | {"is_swap": True}
    return render_page(request, "exports/_quote_swap.html", "exports/_quote_swap.html", context)


def _defaults(request: HubRequest) -> dict[str, Any]:
    """Return the form's first values; an address may carry others, so that a checkout can be sent to a colleague."""
    given = {name: request.GET[name] for name in ExportForm.base_fields if name in request.GET}
    return {"format": "csv", **given}


def _render_checkout(
    request: HubRequest, search: Search, form: ExportForm, status: int = 200
) -> HttpResponse:
    context = _checkout_context(request, search, form)
    context["request_key"] = uuid4()
    if not request.htmx:
        days = min(search.lookback_days, search.grant.lookback_days)
        # The checkout's words stand: of a vendor's feed other people decide.
        context = feed_context(request, search.feed.public_id, days) | context
    return render_page(
        request, "exports/checkout.html", "exports/_checkout.html", context, status=status
    )


def _checkout_context(request: HubRequest, search: Search, form: ExportForm) -> dict[str, Any]:
    form.is_valid()
    grant = search.grant
    options = _allowed_options(form.options(), grant)
    quote = queries.get_quote(search=search, grant=grant, options=options)
    columns = _column_choices(request, options, is_remote=search.feed.is_remote)
    is_brought = (
        search.feed.is_remote and queries.find_brought(search=search, options=options) is not None
    )
    return {
        "is_brought": is_brought,
        "closed_because": "" if is_brought else search.feed.closed_because,
        "search": search,
        "grant": grant,
        "feed": search.feed,
        "form": form,
        "wrong_fields": [form[name].label for name in form.errors if name in TYPED_FIELDS],
        "options": options,
        "quote": quote,
        "format": form.cleaned_data.get("format") or "csv",
        "formats": FORMATS.values(),
        "columns": columns,
        "chosen_count": sum(is_chosen for _, is_chosen in columns),
        "column_count": len(
            list_names(get_pii=True, include_business_info=True, is_remote=search.feed.is_remote)
        ),
        "has_other_columns": {name for name, _ in columns} != set(request.GET.getlist("offered")),
        "pii_count": len(GROUPS[1].names),
        "business_count": len(GROUPS[2].names),
        "who": f"{search.feed.vendor_label} sets what your account may do."
        if search.feed.is_remote
        else who_can_grant(request),
        "now": clock.now(),
        "export_call": _call_of(search, options),
        "paid_by": _find_paid_export(request, search, quote),
    }


def _call_of(search: Search, options: ExportOptions) -> Call:
    asked = {name: value for name, value in asdict(options).items() if value}
    return Call("contactbased", "/intent/feeds/exports", {"job_id": str(search.pk), **asked})


def _allowed_options(options: ExportOptions, grant: FeedGrant) -> ExportOptions:
    return ExportOptions(
        get_pii=options.get_pii and grant.is_pii_enabled,
        include_business_info=options.include_business_info and grant.is_business_info_enabled,
        require_contact_id=options.require_contact_id,
        max_rows=options.max_rows,
    )


def _column_choices(
    request: HubRequest, options: ExportOptions, *, is_remote: bool
) -> list[tuple[str, bool]]:
    """Return the columns to choose from, in the person's order; one that an option has just brought is chosen."""
    sent = request.POST if request.method == "POST" else request.GET
    available = list_names(
        get_pii=options.get_pii,
        include_business_info=options.include_business_info,
        is_remote=is_remote,
    )
    chosen = [name for name in sent.getlist("columns") if name in available]
    offered = [name for name in sent.getlist("offered") if name in available]
    order = offered + [name for name in available if name not in offered]
    return [(name, name in chosen or name not in offered) for name in order]


def _find_paid_export(request: HubRequest, search: Search, quote: Quote) -> Export | None:
    if not quote.is_paid_already:
        return None
    return queries.list_exports_of_searches(searches=[search]).get(search.pk)


# --- List and page --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def export_list(request: HubRequest) -> HttpResponse:
    """List exports: all, mine, running or failed; found by name, feed or id."""
    sent = Parameters(request.GET)
    text = sent.text()
    show = sent.choice("show", SHOWN, label="The list", default="all")
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
    return render_page(
        request,
        "exports/detail.html",
        "exports/_detail.html",
        _detail_context(request, export),
        is_personal=True,
    )


@require_safe
@member()
def export_status(request: HubRequest, export_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; ends by itself when the export has ended."""
    export = queries.get_export(organization=request.organization, export_id=export_id)
    return render_page(
        request,
        "exports/detail.html",
        "exports/_detail.html",
        _detail_context(request, export),
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
    return f"{label} does not answer at the moment. It is asked again at {at}; what is here stays."


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
        context["retry_quote"] = queries.get_quote(
            search=search, grant=search.grant, options=actions.options_of(export)
        )
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
        "masked_columns": MASKED,
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
            quoted_rows=_read_rows(request, "quoted_rows"),
            total_rows=_read_rows(request, "total_rows"),
        )
    except (Conflict, NotAllowed) as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("export-detail", export_id=export_id)


def _read_rows(request: HubRequest, name: str) -> int | None:
    return parse_whole(request.POST.get(name, ""), most_digits=15)
