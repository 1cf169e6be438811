"""Lists made of contacts that somebody selected: each row is one of them, in the order of the selection."""

from collections.abc import Callable

from contacthub.contacts.selections import freeze_selection, iterate_parts
from contacthub.enrichment.matching import count_rows
from contacthub.enrichment.models import ColumnUse, EnrichmentBatch
from contacthub.enrichment.sql import list_rows
from contacthub.enrichment.sql import selected as sql

HEADER = ["contact_id", "full_name", "job_title", "company"]
USES = [ColumnUse.CONTACT_ID.value, "", "", ""]


def take_selection(
    batch: EnrichmentBatch, *, note: Callable[[int], None] = lambda rows: None
) -> None:
    """Fill an empty list with the contacts of its selection, in the caller's transaction, which saves the list.

    `note` is called with the rows so far and may raise. Raises `CountChanged` if there are other contacts now than
    were counted.
    """
    if batch.selection_id is None:
        return
    list_rows.allow_long_intake()
    selection = freeze_selection(selection_id=batch.selection_id)
    rows = 0
    for _, ids in iterate_parts(selection=selection):
        rows += sql.add_contacts(batch_id=batch.pk, ids=ids, after=rows)
        note(rows)
    batch.row_count, batch.fit_counts = rows, [rows, 0, 0, 0]
    if rows >= list_rows.ANALYZE_FROM:
        list_rows.note_rows()
    count_rows(batch)
