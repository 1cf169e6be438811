"""Statements about the lookups that a list may spend."""

from typing import NamedTuple
from uuid import UUID

from django.db import connection

# Why not the ORM: how many of the wanted lookups are left, and taking them, must be one step, so that two workers of
# one list (the one that slept, the one that took over) never take the same ones.
RESERVE = """
WITH before AS (
    SELECT id, least(%(most)s, lookup_limit - lookups_spent) AS taken
    FROM enrichment_enrichmentbatch WHERE id = %(batch)s FOR UPDATE
)
UPDATE enrichment_enrichmentbatch AS batch SET lookups_spent = batch.lookups_spent + before.taken
FROM before WHERE batch.id = before.id
RETURNING before.taken
"""
GIVE_BACK = """
UPDATE enrichment_enrichmentbatch SET lookups_spent = lookups_spent - %(count)s WHERE id = %(batch)s
"""
# Why not the ORM: counted over an index, in the words of the rows' own table.
COUNT_ASKED = """
SELECT count(*) FROM enrichment_enrichmentrow
WHERE batch_id = %(batch)s AND ordinal <= %(through)s AND problem IN ('', 'no_match') AND contact_key IS NOT NULL
"""
# Why not the ORM: it knows no median. A vendor that is requested one contact at a time makes a row for each.
SUM_ASKINGS = """
SELECT connection_key, (array_agg(connection_name ORDER BY started_at DESC))[1],
    (array_agg(vendor ORDER BY started_at DESC))[1],
    coalesce(sum(asked_count) FILTER (WHERE state IN ('answered', 'failed')), 0), sum(found_count), sum(lookup_count),
    count(*) FILTER (WHERE state <> 'skipped'), coalesce(sum(asked_count) FILTER (WHERE state = 'skipped'), 0),
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE error = ''))::integer
FROM enrichment_asking WHERE batch_id = %(batch)s GROUP BY connection_key ORDER BY min(started_at), connection_key
"""


class AskingSum(NamedTuple):
    """The sums of one connection's calls: contacts sent, found and not asked, lookups, calls, milliseconds."""

    connection: UUID
    name: str
    vendor: str
    asked: int
    found: int
    lookups: int
    calls: int
    unasked: int
    median_ms: int | None


def sum_askings(*, batch_id: UUID) -> list[AskingSum]:
    """Sum the calls of a list up by connection, in the order in which these were first called."""
    with connection.cursor() as cursor:
        cursor.execute(SUM_ASKINGS, {"batch": batch_id})
        return [AskingSum._make(row) for row in cursor.fetchall()]


def reserve(*, batch_id: UUID, most: int) -> int:
    """Take up to `most` of the lookups that a list may still spend. Returns how many; 0 at the limit."""
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, {"batch": batch_id, "most": most})
        return int(cursor.fetchone()[0])


def give_back(*, batch_id: UUID, count: int) -> None:
    """Put lookups back that the vendor certainly did not make."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, {"batch": batch_id, "count": count})


def count_asked(*, batch_id: UUID, through: int) -> int:
    """Count the rows up to a place that were looked up."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ASKED, {"batch": batch_id, "through": through})
        return int(cursor.fetchone()[0])
