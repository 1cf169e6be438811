"""Lists that were started: all of them, one with its progress and results, its file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core.errors import Conflict, Invalid
from contacthub.credentials.connections.queries import list_kept
from contacthub.enrichment.actions.batches import (
    ask_failed_again,
    cancel_batch,
    record_download,
    retry_batch,
)
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.enrichment.plans import Plan
from contacthub.enrichment.queries import waterfall
from contacthub.enrichment.queries.batches import count_states, get_batch, list_batches, status_of
from contacthub.enrichment.queries.results import list_results
from contacthub.jobs.queries import get_result
from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.conflicts import told_in_place
from contacthub.web.downloads import serve_result
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.job_words import describe_step
from contacthub.web.looks import note_look
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.views.enrichment.list_view import describe_batch, find_step, list_tabs
from contacthub.web.views.enrichment.outcome_words import count_outcomes
from contacthub.web.views.enrichment.progress_view import (
    describe_end,
    describe_progress,
    has_file,
    is_active,
    list_facts,
    list_spent_lines,
)
from contacthub.web.views.enrichment.results_view import describe_results
from contacthub.web.views.enrichment.vendors_view import describe_vendors

PAGE_SIZE = 50
ROWS_SHOWN = 50
State = EnrichmentBatch.State


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def enrichment_list(request: HubRequest) -> HttpResponse:
    """List the organization's lists: all, mine, or those in one state. A viewer learns who can let them in."""
    if not request.membership.has_right(Right.ENRICH):
        blocked = {"who": who_can_grant(request)}
        return render_page(request, "enrichment/blocked.html", "enrichment/blocked.html", blocked)
    sent = Parameters(request.GET)
    text = sent.text()
    show = sent.choice(
        "show", ("all", "mine", *State.values), label="Enrichments to show", default="all"
    )
    found = list_batches(organization=request.organization, text=text)
    if show != State.DRAFT:
        # What is not finished has a tab of its own, and is no enrichment yet.
        found = found.exclude(state=State.DRAFT)
    if show == "mine":
        found = found.filter(created_by=request.user)
    elif show in State.values:
        found = found.filter(state=show)
    if sent.faults:
        found = found.none()
    page = Paginator(found, PAGE_SIZE).get_page(read_page_number(request))
    context = {
        "page": page,
        "batches": [describe_batch(batch) for batch in page.object_list],
        "tabs": list_tabs(count_states(organization=request.organization), show),
        "show": show,
        **sent.context,
        "poll_url": request.get_full_path() if any(map(is_active, page.object_list)) else "",
    }
    return render_page(
        request, "enrichment/list.html", "enrichment/_batches.html", context, status=sent.status
    )


# --- One ------------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def enrichment_detail(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show a started list: progress by outcome, then results, file and history. A draft continues where it was left."""
    return _show(request, batch_id)


@require_safe
@member(Right.ENRICH)
def enrichment_status(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; stops when the job has ended."""
    return _show(request, batch_id)


def _show(request: HubRequest, batch_id: UUID) -> HttpResponse:
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.state == State.DRAFT:
        return redirect(find_step(batch), batch_id=batch.pk)
    return _render_detail(request, batch)


def _render_detail(request: HubRequest, batch: EnrichmentBatch) -> HttpResponse:
    status = status_of(batch)
    result = getattr(batch.job, "result", None)
    context: dict[str, Any] = {
        "batch": batch,
        "job": batch.job,
        "status": status,
        "progress": describe_progress(batch, status),
        "result": result,
        "has_file": has_file(result),
        "answered_by": "Own catalog, then vendors" if batch.asks_vendors else "Own catalog",
        "lines": list_spent_lines(batch),
        "facts": list_facts(batch),
        "now": "Answering rows" if status == "running" else "",
        "step": describe_step(batch.job),
        "completed_words": describe_end(batch, batch.job),
        **_vendor_context(batch),
        "history": list(list_history(organization=request.organization, subject=batch.pk)[:30]),
        **_results_context(request, batch),
    }
    return render_page(
        request,
        "enrichment/detail.html",
        "enrichment/_status.html",
        context,
        status=422 if context["faults"] else 200,
        is_personal=True,
    )


def _vendor_context(batch: EnrichmentBatch) -> dict[str, Any]:
    """Return what each vendor did for a list, and what asking the failed rows again may cost."""
    if not batch.asks_vendors:
        return {}
    failed = waterfall.count_failed(batch=batch) if batch.state == State.COMPLETED else 0
    plan = Plan.from_json(batch.plan)
    return {
        "connections": list_kept(organization=batch.organization, ids=plan.connections),
        "vendors": describe_vendors(
            batch,
            waterfall.sum_askings(batch=batch),
            failed_contacts=failed,
            most_again=plan.most_altogether(failed),
        ),
    }


# --- Results --------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def enrichment_rows(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Leaf through the answered rows, all or those with one outcome; personal values masked."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    context = {"batch": batch, **_results_context(request, batch)}
    note_look(request, "Enrichment rows", people=len(context["results"].rows))
    return render_page(
        request,
        "enrichment/rows.html",
        "enrichment/_rows.html",
        context,
        status=422 if context["faults"] else 200,
        is_personal=True,
    )


def _results_context(request: HubRequest, batch: EnrichmentBatch) -> dict[str, Any]:
    sent = Parameters(request.GET)
    outcomes = [outcome.value for outcome in count_outcomes(batch)]
    outcome = sent.choice("outcome", outcomes, label="Outcome", default="")
    before = request.GET.get("before")
    page = list_results(
        batch=batch,
        outcome=outcome,
        after=_read_place(request.GET.get("after", "")),
        before=None if before is None else _read_place(before),
        most=ROWS_SHOWN,
    )
    return {**sent.context, "results": describe_results(batch, page, outcome)}


def _read_place(text: str) -> int:
    """Return the number of a row in an address, 0 for anything else."""
    return parse_whole(text, most_digits=8) or 0


# --- File, cancel, retry --------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def enrichment_download(request: HubRequest, batch_id: UUID) -> HttpResponseBase:
    """Hand out the result file, whole or a range of it. Each time is recorded."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.job is None or batch.state != State.COMPLETED:
        raise Invalid("There is no file to download: the enrichment is not complete.")
    response, size = serve_result(request, get_result(job=batch.job))
    if request.method == "GET" and size:
        record_download(batch=batch, actor=actor_of(request), size=size)
    return response


@require_POST
@member(Right.ENRICH)
def enrichment_cancel(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Stop a list."""
    with told_in_place(request):
        cancel_batch(organization=request.organization, actor=actor_of(request), batch_id=batch_id)
    return redirect("enrichment-detail", batch_id=batch_id)


@require_POST
@member(Right.ENRICH)
def enrichment_retry(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Run a failed or cancelled list again."""
    with told_in_place(request):
        retry_batch(organization=request.organization, actor=actor_of(request), batch_id=batch_id)
    return redirect("enrichment-detail", batch_id=batch_id)


@require_POST
@member(Right.ENRICH)
def enrichment_again(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Ask for the failed rows of a list again, as a list of their own."""
    try:
        batch = ask_failed_again(
            organization=request.organization, actor=actor_of(request), batch_id=batch_id
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("enrichment-detail", batch_id=batch_id)
    return redirect("enrichment-detail", batch_id=batch.pk)
