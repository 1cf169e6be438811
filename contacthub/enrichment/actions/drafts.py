"""Writes about lists that have not been started yet."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import IO
from uuid import UUID

from django.db import transaction

from contacthub.core.errors import Conflict, Invalid
from contacthub.enrichment.intake import Intake, split_ids
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.queries.batches import lock_batch
from contacthub.enrichment.sql import list_rows as sql
from contacthub.enrichment.uploads.opening import open_upload
from contacthub.enrichment.uploads.table import InputRow, UploadedTable
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

# A draft holds what someone uploaded and then left; the pages say how long.
DRAFT_LIFE = dt.timedelta(days=7)
# Rows between two checks whether reading should continue.
REPORT_ROWS = 1000


def create_draft_from_upload(
    *, organization: Organization, actor: Actor, stream: IO[bytes], file_name: str
) -> EnrichmentBatch:
    """Take in a CSV or XLSX file of up to 1,000,000 rows, with a guess which column holds the ids.

    The file's rows keep their order, and none is left out. Raises `Invalid` or `TooLarge` with a sentence for the
    person who chose the file; then nothing is kept.
    """
    batch, _ = take_in_file(
        organization=organization, actor=actor, stream=stream, file_name=file_name
    )
    return batch


def take_in_file(
    *,
    organization: Organization,
    actor: Actor,
    stream: IO[bytes],
    file_name: str,
    encoding: str = "",
    delimiter: str = "",
    replaced: UUID | None = None,
    check: Callable[[int], None] | None = None,
) -> tuple[EnrichmentBatch, UploadedTable]:
    """Take in a file as `create_draft_from_upload` does, into a new draft or in place of the rows of `replaced`.

    `check` is called with the rows so far, now and then, and may raise. Returns also how the file was read.
    """
    with open_upload(stream, encoding=encoding, delimiter=delimiter) as table:
        rows = table.rows if check is None else _report(table.rows, check)
        intake = Intake(table.header, rows)
        if replaced is not None:
            return _replace(organization, replaced, intake, table.reading), table
        batch = _create(
            organization, actor, intake, name=file_name, file_name=file_name, reading=table.reading
        )
        return batch, table


def _report(rows: Iterator[InputRow], check: Callable[[int], None]) -> Iterator[InputRow]:
    for count, row in enumerate(rows):
        if count % REPORT_ROWS == 0:
            check(count)
        yield row


def create_draft_from_text(
    *, organization: Organization, actor: Actor, text: str, name: str = "Pasted ids"
) -> EnrichmentBatch:
    """Take in ids that someone pasted, separated by anything that an id cannot hold.

    Raises `Invalid` if there are none, and `TooLarge` for more than 1,000,000.
    """
    if not text.strip():
        raise Invalid("Paste at least one contact id.", field="ids")
    return create_draft_from_ids(
        organization=organization, actor=actor, rows=split_ids(text), name=name
    )


def create_draft_from_ids(
    *, organization: Organization, actor: Actor, rows: Iterable[InputRow], name: str
) -> EnrichmentBatch:
    """Take in rows of one cell each, an id or what stands in its place. Raises as `create_draft_from_upload` does."""
    return _create(organization, actor, Intake(["contact_id"], rows), name=name, is_mapped=True)


def _create(
    organization: Organization,
    actor: Actor,
    intake: Intake,
    *,
    name: str,
    file_name: str = "",
    reading: str = "",
    is_mapped: bool = False,
) -> EnrichmentBatch:
    with transaction.atomic():
        sql.allow_long_intake()
        sql.fill_stage(intake.blocks())
        batch = EnrichmentBatch(
            organization=organization,
            name=name[:200],
            file_name=file_name[:200],
            reading=reading[:300],
            id_column=intake.guess_column(),
            header=intake.header,
            fit_counts=intake.fit_counts,
            row_count=0,
            is_mapped=is_mapped,
            created_by=actor.user,
            created_by_name=actor.name[:200],
        )
        # Before its rows: their organization is looked up there (core/row_policies.py).
        batch.save(force_insert=True)
        batch.row_count = intake.row_count
        _check_rows(batch)
        batch.save()
        _record(batch, actor, "Uploaded list to enrich", rows=batch.row_count)
    return batch


def _replace(
    organization: Organization, batch_id: UUID, intake: Intake, reading: str
) -> EnrichmentBatch:
    """Put other rows into a draft, whose column of ids is a guess again."""
    with transaction.atomic():
        sql.allow_long_intake()
        sql.fill_stage(intake.blocks())
        batch = _lock_draft(organization, batch_id)
        EnrichmentRow.objects.filter(batch=batch).delete()
        batch.reading = reading[:300]
        batch.id_column = intake.guess_column()
        batch.header, batch.fit_counts = intake.header, intake.fit_counts
        batch.row_count, batch.is_mapped = intake.row_count, False
        _check_rows(batch)
        batch.save()
    return batch


def map_column(
    *, organization: Organization, actor: Actor, batch_id: UUID, column: int
) -> EnrichmentBatch:
    """Say which column of a draft holds the ids, counted from 0. Raises `NotFound`, `Invalid` or `Conflict`."""
    with transaction.atomic():
        batch = _lock_draft(organization, batch_id)
        if not 0 <= column < len(batch.header):
            raise Invalid("Choose a column of the file.", field="column")
        if column != batch.id_column:
            batch.id_column = column
            sql.allow_long_intake()
            sql.take_rows_back(batch_id=batch.pk)
            _check_rows(batch)
        batch.is_mapped = True
        batch.save()
        _record(batch, actor, "Chose column of ids", detail=batch.header[column])
    return batch


def delete_draft(*, organization: Organization, actor: Actor, batch_id: UUID) -> None:
    """Delete a list that was not started, with its rows. Raises `NotFound` or `Conflict`."""
    with transaction.atomic():
        batch = _lock_draft(organization, batch_id)
        _record(batch, actor, "Deleted list to enrich", rows=batch.row_count)
        batch.delete()


def _check_rows(batch: EnrichmentBatch) -> None:
    """Move the staged rows into the batch and count what the check of their ids found."""
    counts = sql.insert_rows(batch=batch, column=batch.id_column)
    problems = EnrichmentRow.Problem
    batch.valid_count = counts.get(problems.NONE, 0)
    batch.malformed_count = counts.get(problems.MALFORMED, 0)
    batch.duplicate_count = counts.get(problems.DUPLICATE, 0)
    batch.missing_count = counts.get(problems.EMPTY, 0)


def _lock_draft(organization: Organization, batch_id: UUID) -> EnrichmentBatch:
    batch = lock_batch(organization=organization, batch_id=batch_id)
    if batch.state != EnrichmentBatch.State.DRAFT:
        raise Conflict("This list has already started.")
    return batch


def _record(
    batch: EnrichmentBatch, actor: Actor, action: str, *, rows: int | None = None, detail: str = ""
) -> None:
    record_event(
        organization=batch.organization,
        actor=actor,
        action=action,
        target=batch.name,
        subject=batch.pk,
        rows=rows,
        detail=detail,
    )
