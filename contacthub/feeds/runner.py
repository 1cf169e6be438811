"""The long work on feeds: reading a file of intent records into one."""

import datetime as dt
from collections.abc import Callable, Iterator

from django.db import transaction

from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.core.failpoints import failpoint
from contacthub.core.tabular import ImportReport, RejectFile, TableFile, as_csv
from contacthub.feeds import intake, sql
from contacthub.feeds.models import Feed, IntentBatch


def import_intent(
    *,
    feed: Feed,
    table: TableFile,
    file_name: str,
    rejects: RejectFile,
    today: dt.date,
    on_progress: Callable[[int], None],
) -> ImportReport:
    """Read a file into a feed in one transaction: all good rows or, if anything stops it, none.

    `on_progress` hears the position in the file (bytes; Parquet: rows). Imports into one feed wait for each other.
    """
    check_header(table)
    counted = 0

    def blocks() -> Iterator[bytes]:
        nonlocal counted
        for block in table.blocks:
            columns, rejected = intake.clean_block(block, today=today)
            rejects.write(rejected)
            counted += len(columns["domain"])
            yield as_csv(columns)
            on_progress(block.position)

    with transaction.atomic():
        sql.create_stage(intake.STAGE)
        sql.fill_stage(blocks())
        failpoint("import_staged")
        # The lock comes after the reading, which may take long, and before the batch number, so that numbers and
        # commits have one order and a search's watermark never lies about what it covers.
        locked = Feed.objects.select_for_update().get(pk=feed.pk)
        batch = locked.last_batch + 1
        inserted = sql.insert_records(feed_id=feed.pk, batch=batch, columns=intake.NAMES)
        report = ImportReport(
            inserted=inserted, duplicates=counted - inserted, rejected=rejects.count
        )
        if inserted:
            sql.add_sums(feed_id=feed.pk, batch=batch, records=inserted, today=today)
            _save_batch(locked, batch, file_name, report)
        failpoint("import_before_commit")
    return report


def check_header(table: TableFile) -> None:
    """Raise `Invalid` if a file has a header without the required columns."""
    if table.header is None:
        return
    missing = [c.name for c in intake.COLUMNS if c.is_required and c.name not in table.header]
    if missing:
        raise Invalid(f"The file has no column {', '.join(missing)}.", field="file")


def _save_batch(feed: Feed, number: int, file_name: str, report: ImportReport) -> None:
    IntentBatch.objects.create(
        feed=feed,
        number=number,
        file_name=file_name[-255:],
        row_count=report.inserted,
        duplicate_count=report.duplicates,
        rejected_count=report.rejected,
    )
    feed.last_batch = number
    feed.refreshed_at = clock.now()
    feed.save(update_fields=["last_batch", "refreshed_at"])
