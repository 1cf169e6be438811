"""Reads about uploaded files."""

from typing import IO
from uuid import UUID

import zstandard

from contacthub.core.errors import NotFound
from contacthub.enrichment.models import Upload, UploadPart
from contacthub.organizations.models import Organization


def get_upload(*, organization: Organization, upload_id: UUID, is_locked: bool = False) -> Upload:
    """Return a file of this organization, locked for the caller's transaction if so. Raises `NotFound`."""
    uploads = Upload.objects.select_related("job", "batch", "organization", "created_by")
    if is_locked:
        uploads = uploads.select_for_update(of=("self",))
    upload = uploads.filter(organization=organization, pk=upload_id).first()
    if upload is None:
        raise NotFound("There is no such upload.")
    return upload


def copy_bytes(*, upload: Upload, target: IO[bytes]) -> None:
    """Write the bytes of a file to a stream, a part at a time."""
    for part in UploadPart.objects.filter(upload=upload).order_by("number").iterator(chunk_size=4):
        target.write(zstandard.decompress(bytes(part.body)))
    target.flush()
