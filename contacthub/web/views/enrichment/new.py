"""The way from an input to a list: keys pasted, a file, or the contacts of an export."""

import tempfile
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core.errors import Conflict, ContactHubError, Invalid, NotFound, TooLarge
from contacthub.enrichment.actions.batches import record_rejects_download
from contacthub.enrichment.actions.drafts import (
    DRAFT_LIFE,
    create_draft_from_ids,
    create_draft_from_text,
    delete_draft,
)
from contacthub.enrichment.actions.uploads import receive_upload
from contacthub.enrichment.intake import clean_name
from contacthub.enrichment.models import EnrichmentBatch, Upload
from contacthub.enrichment.queries.batches import get_batch
from contacthub.enrichment.queries.uploads import get_upload
from contacthub.enrichment.rejects import format_rejects
from contacthub.enrichment.uploads.table import MOST_ROWS, InputRow
from contacthub.exports.models import Export
from contacthub.exports.queries import get_export
from contacthub.exports.rows import iterate_contact_ids
from contacthub.jobs.models import Job
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import parse_uuid
from contacthub.web.upload_limit import limit_upload
from contacthub.web.views.enrichment.list_view import find_next_step
from contacthub.web.views.enrichment.uploads import describe_choices

PASTE_SHOWN = 100_000
ACCEPTED_FILES = (
    ".csv,.tsv,.txt,.xlsx,text/csv,"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)


# --- Input ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
@limit_upload
def enrichment_new(request: HubRequest) -> HttpResponse:
    """Show the ways in (ids pasted, a file, an export's contacts) and take in what comes through one."""
    if request.method != "POST":
        return _render_new(request)
    try:
        batch = _take_in(request)
    except ContactHubError as error:
        return _render_new(request, error=error, status=422)
    if isinstance(batch, Upload):
        return redirect("enrichment-upload", upload_id=batch.pk)
    return redirect(find_next_step(batch), batch_id=batch.pk)


def _take_in(request: HubRequest) -> EnrichmentBatch | Upload:
    if request.upload_limit.is_text_passed:  # type: ignore[attr-defined]
        raise TooLarge("More than 256 kB were pasted. Save the list as a file and upload it.")
    choice = _choice_of(request)
    if choice == "file":
        return receive_upload(
            organization=request.organization,
            actor=actor_of(request),
            **_read_file(request),
        )
    if choice == "export":
        return _take_export(request)
    return create_draft_from_text(
        organization=request.organization,
        actor=actor_of(request),
        text=request.POST.get("ids", ""),
        may_see_values=request.membership.has_right(Right.VALUES),
    )


def _choice_of(request: HubRequest) -> str:
    # The field comes before the file in the form, so it is there even where the file was stopped.
    choice = request.POST.get("door", "") or ("file" if _is_past_limit(request) else "ids")
    # Errors are shown beside the form that was sent, so an unknown name means the first form.
    return choice if choice in ("file", "export") else "ids"


def _is_past_limit(request: HubRequest) -> bool:
    return bool(request.upload_limit.is_passed)  # type: ignore[attr-defined]


def _read_file(request: HubRequest) -> dict[str, Any]:
    if _is_past_limit(request):
        most = settings.UPLOAD_MAX_BYTES // 1_000_000
        raise Invalid(
            f"The file is larger than {most:,} MB. Split it, or leave out columns.", field="file"
        )
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or file.file is None:
        raise Invalid("Choose a file.", field="file")
    if not file.size:
        raise Invalid("The file is empty.", field="file")
    return {"stream": file.file, "file_name": clean_name(file.name or "") or "upload"}


def _take_export(request: HubRequest) -> EnrichmentBatch:
    export = _get_export(request, request.POST.get("export", ""))
    if export.state != Export.State.COMPLETED:
        raise Conflict("This export is not complete; its contacts can be used when it is.")
    # Spooled, because rows cannot be read from the database while others are copied into it.
    with tempfile.TemporaryFile("w+", encoding="ascii") as spool:
        spool.writelines(f"{contact_id}\n" for contact_id in iterate_contact_ids(export=export))
        spool.seek(0)
        rows = (InputRow(line, [text.rstrip("\n")]) for line, text in enumerate(spool, start=1))
        return create_draft_from_ids(
            organization=request.organization,
            actor=actor_of(request),
            rows=rows,
            name=f"Contacts of {export.name}",
        )


def _get_export(request: HubRequest, text: str) -> Export:
    """Return the export that the address or the form names. Raises `NotFound` for one that is not ours."""
    export_id = parse_uuid(text)
    if export_id is None:
        raise NotFound("There is no such export.")
    return get_export(organization=request.organization, export_id=export_id)


def _render_new(
    request: HubRequest, error: ContactHubError | None = None, status: int = 200
) -> HttpResponse:
    choice = _choice_of(request) if error else ""
    if error and request.upload_limit.is_text_passed:  # type: ignore[attr-defined]
        choice = "ids"
    upload = None if error else _find_failed(request)
    named = request.POST.get("export", "") if choice == "export" else request.GET.get("export", "")
    context = {
        "export": _get_export(request, named) if named or choice == "export" else None,
        "errors": _list_errors(upload, choice, error),
        "upload": upload,
        **describe_choices(upload),
        "ids": request.POST.get("ids", "")[:PASTE_SHOWN],
        "accepted_files": ACCEPTED_FILES,
        "most_rows": MOST_ROWS,
        "most_bytes": settings.UPLOAD_MAX_BYTES,
        "most_pasted": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        "draft_days": DRAFT_LIFE.days,
    }
    response = render(request, "enrichment/new.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _list_errors(
    upload: Upload | None, choice: str, error: ContactHubError | None
) -> dict[str, str]:
    """Return what was wrong by the form that was sent."""
    if upload is not None:
        return {"file": upload.job.error if upload.job else ""}
    return {choice: str(error)} if error else {}


def _find_failed(request: HubRequest) -> Upload | None:
    """Return the file that the address names, if it could not be read. Raises `NotFound` for one that is not ours."""
    named = request.GET.get("upload", "")
    if not named:
        return None
    upload_id = parse_uuid(named)
    if upload_id is None:
        raise NotFound("There is no such upload.")
    upload = get_upload(organization=request.organization, upload_id=upload_id)
    is_failed = upload.job is not None and upload.job.state == Job.State.FAILED
    return upload if is_failed and upload.batch_id is None else None


# --- Rejects, delete ------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def enrichment_rejects(request: HubRequest, batch_id: UUID) -> StreamingHttpResponse:
    """Hand out the rows that cannot be looked up, with line and reason, as CSV."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    if request.method == "GET":
        record_rejects_download(batch=batch, actor=actor_of(request))
    response = StreamingHttpResponse(format_rejects(batch), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-{str(batch.pk)[:8]}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@member(Right.ENRICH)
def enrichment_delete(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Delete a list that was not started."""
    try:
        delete_draft(organization=request.organization, actor=actor_of(request), batch_id=batch_id)
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("enrichment-detail", batch_id=batch_id)
    return redirect("enrichment-list")
