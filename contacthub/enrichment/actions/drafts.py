"""Writes about lists that have not been started yet."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO
from uuid import UUID

from django.db import transaction

from contacthub.core.errors import Conflict, Invalid
from contacthub.enrichment.actions.events import record_draft
from contacthub.enrichment.intake import Intake, holds_other_keys, split_ids, split_keys
from contacthub.enrichment.keys.mappings import check_uses
from contacthub.enrichment.matching import count_rows, match_rows
from contacthub.enrichment.models import ColumnUse, EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.queries.batches import is_matching, lock_batch
from contacthub.enrichment.sql import list_rows as sql
from contacthub.enrichment.uploads.opening import open_upload
from contacthub.enrichment.uploads.table import InputRow, UploadedTable
from contacthub.organizations.audit import Actor
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
    *,
    organization: Organization,
    actor: Actor,
    text: str,
    name: str = "",
    may_see_values: bool = True,
) -> EnrichmentBatch:
    """Take in keys that someone pasted, and match them; ids alone may be separated by anything that they cannot hold.

    Raises `Invalid` if there are none, or keys by which this person may not match, and `TooLarge` for more than
    1,000,000.
    """
    if not text.strip():
        raise Invalid("Paste at least one key, such as an e-mail address.", field="ids")
    keys = list(split_keys(text))
    if not holds_other_keys(keys):
        return create_draft_from_ids(
            organization=organization, actor=actor, rows=split_ids(text), name=name or "Pasted ids"
        )
    uses = check_uses([ColumnUse.ANY], column_count=1, may_see_values=may_see_values)
    with transaction.atomic():
        batch = _create(
            organization,
            actor,
            Intake(["pasted"], keys),
            name=name or "Pasted list",
            is_mapped=True,
            uses=uses,
        )
        match_rows(batch)
        batch.save()
    return batch


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
    uses: Sequence[str] = (),
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
            guesses=intake.guesses,
            uses=list(uses),
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
        record_draft(batch, actor, "Uploaded list to enrich", rows=batch.row_count)
    return batch


def _replace(
    organization: Organization, batch_id: UUID, intake: Intake, reading: str
) -> EnrichmentBatch:
    """Put other rows into a draft, whose column of ids is a guess again."""
    with transaction.atomic():
        sql.allow_long_intake()
        sql.fill_stage(intake.blocks())
        batch = lock_draft(organization, batch_id)
        EnrichmentRow.objects.filter(batch=batch).delete()
        batch.reading = reading[:300]
        batch.id_column = intake.guess_column()
        batch.header, batch.fit_counts = intake.header, intake.fit_counts
        batch.guesses, batch.uses = intake.guesses, []
        batch.row_count, batch.is_mapped = intake.row_count, False
        _check_rows(batch)
        batch.save()
    return batch


def map_column(
    *, organization: Organization, actor: Actor, batch_id: UUID, column: int
) -> EnrichmentBatch:
    """Say which column of a draft holds the ids, counted from 0. Raises `NotFound`, `Invalid` or `Conflict`."""
    with transaction.atomic():
        batch = lock_draft(organization, batch_id)
        if not 0 <= column < len(batch.header):
            raise Invalid("Choose a column of the file.", field="column")
        check_ids(batch, column)
        batch.is_mapped = True
        batch.save()
        record_draft(batch, actor, "Chose column of ids", detail=batch.header[column])
    return batch


def check_ids(batch: EnrichmentBatch, column: int) -> None:
    """Match the rows of a locked draft by the contact ids in one column, counted from 0; the caller saves the draft."""
    if column != batch.id_column or not batch.is_by_ids:
        batch.id_column = column
        sql.allow_long_intake()
        sql.take_rows_back(batch_id=batch.pk)
        _check_rows(batch)
    batch.uses = [
        (ColumnUse.CONTACT_ID if place == column else ColumnUse.KEPT).value
        for place in range(len(batch.header))
    ]


def delete_draft(*, organization: Organization, actor: Actor, batch_id: UUID) -> None:
    """Delete a list that was not started, with its rows. Raises `NotFound` or `Conflict`."""
    with transaction.atomic():
        batch = lock_draft(organization, batch_id)
        if is_matching(batch):
            raise Conflict("The rows of this list are being matched. Cancel that first.")
        record_draft(batch, actor, "Deleted list to enrich", rows=batch.row_count)
        batch.delete()


def _check_rows(batch: EnrichmentBatch) -> None:
    """Move the staged rows into the batch and count what the check of their ids found."""
    sql.insert_rows(batch=batch, column=batch.id_column)
    count_rows(batch)


def lock_draft(organization: Organization, batch_id: UUID) -> EnrichmentBatch:
    """Return a list that was not started, locked for the caller's transaction. Raises `NotFound` or `Conflict`."""
    batch = lock_batch(organization=organization, batch_id=batch_id)
    if batch.state != EnrichmentBatch.State.DRAFT:
        raise Conflict("This list has already started.")
    return batch
