"""Pulls, all and one: how far each is, what came of it, and the vendor's call that it has ended."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.sourcing.bulk import actions, queries
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.views.sourcing.list_view import describe_row, list_tabs
from contacthub.web.views.sourcing.pull_view import describe_pull

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
@searches_by_post
def pull_list(request: HubRequest) -> HttpResponse:
    """List the organization's pulls: all, or those of a tab."""
    sent = Parameters(request.GET)
    text = sent.text()
    counts = queries.count_states(organization=request.organization)
    show = sent.choice("show", ("all", *counts), label="Pulls to show", default="all")
    found = queries.list_pulls(organization=request.organization, show=show, text=text)
    if sent.faults:
        found = found.none()
    page = Paginator(found, PAGE_SIZE).get_page(read_page_number(request))
    rows = [describe_row(pull) for pull in page.object_list]
    has_running = any(row.status in ("queued", "running") for row in rows)
    context = {
        "page": page,
        "rows": rows,
        "connections": [row.pull.connection for row in rows],
        "tabs": list_tabs(counts, show),
        "show": show,
        **sent.context,
        "poll_url": request.get_full_path() if has_running else "",
    }
    return render_page(
        request, "sourcing/bulk/list.html", "sourcing/bulk/_pulls.html", context, status=sent.status
    )


# --- One ------------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def pull_detail(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Show a pull: how far it is, what it costs, what came of it. A draft continues where it was left."""
    return _show(request, pull_id)


@require_safe
@member(Right.ENRICH)
def pull_status(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; stops when the job has ended."""
    return _show(request, pull_id)


def _show(request: HubRequest, pull_id: UUID) -> HttpResponse:
    pull = queries.get_pull(organization=request.organization, pull_id=pull_id)
    if pull.job is None:
        return redirect("pull-check", pull_id=pull.pk)
    history = list_history(organization=request.organization, subject=str(pull.pk))
    context = {
        "pull": pull,
        "page": describe_pull(pull, request.membership),
        "keep_days": actions.KEEP.days,
        "history": list(history[:30]),
    }
    return render_page(
        request,
        "sourcing/bulk/detail.html",
        "sourcing/bulk/_detail.html",
        context,
        is_personal=True,
    )


@require_safe
@member(Right.ENRICH)
def pull_rejects(request: HubRequest, pull_id: UUID) -> StreamingHttpResponse:
    """Hand out the rows that were not imported, with the reason, as CSV."""
    pull = queries.get_pull(organization=request.organization, pull_id=pull_id)
    if request.method == "GET":
        actions.record_rejects_download(pull=pull, actor=actor_of(request))
    body = queries.format_rejects(pull=pull) if request.method == "GET" else ()
    response = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-{str(pull.pk)[:8]}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@member(Right.ENRICH)
def pull_cancel(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Stop a pull, and the vendor's job where it has not begun."""
    with told_in_place(request):
        actions.cancel_pull(
            organization=request.organization, actor=actor_of(request), pull_id=pull_id
        )
    return redirect("pull-detail", pull_id=pull_id)


@require_POST
@member(Right.ENRICH)
def pull_retry(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Continue a failed or cancelled pull, for the cost on the button."""
    quoted = parse_whole(request.POST.get("quoted_cost", ""), most_digits=9)
    queries.get_pull(organization=request.organization, pull_id=pull_id)
    if quoted is None:
        messages.error(
            request, "The cost was not sent. Nothing was started; try again.", extra_tags="bad"
        )
        return redirect("pull-detail", pull_id=pull_id)
    with told_in_place(request):
        actions.retry_pull(
            organization=request.organization,
            actor=actor_of(request),
            pull_id=pull_id,
            quoted_cost=quoted,
        )
    return redirect("pull-detail", pull_id=pull_id)


# --- The vendor's call ----------------------------------------------------------------------------


@csrf_exempt
@login_not_required
@require_POST
def pull_hook(request: HttpRequest, token: str) -> HttpResponseBase:
    """Look at a pull's job now, because its vendor says that it has ended. The body is not read, and not believed."""
    actions.ring(token=token)
    return HttpResponse(status=204)
