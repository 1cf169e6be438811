"""Comparing the rows of a list with the catalog: keys read block by block, matched by statements over all rows."""

from collections.abc import Callable, Iterator, Sequence

from django.db import connection

from contacthub.enrichment.agreement import rank_candidates
from contacthub.enrichment.keys.row_keys import RowKeys, RowReader
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow, MatchKey
from contacthub.enrichment.sql import list_rows
from contacthub.enrichment.sql import matching as sql
from contacthub.organizations.models import Organization

# Rows whose cells are in memory at once.
BLOCK_ROWS = 5_000

# Why not the ORM: of up to 250 cells a row only those with keys are read.
READ_CELLS = """
SELECT ordinal, {cells} FROM enrichment_enrichmentrow
WHERE batch_id = %s AND ordinal > %s ORDER BY ordinal LIMIT %s
"""


def match_rows(batch: EnrichmentBatch, *, note: Callable[[int], None] = lambda rows: None) -> None:
    """Find the contacts of all rows of a draft by the uses of its columns, in the caller's transaction.

    Counts go into `batch`, which the caller saves. `note` is called with the rows so far and may raise.
    """
    list_rows.allow_long_intake()
    sql.create_stage()
    for block in _read_blocks(batch):
        sql.fill_stage(block)
        note(block[-1][0])
    sql.find_contacts(organization=batch.organization_id)
    sql.save_matches(batch_id=batch.pk)
    note(batch.row_count)
    rank_candidates(batch)
    if batch.row_count >= list_rows.ANALYZE_FROM:
        list_rows.note_rows()
    count_rows(batch)


def _read_blocks(batch: EnrichmentBatch) -> Iterator[list[tuple[int, RowKeys]]]:
    reader = RowReader(batch.uses)
    # An array begins with 1.
    cells = ", ".join(f"cells[{place + 1}]" for place in reader.places)
    statement = READ_CELLS.format(cells=cells)
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, [batch.pk, after, BLOCK_ROWS])
            rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            yield [(ordinal, reader.read(given)) for ordinal, *given in rows]


def count_rows(batch: EnrichmentBatch) -> None:
    """Count the rows of a list by what the check found, into `batch`."""
    counted = list_rows.count_rows(batch_id=batch.pk)
    problems = EnrichmentRow.Problem
    batch.valid_count = counted.by_problem.get(problems.NONE, 0)
    batch.malformed_count = counted.by_problem.get(problems.MALFORMED, 0)
    batch.duplicate_count = counted.by_problem.get(problems.DUPLICATE, 0)
    batch.missing_count = counted.by_problem.get(problems.EMPTY, 0)
    batch.ambiguous_count = counted.by_problem.get(problems.AMBIGUOUS, 0)
    batch.unmatched_count = counted.by_problem.get(problems.NO_MATCH, 0)
    batch.matched_count = counted.matched
    batch.askable_count = counted.askable


def find_one(*, organization: Organization, keys: RowKeys) -> tuple[MatchKey | None, Sequence[int]]:
    """Return by which key one person's keys find contacts, and the keys of these: one, or several candidates.

    The same rule as for lists; in the caller's transaction. Returns None and no keys if no contact is found.
    """
    sql.create_stage()
    sql.fill_stage([(1, keys)])
    sql.find_contacts(organization=organization.pk)
    found = sql.read_match()
    if found.matched_by and found.contact_key is not None:
        return MatchKey(found.matched_by), [found.contact_key]
    if found.candidates:
        return MatchKey(str(found.candidates_by)), list(found.candidates)
    return None, []
