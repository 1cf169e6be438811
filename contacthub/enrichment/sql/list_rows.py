"""Statements that take the rows of a list in and check their ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from contacthub.core.text import INVISIBLE, WHITE_SPACE
from contacthub.enrichment.models import EnrichmentBatch

# Seconds that reading an upload may take: the limit of a page is for pages, and COPY waits for the file's reader.
INTAKE_SECONDS = 300
# Rows from which the planner gets statistics at once. Until autovacuum does, it takes a list of a million rows
# for a few, and the first page of it took a second.
ANALYZE_FROM = 20_000


def allow_long_intake() -> None:
    """Lift the statement time-out for the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{INTAKE_SECONDS}s'")


# Why not the ORM: a million rows come in by COPY, thirty times as fast as model instances.
CREATE_STAGE = """
CREATE TEMPORARY TABLE enrichment_stage (ordinal integer, line integer, cells text[]) ON COMMIT DROP
"""
COPY_STAGE = "COPY enrichment_stage FROM STDIN"


def fill_stage(blocks: Iterable[str]) -> None:
    """Copy blocks of lines (ordinal, line, array of cells) into a new temporary table."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STAGE)
        with cursor.copy(COPY_STAGE) as copy:
            for block in blocks:
                copy.write(block)


# Why not the ORM: moving a million rows back into the stage, so that another column can be checked.
STAGE_ROWS = """
WITH taken AS (DELETE FROM enrichment_enrichmentrow WHERE batch_id = %s RETURNING ordinal, line, cells)
INSERT INTO enrichment_stage SELECT ordinal, line, cells FROM taken
"""


def take_rows_back(*, batch_id: UUID) -> None:
    """Move the rows of a list back into a new stage."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STAGE)
        cursor.execute(STAGE_ROWS, [batch_id])


# The cell that should hold an id, as `uploads.table.is_id` reads it. Almost all cells are ASCII: looking for invisible
# characters in the others only costs nothing.
VALUE = """
btrim(
    CASE WHEN octet_length(cells[%(place)s]) = length(cells[%(place)s]) THEN cells[%(place)s]
         ELSE regexp_replace(coalesce(cells[%(place)s], ''), %(invisible)s, '', 'g') END,
    %(white_space)s
)"""
# Why not the ORM: each row's id is read, judged and compared with all others of the list in one pass. The pattern is
# that of `core.public_ids`.
INSERT_ROWS = f"""
WITH read AS MATERIALIZED (
    SELECT ordinal, {VALUE} AS value FROM enrichment_stage
), given AS (
    SELECT ordinal, ('x' || right(value, 16))::bit(64)::bigint AS key FROM read
    WHERE value ~ '^(id|cb)_[0-9a-f]{{16}}$'
), keyed AS (
    SELECT ordinal, coalesce(new_key, key) AS key FROM given
    LEFT JOIN contacts_renamed_keys(%(organization)s::bigint) ON old_key = key
), numbered AS MATERIALIZED (
    SELECT ordinal, key, row_number() OVER (PARTITION BY key ORDER BY ordinal) > 1 AS is_duplicate FROM keyed
)
INSERT INTO enrichment_enrichmentrow (batch_id, ordinal, line, cells, contact_key, matched_by, problem)
SELECT %(batch)s, stage.ordinal, stage.line, stage.cells, numbered.key,
    CASE WHEN numbered.key IS NULL THEN '' ELSE 'contact_id' END,
    CASE WHEN numbered.is_duplicate THEN 'duplicate'
         WHEN numbered.key IS NOT NULL THEN ''
         WHEN {VALUE} = '' THEN 'empty'
         ELSE 'malformed' END
FROM enrichment_stage AS stage LEFT JOIN numbered USING (ordinal)
"""  # noqa: S608 - put together of our own words


def insert_rows(*, batch: EnrichmentBatch, column: int | None) -> None:
    """Move the stage's rows into a list and check the ids in `column`, counted from 0.

    Without a column no row has an id.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE enrichment_stage")
        place = 0 if column is None else column + 1
        cursor.execute(
            INSERT_ROWS,
            {
                "batch": batch.pk,
                "organization": batch.organization_id,
                "place": place,
                "invisible": INVISIBLE.pattern,
                "white_space": WHITE_SPACE,
            },
        )
        if cursor.rowcount >= ANALYZE_FROM:
            note_rows()
        cursor.execute("DROP TABLE enrichment_stage")


def note_rows() -> None:
    """Tell the planner that many rows have come or changed, see ANALYZE_FROM."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrichment_note_rows()")


# Why not the ORM: counted in one pass over a million rows.
COUNT_ROWS = """
SELECT problem, count(*), count(*) FILTER (WHERE matched_by <> ''),
    count(*) FILTER (WHERE problem = 'no_match' AND contact_key IS NOT NULL)
FROM enrichment_enrichmentrow WHERE batch_id = %s GROUP BY problem
"""


@dataclass(frozen=True)
class RowCounts:
    """Rows of a list by problem; those that are one contact; those that only a vendor may know."""

    by_problem: dict[str, int]
    matched: int
    askable: int


def count_rows(*, batch_id: UUID) -> RowCounts:
    """Count the rows of a list."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ROWS, [batch_id])
        found = cursor.fetchall()
    return RowCounts(
        {problem: count for problem, count, _, _ in found},
        sum(matched for _, _, matched, _ in found),
        sum(askable for _, _, _, askable in found),
    )
