"""How the rows of a list were matched: those to be chosen, those without a match, and the job that matches many."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from contacthub.core.errors import Conflict, CountChanged, Invalid, NotFound
from contacthub.core.public_ids import parse_contact_id
from contacthub.enrichment.actions.choices import accept_clear, choose_candidate
from contacthub.enrichment.actions.mapping import cancel_matching
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.enrichment.queries import matches as reads
from contacthub.enrichment.queries.batches import get_batch, is_matching
from contacthub.enrichment.rejects import Reasons
from contacthub.jobs.models import Job
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.views.enrichment.columns_view import list_key_lines
from contacthub.web.views.enrichment.list_view import find_step
from contacthub.web.views.enrichment.matches_view import (
    describe_clear,
    describe_matches,
    describe_row,
    describe_totals,
    list_keys_used,
)

AMBIGUOUS_SHOWN, ROWS_SHOWN, CLEAR_SHOWN = 10, 25, 20
NONE = "none"


@require_safe
@member(Right.ENRICH)
def enrichment_match(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show how rows were matched, those to be chosen first; while a job matches them, how far it is."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.state != EnrichmentBatch.State.DRAFT:
        return redirect("enrichment-detail", batch_id=batch.pk)
    if is_matching(batch):
        context = {"batch": batch, "job": batch.match_job}
        page, part = "enrichment/matching.html", "enrichment/_matching.html"
        return render_page(request, page, part, context, is_personal=True)
    if not batch.is_mapped or batch.is_by_ids:
        return _leave(request, resolve_url(find_step(batch), batch_id=batch.pk))
    if is_fragment(request) and request.htmx.target == "matching":
        return HttpResponseClientRedirect(request.path)
    return _render_matches(request, batch)


def _leave(request: HubRequest, target: str) -> HttpResponse:
    return HttpResponseClientRedirect(target) if is_fragment(request) else redirect(target)


def _render_matches(request: HubRequest, batch: EnrichmentBatch) -> HttpResponse:
    sent = Parameters(request.GET)
    kind = sent.choice("show", reads.KINDS, label="Rows to show", default=_find_kind(batch))
    after = parse_whole(request.GET.get("after", ""), most_digits=8) or 0
    most = AMBIGUOUS_SHOWN if kind == reads.AMBIGUOUS else ROWS_SHOWN
    page = reads.list_rows(batch=batch, kind=kind or reads.AMBIGUOUS, after=after, most=most)
    note_look(request, "Matched rows", people=len(page.rows))
    context = {
        **sent.context,
        **_totals_context(request, batch),
        "matches": describe_matches(batch, page, kind, Reasons(batch)),
        "key_lines": list_key_lines(),
        "keys_used": list_keys_used(batch, reads.count_rows_by_key(batch=batch)),
    }
    return render_page(
        request,
        "enrichment/match.html",
        "enrichment/match.html",
        context,
        status=sent.status,
        is_personal=True,
    )


def _find_kind(batch: EnrichmentBatch) -> str:
    """Return the rows that are shown first: where there is something to choose, else what needs a look."""
    if reads.count_candidates(batch=batch)[0]:
        return reads.AMBIGUOUS
    return reads.MATCHED if batch.matched_count else reads.NO_MATCH


def _totals_context(request: HubRequest, batch: EnrichmentBatch) -> dict[str, Any]:
    candidates, decided = reads.count_candidates(batch=batch)
    clear = reads.count_clear(batch=batch)
    return {
        "batch": batch,
        "totals": describe_totals(batch, candidates=candidates, decided=decided, clear=clear),
    }


# --- Choosing -------------------------------------------------------------------------------------


@require_POST
@member(Right.ENRICH)
def enrichment_choose(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Save which candidate a row is; the page of the same rows comes back without JavaScript."""
    ordinal = parse_whole(request.POST.get("row", ""), most_digits=8)
    if ordinal is None:
        raise NotFound("There is no such row.")
    back = f"{resolve_url('enrichment-match', batch_id=batch_id)}?show=ambiguous"
    after = parse_whole(request.POST.get("after", ""), most_digits=8) or 0
    try:
        row = choose_candidate(
            organization=request.organization,
            actor=actor_of(request),
            batch_id=batch_id,
            ordinal=ordinal,
            contact_key=_read_choice(request.POST.get("choice", "")),
        )
    except (Invalid, Conflict) as error:
        messages.error(request, str(error), extra_tags="bad")
        return _leave(request, back)
    if not is_fragment(request):
        return redirect(f"{back}&after={after}#row-{ordinal}")
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    (found,) = reads.read_rows(batch, [row])
    context = {
        **_totals_context(request, batch),
        "row": describe_row(batch, found),
        "after": after,
    }
    return render_page(
        request,
        "enrichment/_chosen.html",
        "enrichment/_chosen.html",
        context,
        is_personal=True,
    )


def _read_choice(text: str) -> int | None:
    """Return the key of the chosen contact, None for none of them. Raises `Invalid`."""
    if text == NONE:
        return None
    if not text:
        raise Invalid("Choose one of the candidates, or none of them.", field="choice")
    return parse_contact_id(text)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def enrichment_accept(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Ask whether all clear candidates are taken, listing them, and take them."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if find_step(batch) != "enrichment-check" or batch.is_by_ids:
        return redirect("enrichment-detail", batch_id=batch.pk)
    fault = ""
    if request.method == "POST":
        shown = parse_whole(request.POST.get("shown", ""), most_digits=8)
        try:
            taken = accept_clear(
                organization=request.organization,
                actor=actor_of(request),
                batch_id=batch.pk,
                shown=-1 if shown is None else shown,
            )
        except CountChanged as error:
            fault = str(error)
        else:
            words = (
                "1 candidate was accepted."
                if taken == 1
                else f"{taken:,} candidates were accepted."
            )
            messages.success(request, words, extra_tags="ok")
            return redirect("enrichment-match", batch_id=batch.pk)
    found = reads.list_clear(batch=batch, most=CLEAR_SHOWN)
    note_look(request, "Matched rows", people=len(found))
    context = {
        "batch": batch,
        "clear": describe_clear(batch, found, reads.count_clear(batch=batch)),
        "fault": fault,
    }
    return render_page(
        request,
        "enrichment/accept.html",
        "enrichment/_accept.html",
        context,
        status=422 if fault else 200,
        is_personal=True,
    )


@require_POST
@member(Right.ENRICH)
def enrichment_match_cancel(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Stop the job that matches a list."""
    with told_in_place(request):
        state = cancel_matching(organization=request.organization, batch_id=batch_id)
        if state == Job.State.CANCELLED:
            messages.success(request, "Matching was cancelled.", extra_tags="ok")
    return redirect("enrichment-match", batch_id=batch_id)
