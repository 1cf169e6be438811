"""The long work on lists: answering every row, and writing the file that says so."""

import re

from django.db import transaction

from contacthub.core.errors import StorageAway
from contacthub.core.failpoints import failpoint
from contacthub.enrichment.actions import batches
from contacthub.enrichment.columns import columns_of
from contacthub.enrichment.models import EnrichmentAnswer, EnrichmentBatch
from contacthub.enrichment.queries.batches import lock_batch
from contacthub.enrichment.rounds import ask_vendors
from contacthub.enrichment.sql import answers as sql
from contacthub.enrichment.sql.list_rows import ANALYZE_FROM
from contacthub.formats import FORMATS, Encoder, Format
from contacthub.jobs.fragments import Written
from contacthub.jobs.lease import CancelRequested, HandBack, Lease, Manifest
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor

# Rows read, answered and written in one step: about half a second, and 10 MB of text at most times.
CHUNK_ROWS = 10_000


class AnswerRows:
    """Answers the rows of a list in their order: outcomes, counts and the piece of the file go together."""

    def __init__(self, job: Job) -> None:
        self.batch = EnrichmentBatch.objects.select_related("organization").get(job=job)
        self.format: Format = FORMATS[self.batch.format]
        self.columns = columns_of(self.batch)
        # Rows that vendors looked up are done before the first one is answered.
        self.asked_rows = 0

    def run(self, lease: Lease) -> Manifest:
        """Ask vendors for what is missing, then answer rows from the checkpoint on."""
        self.asked_rows = ask_vendors(self.batch, lease)
        if not self.format.can_continue(lease.checkpoint):
            lease.start_over()
        row = int(lease.checkpoint.get("row", 0))
        lease.read_back()
        encoder = self.format.open(
            self.columns, lease.checkpoint.get("encoder"), self.batch.row_count
        )
        while row < self.batch.row_count:
            row = self._answer_chunk(lease, encoder, row)
        if self.batch.row_count >= ANALYZE_FROM:
            sql.note_growth()
        if not lease.checkpoint.get("is_whole"):
            written = self._write(lease, encoder.end(), 0)
            self._save(lease, encoder, written, row, is_whole=True)
        return self._manifest(encoder)

    def _answer_chunk(self, lease: Lease, encoder: Encoder, after: int) -> int:
        last = min(after + CHUNK_ROWS, self.batch.row_count)
        sql.read_chunk(batch=self.batch, after=after, last=last)
        lines = sql.copy_chunk(columns=self.columns, format=self.format)
        opening = encoder.begin() if after == 0 else b""
        try:
            written = self._write(lease, opening + encoder.encode(lines), len(lines))
        except StorageAway:
            sql.drop_chunk()
            raise
        stop: Exception | None = None
        with transaction.atomic():
            # Locked in the order of every writer: the list, then its job.
            lock_batch(organization=self.batch.organization, batch_id=self.batch.pk)
            try:
                self._save(lease, encoder, written, last)
            except (CancelRequested, HandBack) as request:
                # What is done is kept; the work stops after the commit.
                stop = request
            if after == 0:
                self._forget_answers()
            sql.save_answers(batch_id=self.batch.pk)
            failpoint("enrichment_answers_saved")
        failpoint("enrichment_chunk_committed")
        sql.drop_chunk()
        if stop is not None:
            raise stop
        return last

    def _forget_answers(self) -> None:
        EnrichmentAnswer.objects.filter(batch=self.batch).delete()
        EnrichmentBatch.objects.filter(pk=self.batch.pk).update(
            found_count=0,
            empty_count=0,
            no_record_count=0,
            unusable_count=0,
            failed_count=0,
            blocked_count=0,
            left_out_count=0,
        )

    def _write(self, lease: Lease, raw: bytes, row_count: int) -> Written | None:
        return lease.write(raw, row_count=row_count, is_compressed=self.format.is_compressed)

    def _save(
        self,
        lease: Lease,
        encoder: Encoder,
        written: Written | None,
        row: int,
        *,
        is_whole: bool = False,
    ) -> None:
        lease.save(
            done=self.asked_rows + row,
            written=written,
            is_kept=self.format.is_resumable,
            checkpoint={
                "row": row,
                "encoder": encoder.state,
                "format_version": self.format.version,
                "is_whole": is_whole,
            },
        )

    def _manifest(self, encoder: Encoder) -> Manifest:
        return Manifest(
            file_name=file_name(self.batch, self.format),
            format=self.format.name,
            content_type=self.format.content_type,
            row_count=self.batch.row_count,
            cut_count=encoder.cut_count,
        )

    def completed(self, job: Job) -> None:
        """Make the answers final."""
        batches.complete_batch(batch=self.batch)

    def undone(self, job: Job, state: Job.State) -> None:
        """Say that there is no file; answers so far stay to be seen."""
        batches.undo_batch(
            batch=self.batch,
            state=EnrichmentBatch.State(state.value),
            actor=Actor(name=self.batch.created_by_name),
        )


def file_name(batch: EnrichmentBatch, format: Format) -> str:
    """Return the file's name: the list's own and an id, in characters that every system takes."""
    name = re.sub(r"\.(csv|tsv|txt|xlsx)$", "", batch.name.lower())
    words = re.sub(r"[^a-z0-9]+", "-", name).strip("-")[:60].strip("-") or "contacts"
    return f"{words}_enriched_{str(batch.pk)[:8]}.{format.suffix}"
