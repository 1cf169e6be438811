"""The long work on uploads: reading a file into a list, in one transaction. A worker that dies leaves nothing of it."""

import tempfile
from typing import IO

from django.db import transaction

from contacthub.core.failpoints import failpoint
from contacthub.enrichment.actions import uploads
from contacthub.enrichment.models import Upload
from contacthub.enrichment.queries.uploads import copy_bytes
from contacthub.enrichment.uploads.slots import take_slot
from contacthub.jobs.lease import ComeBack, HandBack, Lease
from contacthub.jobs.models import Job

# Until a place among the readers of this machine is looked for again, in seconds.
SLOT_SECONDS = 2.0


class ReadUpload:
    """Reads a file as a whole: rows, header and guesses are there together or not at all."""

    def __init__(self, job: Job) -> None:
        found = Upload.objects.select_related("organization", "batch", "created_by")
        self.upload = found.get(job=job)
        self._rows = 0

    def run(self, lease: Lease) -> None:
        """Read the file, unless an earlier worker did. There is no result file."""
        if lease.checkpoint.get("is_read"):
            return
        with take_slot() as is_taken, tempfile.TemporaryFile() as file:
            if not is_taken:
                raise ComeBack(SLOT_SECONDS)
            copy_bytes(upload=self.upload, target=file)
            self._read(lease, file)

    def _read(self, lease: Lease, file: IO[bytes]) -> None:
        stop: HandBack | None = None
        with lease.watch(lambda: self._rows) as check, transaction.atomic():

            def note(rows: int) -> None:
                self._rows = rows
                failpoint("upload_rows_read")
                check()

            batch = uploads.read_into_list(upload=self.upload, stream=file, check=note)
            self._rows = batch.row_count
            try:
                lease.save(done=batch.row_count, checkpoint={"is_read": True})
            except HandBack as request:
                # Everything is read; only the job's end is left to another worker.
                stop = request
        if stop is not None:
            raise stop

    def completed(self, job: Job) -> None:
        """Leave the list as it was read."""

    def undone(self, job: Job, state: Job.State) -> None:
        """Drop the bytes that will not be read again: of a cancelled upload, and of a workbook that cannot be read."""
        if state == Job.State.CANCELLED or not self.upload.is_text:
            uploads.forget_bytes(self.upload)
