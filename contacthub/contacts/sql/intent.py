"""Keeping what searches ask of intent, in the transaction of the import that adds the records.

The import hands over its new records as the temporary table `intent_fresh` (day, domain, contact_key, topic, score).
"""

import datetime as dt
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from contacthub.contacts.models import KEPT_DAYS

# Records of one import after which the days of its topics are split, so that no row grows without bound.
SPLIT_AFTER = 500_000

# Why not the ORM: a million records become a few thousand rows in one pass.
ADD_BLOCKS = """
INSERT INTO contacts_intentblock (feed, topic, day, batch, block, records, domains, contact_keys, scores)
SELECT %(feed)s, topic, day, %(batch)s, abs(hashtext(domain) %% %(blocks)s) AS block, count(*), array_agg(domain),
    array_agg(contact_key), array_agg(score)
FROM intent_fresh WHERE day >= %(kept)s GROUP BY topic, day, block
"""
DROP_OLD_BLOCKS = "DELETE FROM contacts_intentblock WHERE feed = %(feed)s AND day < %(kept)s"
# Why not the ORM: each domain (or contact) whose last day moves takes one from the old day's count and adds one to the
# new day's, all in one statement, so that the counts are exact whatever happens in between.
MOVE_LAST_DAYS = """
WITH latest AS (
    SELECT {key}, max(day) AS day FROM intent_fresh WHERE {key} IS NOT NULL GROUP BY {key}
), known AS (
    SELECT stored.{key}, stored.last_day FROM {table} AS stored JOIN latest USING ({key}) WHERE stored.feed = %(feed)s
), written AS (
    INSERT INTO {table} AS stored (feed, {key}, last_day) SELECT %(feed)s, {key}, day FROM latest
    ON CONFLICT (feed, {key}) DO UPDATE SET last_day = EXCLUDED.last_day WHERE stored.last_day < EXCLUDED.last_day
), moved AS (
    SELECT latest.day, 1 AS step FROM latest LEFT JOIN known USING ({key})
    WHERE known.last_day IS NULL OR known.last_day < latest.day
    UNION ALL
    SELECT known.last_day, -1 FROM latest JOIN known USING ({key}) WHERE known.last_day < latest.day
)
SELECT day, sum(step)::bigint FROM moved GROUP BY day HAVING sum(step) <> 0
"""
Moves = list[tuple[dt.date, int]]


def first_kept_day(today: dt.date) -> dt.date:
    """Return the first day of which intent is kept for searches."""
    return today - dt.timedelta(days=KEPT_DAYS - 1)


def keep_intent(*, feed: int, batch: int, records: int, today: dt.date) -> tuple[Moves, Moves]:
    """Keep the new records of an import into a feed, once for each batch, in the caller's transaction.

    Returns by how much the numbers of domains, and of contacts, that were last observed on a day have changed.
    """
    values: dict[str, Any] = {
        "feed": feed,
        "batch": batch,
        "blocks": 1 + records // SPLIT_AFTER,
        "kept": first_kept_day(today),
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD_BLOCKS, values)
        cursor.execute(DROP_OLD_BLOCKS, values)
        return (
            _move(cursor, "contacts_intentdomain", "domain", feed),
            _move(cursor, "contacts_intentcontact", "contact_key", feed),
        )


def _move(cursor: CursorWrapper, table: str, key: str, feed: int) -> Moves:
    statement = sql.SQL(MOVE_LAST_DAYS).format(table=sql.Identifier(table), key=sql.Identifier(key))
    cursor.execute(statement, {"feed": feed})
    moves: Moves = cursor.fetchall()
    return moves
