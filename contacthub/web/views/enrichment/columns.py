"""What the columns of a list are used as, and whether its file was read in the right encoding."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.core.errors import Invalid
from contacthub.enrichment.actions.mapping import find_mapping, map_columns
from contacthub.enrichment.models import ColumnMapping, EnrichmentBatch, EnrichmentRow, Upload
from contacthub.enrichment.queries.batches import get_batch, is_matching, list_first_rows
from contacthub.jobs.models import Job
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.enrichment.columns_view import (
    describe_column,
    describe_guess,
    describe_kept,
    list_key_lines,
    list_uses,
)
from contacthub.web.views.enrichment.list_view import find_next_step
from contacthub.web.views.enrichment.uploads import describe_choices

SAMPLE_ROWS = 20


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def enrichment_map(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show the columns of a file with their first values, and take what each is used as."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.state != EnrichmentBatch.State.DRAFT:
        return redirect("enrichment-detail", batch_id=batch.pk)
    if is_matching(batch):
        return redirect("enrichment-match", batch_id=batch.pk)
    if request.method != "POST":
        return _render_map(request, batch)
    uses = request.POST.getlist("uses")
    try:
        with told_in_place(request):
            batch = map_columns(
                organization=request.organization,
                actor=actor_of(request),
                batch_id=batch.pk,
                uses=uses,
                may_see_values=request.membership.has_right(Right.VALUES),
                keeps_mapping="keeps_mapping" in request.POST,
            )
    except Invalid as error:
        return _render_map(request, batch, sent=uses, error=str(error), status=422)
    return redirect(find_next_step(batch), batch_id=batch.pk)


def _render_map(
    request: HubRequest,
    batch: EnrichmentBatch,
    sent: Sequence[str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = list_first_rows(batch=batch, most=SAMPLE_ROWS)
    mapping = find_mapping(organization=request.organization, batch_id=batch.pk)
    uses = list_uses(batch, mapping, sent)
    context = {
        "batch": batch,
        "columns": [describe_column(batch, rows, place, use) for place, use in enumerate(uses)],
        "guess": describe_guess(batch, mapping, uses),
        "key_lines": list_key_lines(),
        "kept_words": describe_kept(batch),
        "first_row": _pair(batch, rows[0]) if rows else [],
        "keeps_mapping": _keeps_mapping(request, mapping),
        "error": error,
        **_describe_upload(batch),
    }
    return render_page(
        request,
        "enrichment/map.html",
        "enrichment/map.html",
        context,
        status=status,
        is_personal=True,
    )


def _keeps_mapping(request: HubRequest, mapping: ColumnMapping | None) -> bool:
    """Return whether the box that saves the mapping is ticked: as it was sent, else where nothing is saved yet."""
    if request.method == "POST":
        return "keeps_mapping" in request.POST
    return mapping is None


def _pair(batch: EnrichmentBatch, row: EnrichmentRow) -> list[tuple[str, str]]:
    cells = row.cells + [""] * (len(batch.header) - len(row.cells))
    return list(zip(batch.header, cells, strict=True))


def _describe_upload(batch: EnrichmentBatch) -> dict[str, Any]:
    """Return how the file of a list was read, and what went wrong where it was tried another way."""
    upload = Upload.objects.select_related("job").filter(batch=batch).first()
    job = upload.job if upload else None
    failed = job.error if job and job.state == Job.State.FAILED else ""
    matching = batch.match_job
    return {
        "upload": upload,
        "read_error": failed,
        "match_error": matching.error if matching and matching.state == Job.State.FAILED else "",
        **describe_choices(upload),
    }
