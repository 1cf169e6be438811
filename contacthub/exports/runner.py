"""The long work on exports: writing the file, fragment by fragment."""

from contacthub.core.errors import Unavailable
from contacthub.exports import actions, sql
from contacthub.exports.models import Export
from contacthub.exports.sources import source_of
from contacthub.formats import FORMATS, Encoder, Format
from contacthub.jobs.lease import Lease, Manifest
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor


class RenderFile:
    """Writes the file of an export: the same rows in the same order give the same bytes on any worker."""

    def __init__(self, job: Job) -> None:
        self.export = Export.objects.select_related(
            "search__feed__connection", "organization", "remote", "selection"
        ).get(job=job)
        self.source = source_of(self.export)
        self.format: Format = FORMATS[self.export.format]
        self.columns = self.source.columns()
        # Rows that were counted and are gone.
        self.omitted_rows = 0

    def run(self, lease: Lease) -> Manifest:
        """Write fragments from the checkpoint on. Rows from a vendor are written as soon as they are here."""
        with self.source.open(lease):
            return self._write(lease)

    def _write(self, lease: Lease) -> Manifest:
        if not self.format.can_continue(lease.checkpoint):
            lease.start_over()
        page = int(lease.checkpoint.get("page", 0))
        self.omitted_rows = int(lease.checkpoint.get("omitted", 0))
        lease.read_back()
        encoder = self.format.open(
            self.columns,
            lease.checkpoint.get("encoder"),
            self.export.total_rows if self.source.is_certain else None,
        )
        while page < self.export.total_pages:
            page = self._write_pages(lease, encoder, page + 1)
        if not lease.checkpoint.get("is_whole"):
            opening = encoder.begin() if not lease.checkpoint else b""
            self._save(lease, opening + encoder.end(), 0, page, encoder, is_whole=True)
        return self._manifest(encoder)

    def _write_pages(self, lease: Lease, encoder: Encoder, first: int) -> int:
        last = min(first + self.source.pages_per_fragment - 1, self.export.total_pages)
        self.source.fetch(last)
        lines, row_count = self._copy_pages(first, last)
        if len(lines) != row_count and self.source.is_certain:
            raise Unavailable("Rows of this export are missing from the feed.")
        self.omitted_rows += row_count - len(lines)
        opening = encoder.begin() if first == 1 else b""
        self._save(lease, opening + encoder.encode(lines), len(lines), last, encoder)
        return last

    def _copy_pages(self, first: int, last: int) -> tuple[list[bytes], int]:
        """Return the rows of some pages, and how many there should be.

        Where contacts were merged between finding and reading them, they are found again.
        """
        rows, row_count = self.source.find_rows(first=first, last=last, columns=self.columns)
        while True:
            with self.source.reading():
                lines = sql.copy_rows(columns=self.columns, format=self.format, source=rows)
            if len(lines) == row_count or self.source.is_certain:
                return lines, row_count
            again, _ = self.source.find_rows(first=first, last=last, columns=self.columns)
            if again == rows:
                return lines, row_count
            rows = again

    def _save(
        self,
        lease: Lease,
        raw: bytes,
        row_count: int,
        page: int,
        encoder: Encoder,
        *,
        is_whole: bool = False,
    ) -> None:
        lease.save(
            done=self.source.count_done(page),
            raw=raw,
            row_count=row_count,
            is_compressed=self.format.is_compressed,
            is_kept=self.format.is_resumable,
            checkpoint={
                "page": page,
                "omitted": self.omitted_rows,
                "encoder": encoder.state,
                "format_version": self.format.version,
                "is_whole": is_whole,
            },
        )

    def _manifest(self, encoder: Encoder) -> Manifest:
        if self.omitted_rows:
            self.export.total_rows = self.export.matched_rows - self.omitted_rows
        return Manifest(
            file_name=f"{self.source.name_file()}_{str(self.export.pk)[:8]}.{self.format.suffix}",
            format=self.format.name,
            content_type=self.format.content_type,
            row_count=self.export.total_rows,
            cut_count=encoder.cut_count,
        )

    def completed(self, job: Job) -> None:
        """Settle the charge."""
        actions.complete_export(export=self.export, omitted_rows=self.omitted_rows)

    def undone(self, job: Job, state: Job.State) -> None:
        """Give the rows back."""
        actions.undo_export(
            export=self.export,
            state=Export.State(state.value),
            actor=Actor(name=self.export.created_by_name),
        )
