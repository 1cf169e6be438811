"""Statements about the candidates of ambiguous rows: one is chosen, none is, or all clear ones are taken at once."""

from uuid import UUID

from django.db import connection

# Why not the ORM: the first row of each contact is the one that is looked up; which one that is changes with a choice.
NUMBER = """
WITH numbered AS (
    SELECT ordinal, row_number() OVER (PARTITION BY contact_key ORDER BY ordinal) > 1 AS is_later
    FROM enrichment_enrichmentrow
    WHERE batch_id = %(batch)s AND contact_key IS NOT NULL
    AND (%(keys)s::bigint[] IS NULL OR contact_key = ANY(%(keys)s))
)
UPDATE enrichment_enrichmentrow AS listed SET
    problem = CASE WHEN is_later THEN 'duplicate' WHEN matched_by = '' THEN 'no_match' ELSE '' END
FROM numbered WHERE listed.batch_id = %(batch)s AND listed.ordinal = numbered.ordinal
"""
TAKE_CLEAR = """
UPDATE enrichment_enrichmentrow
SET contact_key = candidates[1], matched_by = 'chosen', chosen_by_name = %(name)s
WHERE batch_id = %(batch)s AND candidates IS NOT NULL AND is_clear AND problem = 'ambiguous'
"""


def number_again(*, batch_id: UUID, keys: list[int] | None = None) -> None:
    """Find the first row of each contact again, of all or of some."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, {"batch": batch_id, "keys": keys})


def take_clear(*, batch_id: UUID, name: str) -> int:
    """Choose the first candidate of each row that has a clear one and no choice yet. Returns the rows."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_CLEAR, {"batch": batch_id, "name": name})
        return int(cursor.rowcount)
