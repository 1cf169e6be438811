"""Which column of a list holds the ids, and whether its file was read in the right encoding."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.enrichment.actions.drafts import map_column
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow, Upload
from contacthub.enrichment.queries.batches import get_batch, list_first_rows
from contacthub.jobs.models import Job
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import parse_whole
from contacthub.web.views.enrichment.columns_view import (
    describe_column,
    describe_guess,
    describe_kept,
)
from contacthub.web.views.enrichment.uploads import describe_choices

SAMPLE_ROWS = 20


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def enrichment_map(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show the columns of a file with their first values, and take the one that holds the ids."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.state != EnrichmentBatch.State.DRAFT:
        return redirect("enrichment-detail", batch_id=batch.pk)
    if request.method != "POST":
        return _render_map(request, batch)
    column = parse_whole(request.POST.get("column", ""), most_digits=6)
    if column is None or column >= len(batch.header):
        return _render_map(
            request, batch, error="Choose the column that holds the ids.", status=422
        )
    with told_in_place(request):
        map_column(
            organization=request.organization,
            actor=actor_of(request),
            batch_id=batch.pk,
            column=column,
        )
    return redirect("enrichment-check", batch_id=batch.pk)


def _render_map(
    request: HubRequest, batch: EnrichmentBatch, error: str = "", status: int = 200
) -> HttpResponse:
    rows = list_first_rows(batch=batch, most=SAMPLE_ROWS)
    context = {
        "batch": batch,
        "columns": [describe_column(batch, rows, place) for place in range(len(batch.header))],
        "guess": describe_guess(batch),
        "kept_words": describe_kept(batch),
        "first_row": _pair(batch, rows[0]) if rows else [],
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


def _pair(batch: EnrichmentBatch, row: EnrichmentRow) -> list[tuple[str, str]]:
    cells = row.cells + [""] * (len(batch.header) - len(row.cells))
    return list(zip(batch.header, cells, strict=True))


def _describe_upload(batch: EnrichmentBatch) -> dict[str, Any]:
    """Return how the file of a list was read, and what went wrong where it was tried another way."""
    upload = Upload.objects.select_related("job").filter(batch=batch).first()
    job = upload.job if upload else None
    failed = job.error if job and job.state == Job.State.FAILED else ""
    return {"upload": upload, "read_error": failed, **describe_choices(upload)}
