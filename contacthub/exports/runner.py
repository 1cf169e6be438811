"""The long work on exports: writing the file, fragment by fragment."""

import re

from contacthub.connectors.errors import Temporary
from contacthub.core.errors import Unavailable
from contacthub.exports import actions, queries, sql
from contacthub.exports.columns import columns_of
from contacthub.exports.models import Export
from contacthub.exports.vendor_export import make_at_vendor, put_off
from contacthub.exports.vendor_pages import PageFetcher
from contacthub.feeds.mirror.queries import open_feed
from contacthub.formats import FORMATS, Encoder, Format
from contacthub.jobs.lease import Lease, Manifest
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor

# Pages in one fragment: 10,000 rows are written in about 60 ms and take about 1.5 MB before compression.
PAGES_PER_FRAGMENT = 10


class RenderFile:
    """Writes the file of an export: the same rows in the same order give the same bytes on any worker."""

    def __init__(self, job: Job) -> None:
        self.export = Export.objects.select_related(
            "search__feed__connection", "organization", "remote"
        ).get(job=job)
        self.fetcher: PageFetcher | None = None
        self.format: Format = FORMATS[self.export.format]
        self.columns = columns_of(self.export)

    def run(self, lease: Lease) -> Manifest:
        """Write fragments from the checkpoint on. Rows from a vendor are written as soon as they are here."""
        remote = self.export.remote
        if remote is None or remote.brought_at is not None:
            return self._write(lease)
        try:
            with open_feed(self.export.search.feed) as connector:
                make_at_vendor(export=self.export, connector=connector, lease=lease)
                with PageFetcher(self.export, connector, lease) as self.fetcher:
                    return self._write(lease)
        except Temporary as error:
            raise put_off(self.export, error) from error

    def _write(self, lease: Lease) -> Manifest:
        page = int(lease.checkpoint.get("page", 0))
        if not self.format.can_continue(lease.checkpoint):
            lease.start_over()
            page = 0
        lease.read_back()
        encoder = self.format.open(
            self.columns, lease.checkpoint.get("encoder"), self.export.total_rows
        )
        while page < self.export.total_pages:
            page = self._write_pages(lease, encoder, page + 1)
        if not lease.checkpoint.get("is_whole"):
            opening = encoder.begin() if not lease.checkpoint else b""
            self._save(lease, opening + encoder.end(), 0, page, encoder, is_whole=True)
        return self._manifest(encoder)

    def _write_pages(self, lease: Lease, encoder: Encoder, first: int) -> int:
        last = min(first + PAGES_PER_FRAGMENT - 1, self.export.total_pages)
        if self.fetcher is not None:
            self.fetcher.fetch(last)
        source, row_count = queries.find_source(export=self.export, first=first, last=last)
        lines = sql.copy_rows(columns=self.columns, format=self.format, source=source)
        if len(lines) != row_count:
            raise Unavailable("Rows of this export are missing from the feed.")
        opening = encoder.begin() if first == 1 else b""
        self._save(lease, opening + encoder.encode(lines), len(lines), last, encoder)
        return last

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
            done=self._rows_done(page),
            raw=raw,
            row_count=row_count,
            is_compressed=self.format.is_compressed,
            is_kept=self.format.is_resumable,
            checkpoint={
                "page": page,
                "encoder": encoder.state,
                "format_version": self.format.version,
                "is_whole": is_whole,
            },
        )

    def _rows_done(self, page: int) -> int:
        """Return the number of rows written. For a vendor export: rows received, which takes nearly all the time."""
        if self.fetcher is not None:
            return self.fetcher.rows_here
        return min(page * self.export.page_size, self.export.total_rows)

    def _manifest(self, encoder: Encoder) -> Manifest:
        return Manifest(
            file_name=file_name(self.export, self.format),
            format=self.format.name,
            content_type=self.format.content_type,
            row_count=self.export.total_rows,
            cut_count=encoder.cut_count,
        )

    def completed(self, job: Job) -> None:
        """Settle the charge."""
        actions.complete_export(export=self.export)

    def undone(self, job: Job, state: Job.State) -> None:
        """Give the rows back."""
        actions.undo_export(
            export=self.export,
            state=Export.State(state.value),
            actor=Actor(name=self.export.created_by_name),
        )


def file_name(export: Export, format: Format) -> str:
    """Return the file's name: its subject and window, and what limits it, in characters that every system takes."""
    words = re.sub(r"[^a-z0-9]+", "-", export.search.feed.name.lower()).strip("-")[:60] or "export"
    limit = f"_first-{export.total_rows}-of-{export.matched_rows}" if export.is_limited else ""
    return f"{words}_{export.search.start_on}_{export.search.end_on}{limit}_{str(export.pk)[:8]}.{format.suffix}"
