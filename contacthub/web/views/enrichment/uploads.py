"""A file on its way into a list: how far it is read, and read again in another encoding."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from contacthub.core.tabular.csv_start import DELIMITERS
from contacthub.core.tabular.encodings import CHOICES, LABELS
from contacthub.enrichment.actions.uploads import cancel_upload, read_again
from contacthub.enrichment.models import Upload
from contacthub.enrichment.queries.uploads import get_upload
from contacthub.jobs.models import Job
from contacthub.jobs.queries import count_queue_ahead
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.templatetags.figures import plural


@require_safe
@member(Right.ENRICH)
def enrichment_upload(request: HubRequest, upload_id: UUID) -> HttpResponse:
    """Show how far a file is read; the page polls until it is done, and then moves on to the next step."""
    upload = get_upload(organization=request.organization, upload_id=upload_id)
    job = upload.job
    if job is not None and not job.is_final:
        context = {"upload": upload, "job": job, "waits_for": _describe_wait(job)}
        return render_page(
            request,
            "enrichment/upload.html",
            "enrichment/_reading.html",
            context,
            is_personal=True,
        )
    target = _find_next(upload)
    if is_fragment(request):
        return HttpResponseClientRedirect(target)
    return redirect(target)


def _describe_wait(job: Job) -> str:
    if job.state != Job.State.QUEUED:
        return "You can leave this page; reading continues."
    ahead = count_queue_ahead(job=job)
    before = f"{plural(ahead, 'job')} of your organization before it."
    return before if ahead else "Starting shortly."


def _find_next(upload: Upload) -> str:
    """Return the page on which a read file continues; one that could not be read stands beside the form that took
    it."""
    if upload.batch_id is not None:
        return resolve_url("enrichment-map", batch_id=upload.batch_id)
    if upload.job is not None and upload.job.state == Job.State.CANCELLED:
        return resolve_url("enrichment-new")
    return f"{resolve_url('enrichment-new')}?upload={upload.pk}"


@require_POST
@member(Right.ENRICH)
def enrichment_upload_again(request: HubRequest, upload_id: UUID) -> HttpResponse:
    """Read a file in another encoding, or with another delimiter."""
    with told_in_place(request):
        read_again(
            organization=request.organization,
            actor=actor_of(request),
            upload_id=upload_id,
            encoding=request.POST.get("encoding", ""),
            delimiter=request.POST.get("delimiter", ""),
        )
    return redirect("enrichment-upload", upload_id=upload_id)


@require_POST
@member(Right.ENRICH)
def enrichment_upload_cancel(request: HubRequest, upload_id: UUID) -> HttpResponse:
    """Stop reading a file."""
    with told_in_place(request):
        state = cancel_upload(organization=request.organization, upload_id=upload_id)
        if state == Job.State.CANCELLED:
            messages.success(request, "Reading was cancelled.", extra_tags="ok")
    return redirect("enrichment-upload", upload_id=upload_id)


def describe_choices(upload: Upload | None) -> dict[str, Any]:
    """Return what a file can be read as: encodings in groups and delimiters, each with whether it is in use."""
    if upload is None or not upload.is_text or not upload.parts.exists():
        return {"can_read_again": False}
    encoding = upload.encoding or upload.read_encoding
    delimiter = upload.delimiter or upload.read_delimiter
    return {
        "can_read_again": True,
        "encoding_groups": [
            (region, [(name, label, name == encoding) for name, label in group])
            for region, group in CHOICES
        ],
        "delimiters": [
            (mark, words.capitalize(), mark == delimiter) for mark, words in DELIMITERS.items()
        ],
        "encoding_label": LABELS.get(encoding, ""),
        "is_guessed": upload.is_encoding_guessed,
    }
