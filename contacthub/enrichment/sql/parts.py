"""Statements that make a list of some rows of another one."""

from uuid import UUID

from django.db import connection

# Why not the ORM: rows are copied by the thousand, with new places. A row whose first like it is not among them is
# still looked up, because the first of those that are counts.
COPY_ROWS = """
WITH chosen AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY ordinal) AS ordinal, line, cells, contact_key, problem, matched_by, candidates,
        candidates_by, is_clear, chosen_by_name
    FROM ({rows}) AS wanted
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY contact_key ORDER BY ordinal) > 1 AS is_later FROM chosen
)
INSERT INTO enrichment_enrichmentrow (
    batch_id, ordinal, line, cells, contact_key, problem, matched_by, candidates, candidates_by, is_clear,
    chosen_by_name
)
SELECT %(target)s, ordinal, line, cells, contact_key,
    CASE WHEN contact_key IS NULL THEN problem WHEN is_later THEN 'duplicate'
         WHEN matched_by = '' THEN 'no_match' ELSE '' END,
    matched_by, candidates, candidates_by, is_clear, chosen_by_name
FROM numbered
"""
FIRST = """
SELECT * FROM enrichment_enrichmentrow WHERE batch_id = %(source)s ORDER BY ordinal LIMIT %(most)s
"""
FAILED = """
SELECT asked.* FROM enrichment_enrichmentrow AS asked
JOIN enrichment_enrichmentanswer AS answer ON answer.batch_id = asked.batch_id AND answer.ordinal = asked.ordinal
WHERE asked.batch_id = %(source)s AND 'failed' IN (answer.pii, answer.emails, answer.phones)
"""
COPY_FIRST = COPY_ROWS.format(rows=FIRST)
COPY_FAILED = COPY_ROWS.format(rows=FAILED)


def copy_first_rows(*, source: UUID, target: UUID, most: int) -> None:
    """Copy the first rows of a list into another one, which is empty."""
    _copy(COPY_FIRST, source=source, target=target, most=most)


def copy_failed_rows(*, source: UUID, target: UUID) -> None:
    """Copy the rows of which a section failed."""
    _copy(COPY_FAILED, source=source, target=target)


def _copy(statement: str, **values: UUID | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
