"""Bulk contact jobs that programs requested: all of them, and one with its progress, file and story."""

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.contact_jobs import actions, queries
from contacthub.contact_jobs.models import ContactJob
from contacthub.core.matching import find_words
from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.downloads import serve_result
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters
from contacthub.web.views.contact_job_view import (
    UNFINISHED,
    Kind,
    Phase,
    describe_contact_job,
    describe_row,
    list_tabs,
)

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def contact_job_list(request: HubRequest) -> HttpResponse:
    """List the organization's jobs: all, one kind, unfinished or failed ones."""
    sent = Parameters(request.GET)
    text = sent.text()
    show = sent.choice(
        "show", ("all", *Kind.values, "running", "failed"), label="Jobs to show", default="all"
    )
    found = queries.list_contact_jobs(
        organization=request.organization,
        kind=Kind(show) if show in Kind.values else None,
        phases={"running": UNFINISHED, "failed": (Phase.FAILED,)}.get(show),
    )
    if text:
        found = found.filter(Q(public_id__startswith=text) | find_words(text, "created_by_name"))
    if sent.faults:
        found = found.none()
    page = Paginator(found, PAGE_SIZE).get_page(read_page_number(request))
    has_running = any(job.phase in UNFINISHED for job in page.object_list)
    context = {
        "page": page,
        "jobs": [describe_row(job, request.membership) for job in page.object_list],
        "tabs": list_tabs(queries.count_phases(organization=request.organization), show),
        "show": show,
        **sent.context,
        "poll_url": request.get_full_path() if has_running else "",
    }
    return render_page(
        request, "contact_jobs/list.html", "contact_jobs/_jobs.html", context, status=sent.status
    )


# --- One ------------------------------------------------------------------------------------------


@require_safe
@member()
def contact_job_detail(request: HubRequest, contact_job_id: str) -> HttpResponse:
    """Show a job."""
    return _render_detail(request, contact_job_id)


@require_safe
@member()
def contact_job_status(request: HubRequest, contact_job_id: str) -> HttpResponse:
    """Show the same for the page's own polling; stops when the job has ended."""
    return _render_detail(request, contact_job_id)


def _render_detail(request: HubRequest, contact_job_id: str) -> HttpResponse:
    contact_job = queries.get_contact_job(
        organization=request.organization, public_id=contact_job_id
    )
    history = list_history(organization=request.organization, subject=contact_job_id)
    context = {
        "contact_job": contact_job,
        "page": describe_contact_job(contact_job, request.membership),
        "webhooks": queries.list_webhooks(job=contact_job),
        "history": list(history[:30]),
    }
    return render_page(
        request, "contact_jobs/detail.html", "contact_jobs/_detail.html", context, is_personal=True
    )


# --- File, cancel ---------------------------------------------------------------------------------


@require_safe
@member(Right.EXPORT)
def contact_job_download(request: HubRequest, contact_job_id: str) -> HttpResponseBase:
    """Hand out the file for people: CSV so that Excel keeps its text, JSON as it is. Each time is recorded."""
    contact_job = queries.get_contact_job(
        organization=request.organization, public_id=contact_job_id
    )
    result = queries.get_result(job=contact_job)
    size = result.size
    if contact_job.format == ContactJob.Format.JSON:
        response, size = serve_result(request, result)
    else:
        body = queries.iterate_for_excel(job=contact_job) if request.method == "GET" else ()
        response = StreamingHttpResponse(body, content_type=result.content_type)
        name = content_disposition_header(True, result.file_name)
        response["Content-Disposition"] = name or "attachment"
        response["Cache-Control"] = "private, no-store"
    if request.method == "GET" and size:
        actions.record_download(contact_job=contact_job, actor=actor_of(request), size=size)
    return response


@require_POST
@member(Right.EXPORT)
def contact_job_cancel(request: HubRequest, contact_job_id: str) -> HttpResponse:
    """Stop a job."""
    with told_in_place(request):
        actions.cancel(
            organization=request.organization, actor=actor_of(request), public_id=contact_job_id
        )
    return redirect("contact-job-detail", contact_job_id=contact_job_id)
