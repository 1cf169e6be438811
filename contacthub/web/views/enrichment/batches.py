"""Lists that were started: all of them, one with its progress and results, its file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid
from contacthub.credentials.connections.queries import list_kept
from contacthub.enrichment.actions.batches import (
    ask_failed_again,
    cancel_batch,
    record_download,
    retry_batch,
)
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow, Outcome, Section
from contacthub.enrichment.plans import Plan
from contacthub.enrichment.queries import waterfall
from contacthub.enrichment.queries.batches import count_states, get_batch, list_batches, status_of
from contacthub.enrichment.queries.results import ResultRow, list_results
from contacthub.formats import FORMATS
from contacthub.jobs.models import Job
from contacthub.jobs.queries import count_queue_ahead, get_result
from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.conflicts import told_in_place
from contacthub.web.contact_words import EMPTY_CSS
from contacthub.web.downloads import serve_result
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.templatetags.figures import plural

PAGE_SIZE = 50
ROWS_SHOWN = 50
# Outcomes of rows so far, in the order of the bar: name, class in the bar, class in the legend, words.
OUTCOMES = (
    (Outcome.FOUND, "ok", "l-ok", "Found"),
    (Outcome.EMPTY, "idle", "", "Empty record"),
    (Outcome.NO_RECORD, "part", "l-2", "No record"),
    (Outcome.MALFORMED, "bad", "l-bad", "Malformed"),
    (Outcome.BLOCKED, "bad", "l-bad", "Blocked"),
    (Outcome.FAILED, "bad", "l-bad", "Failed"),
)
OUTCOME_CSS = {
    Outcome.FOUND: "ok",
    Outcome.MALFORMED: "bad",
    Outcome.FAILED: "bad",
    **EMPTY_CSS,
}
VENDOR_OUTCOMES = (Outcome.BLOCKED, Outcome.FAILED)
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
    show = sent.choice("show", ("all", "mine", *State.values), label="Lists to show", default="all")
    found = list_batches(organization=request.organization, text=text)
    if show == "mine":
        found = found.filter(created_by=request.user)
    elif show in State.values:
        found = found.filter(state=show)
    if sent.faults:
        found = found.none()
    page = Paginator(found, PAGE_SIZE).get_page(read_page_number(request))
    context = {
        "page": page,
        "batches": [_describe(batch) for batch in page.object_list],
        "counts": count_states(organization=request.organization),
        "show": show,
        **sent.context,
        "has_running": any(batch.state == State.RUNNING for batch in page.object_list),
    }
    return render_page(
        request, "enrichment/list.html", "enrichment/_batches.html", context, status=sent.status
    )


def _describe(batch: EnrichmentBatch) -> dict[str, Any]:
    return {
        "batch": batch,
        "status": status_of(batch),
        "result": getattr(batch.job, "result", None),
        "parts": _parts(batch),
        "mix_label": _name_parts(batch),
        "step": _step_of(batch),
    }


def _counts(batch: EnrichmentBatch) -> dict[Outcome, int]:
    return {
        Outcome.FOUND: batch.found_count,
        Outcome.EMPTY: batch.empty_count,
        Outcome.NO_RECORD: batch.no_record_count,
        Outcome.MALFORMED: batch.unusable_count,
        Outcome.BLOCKED: batch.blocked_count,
        Outcome.FAILED: batch.failed_count,
    }


def _parts(batch: EnrichmentBatch) -> list[tuple[str, int]]:
    counts = _counts(batch)
    return [(css, counts[outcome]) for outcome, css, _, _ in OUTCOMES if counts[outcome]]


def _name_parts(batch: EnrichmentBatch) -> str:
    """Return the outcomes so far in words: 12 found, 3 no record."""
    counts = _counts(batch)
    return ", ".join(f"{counts[o]:,} {words.lower()}" for o, _, _, words in OUTCOMES if counts[o])


# --- One ------------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def enrichment_detail(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show a started list: progress by outcome, then results, file and history. A draft goes on where it was left."""
    return _show(request, batch_id)


@require_safe
@member(Right.ENRICH)
def enrichment_status(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; ends by itself when the job has ended."""
    return _show(request, batch_id)


def _show(request: HubRequest, batch_id: UUID) -> HttpResponse:
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.state == State.DRAFT:
        return redirect(_step_of(batch), batch_id=batch.pk)
    return _render_detail(request, batch)


def _step_of(batch: EnrichmentBatch) -> str:
    """Return the name of the page on which a draft goes on."""
    return "enrichment-check" if batch.is_mapped else "enrichment-map"


def _render_detail(request: HubRequest, batch: EnrichmentBatch) -> HttpResponse:
    counts = _counts(batch)
    # Only lists that ask vendors can be blocked, or fail.
    shown = [each for each in OUTCOMES if batch.asks_vendors or each[0] not in VENDOR_OUTCOMES]
    context: dict[str, Any] = {
        "batch": batch,
        "job": batch.job,
        "status": status_of(batch),
        "result": getattr(batch.job, "result", None),
        "format": FORMATS.get(batch.format),
        "asked": [Section(section).label for section in batch.sections],
        "id_name": batch.header[batch.id_column or 0],
        "parts": _parts(batch),
        "mix_label": _name_parts(batch),
        "legend": [(legend, words, counts[outcome]) for outcome, _, legend, words in shown],
        **_vendor_context(batch),
        "retry_words": _words_of_retry(batch),
        "ahead": _count_ahead(batch.job),
        "history": list(list_history(organization=request.organization, subject=batch.pk)[:30]),
        **_results_context(request, batch),
        **_pace(batch.job),
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
        "vendors": waterfall.sum_askings(batch=batch),
        "failed_contacts": failed,
        "most_again": plan.most_altogether(failed),
    }


def _words_of_retry(batch: EnrichmentBatch) -> str:
    """Return what running a list again may spend: what is left of the lookups that were agreed to."""
    left = batch.lookup_limit - batch.lookups_spent
    return f"Run again, up to {plural(left, 'lookup')}" if batch.asks_vendors else "Run again, free"


def _count_ahead(job: Job | None) -> int:
    return count_queue_ahead(job=job) if job and job.state == Job.State.QUEUED else 0


def _pace(job: Job | None) -> dict[str, Any]:
    """Return rows a second and seconds left, once enough is done to say so."""
    if job is None or job.started_at is None or job.total is None:
        return {}
    seconds = ((job.finished_at or clock.now()) - job.started_at).total_seconds()
    if job.is_final:
        return {"seconds": seconds}
    if seconds < 1 or not job.done:
        return {}
    pace = job.done / seconds
    return {"pace": round(pace), "seconds_left": (job.total - job.done) / pace}


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
    counts = _counts(batch)
    outcome = sent.choice("outcome", [each.value for each in counts], label="Outcome", default="")
    before = request.GET.get("before")
    page = list_results(
        batch=batch,
        outcome=outcome,
        after=_read_place(request.GET.get("after", "")),
        before=None if before is None else _read_place(before),
        most=ROWS_SHOWN,
    )
    return {
        **sent.context,
        "results": page,
        "rows": [(row, *_describe_row(row)) for row in page.rows],
        "first_row": page.rows[0].row.ordinal if page.rows else 0,
        "last_row": page.rows[-1].row.ordinal if page.rows else 0,
        "outcome": outcome,
        "outcome_count": counts[Outcome(outcome)] if outcome else 0,
        "outcomes": [
            (o.value, words, counts[o])
            for o, _, _, words in OUTCOMES
            if batch.asks_vendors or o not in VENDOR_OUTCOMES
        ],
        "answered": batch.answered_count,
        "is_active": batch.state == State.RUNNING,
    }


def _describe_row(row: ResultRow) -> tuple[str, str]:
    """Return the shape and the word of a row's outcome, as the legend and the lists of contacts have them."""
    if row.row.problem == EnrichmentRow.Problem.EMPTY:
        return "bad", "No id"
    outcome = Outcome(row.answer.outcome)
    return OUTCOME_CSS[outcome], outcome.label.capitalize()


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
