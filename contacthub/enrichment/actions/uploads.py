"""Writes about uploaded files: kept in the request, read by a job, read again when a person knows better."""

from collections.abc import Callable
from typing import IO
from uuid import UUID

import zstandard
from django.db import transaction

from contacthub.core.errors import Conflict, Invalid
from contacthub.core.tabular.csv_start import DELIMITERS
from contacthub.core.tabular.encodings import LABELS
from contacthub.enrichment.actions import drafts
from contacthub.enrichment.models import EnrichmentBatch, Upload, UploadPart
from contacthub.enrichment.queries.uploads import get_upload
from contacthub.enrichment.uploads.opening import is_text
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

READ_TASK = "contacthub.enrichment.tasks.read_upload"
PART_BYTES = 1024 * 1024
# Of one organization, read or waiting to be read.
MOST_WAITING = 10
_compressor = zstandard.ZstdCompressor(level=1)


def receive_upload(
    *, organization: Organization, actor: Actor, stream: IO[bytes], file_name: str
) -> Upload:
    """Keep a file and queue the job that reads it into a list. Nothing of the file is understood here.

    Raises `Conflict` if the organization has MOST_WAITING files waiting.
    """
    stream.seek(0)
    start = stream.read(PART_BYTES)
    with transaction.atomic():
        waiting = Upload.objects.filter(
            organization=organization, job__state__in=[Job.State.QUEUED, Job.State.RUNNING]
        )
        if waiting.count() >= MOST_WAITING:
            raise Conflict(
                f"{MOST_WAITING} files of your organization are being read. "
                "Upload this one when one of them is done."
            )
        upload = Upload.objects.create(
            organization=organization,
            file_name=file_name[:200],
            size=0,
            is_text=is_text(start),
            created_by=actor.user,
            created_by_name=actor.name[:200],
        )
        upload.size = _save_parts(upload, stream, start)
        upload.job = _enqueue(upload, actor)
        upload.save(update_fields=["size", "job"])
    return upload


def _save_parts(upload: Upload, stream: IO[bytes], piece: bytes) -> int:
    size = number = 0
    while piece:
        UploadPart.objects.create(upload=upload, number=number, body=_compressor.compress(piece))
        size, number = size + len(piece), number + 1
        piece = stream.read(PART_BYTES)
    return size


def read_again(
    *,
    organization: Organization,
    actor: Actor,
    upload_id: UUID,
    encoding: str,
    delimiter: str,
) -> Upload:
    """Queue a job that reads a file of text in another encoding or with another delimiter; empty: find it.

    The list that was read stays as it is until then. Raises `NotFound`, `Invalid`, and `Conflict` for a list that is
    started and for a file that is being read.
    """
    if encoding and encoding not in LABELS:
        raise Invalid("Choose an encoding of the list.", field="encoding")
    if delimiter and delimiter not in DELIMITERS:
        raise Invalid("Choose a delimiter of the list.", field="delimiter")
    with transaction.atomic():
        upload = get_upload(organization=organization, upload_id=upload_id, is_locked=True)
        if upload.batch and upload.batch.state != EnrichmentBatch.State.DRAFT:
            raise Conflict("This list has already started.")
        if upload.job and not upload.job.is_final:
            raise Conflict("This file is being read.")
        if not upload.is_text or not upload.parts.exists():
            raise Conflict("This file cannot be read in another way. Upload it again.")
        upload.encoding, upload.delimiter = encoding, delimiter
        upload.job = _enqueue(upload, actor)
        upload.save(update_fields=["encoding", "delimiter", "job"])
        record_event(
            organization=organization,
            actor=actor,
            action="Read uploaded file again",
            target=upload.file_name,
            subject=upload.batch_id or upload.pk,
            detail=LABELS.get(encoding, "encoding detected"),
            has_personal_data=True,
        )
    return upload


def cancel_upload(*, organization: Organization, upload_id: UUID) -> Job.State:
    """Stop reading a file. Returns CANCELLED if it had not begun, RUNNING where the worker stops it in a moment.

    Raises `NotFound`, and `Conflict` for one that is read.
    """
    with transaction.atomic():
        upload = get_upload(organization=organization, upload_id=upload_id, is_locked=True)
        if upload.job is None:
            raise Conflict("This file is not being read.")
        state = job_actions.request_cancel(job=upload.job)
        if state == Job.State.CANCELLED:
            forget_bytes(upload)
    return state


def read_into_list(
    *, upload: Upload, stream: IO[bytes], check: Callable[[int], None]
) -> EnrichmentBatch:
    """Read a file into its list, in the caller's transaction; `check` gets the rows so far and may raise.

    Raises `Invalid` or `TooLarge` with a sentence for the person who chose the file, and `Conflict` if the list has
    been started.
    """
    batch, table = drafts.take_in_file(
        organization=upload.organization,
        actor=Actor(name=upload.created_by_name, user=upload.created_by),
        stream=stream,
        file_name=upload.file_name,
        encoding=upload.encoding,
        delimiter=upload.delimiter,
        replaced=upload.batch_id,
        check=check,
    )
    upload.batch = batch
    upload.read_encoding = table.encoding.name if table.encoding else ""
    upload.is_encoding_guessed = bool(
        table.encoding and table.encoding.is_guess and not upload.encoding
    )
    upload.read_delimiter = table.delimiter
    upload.save(update_fields=["batch", "read_encoding", "is_encoding_guessed", "read_delimiter"])
    return batch


def forget_bytes(upload: Upload) -> None:
    """Drop the bytes of a file that no list was read from; those of a list stay until it is started."""
    # Asked of the database: a list that was read in a transaction since undone is only in memory.
    UploadPart.objects.filter(upload=upload.pk, upload__batch=None).delete()


def _enqueue(upload: Upload, actor: Actor) -> Job:
    return job_actions.enqueue_job(
        organization=upload.organization,
        task=READ_TASK,
        title=f"Read {upload.file_name}",
        total=None,
        subject=f"upload {upload.pk}",
        most_at_once=1,
        created_by=actor.user,
    )
