"""Keeping what searches ask of intent, in the transaction of the import that adds the records.

The import hands over its new records as the temporary table `intent_fresh` (day, domain, contact_key, topic, score).
"""

import datetime as dt
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from contacthub.contacts.models import KEPT_DAYS, RECENT_DAYS

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
MOVED = """
SELECT day, sum(step)::bigint FROM (
    SELECT day, 1 AS step FROM latest WHERE known_day IS NULL OR known_day < day
    UNION ALL
    SELECT known_day, -1 FROM latest WHERE known_day < day
) AS moved GROUP BY day HAVING sum(step) <> 0
"""
MOVE_CONTACTS = f"""
WITH fresh AS (
    SELECT contact_key, max(day) AS day FROM intent_fresh WHERE contact_key IS NOT NULL GROUP BY contact_key
), latest AS MATERIALIZED (
    SELECT fresh.*, known.last_day AS known_day FROM fresh
    LEFT JOIN contacts_intentcontact AS known ON known.feed = %(feed)s AND known.contact_key = fresh.contact_key
), written AS (
    INSERT INTO contacts_intentcontact (feed, contact_key, last_day)
    SELECT %(feed)s, contact_key, day FROM latest WHERE known_day IS NULL OR known_day < day
    ON CONFLICT (feed, contact_key) DO UPDATE SET last_day = EXCLUDED.last_day
)
{MOVED}
"""  # noqa: S608 - put together of our own words
PLACES = range(1, RECENT_DAYS + 1)
COUNTED = ", ".join(f"count(*) FILTER (WHERE age < {place})" for place in PLACES)
ADDED = ", ".join(
    f"coalesce(counted.recent[{place}], 0) + coalesce(latest.recent[{place} - (last_day - known_day)], 0)"
    for place in PLACES
)
# As above. What is known of a domain and what is new are put together as of its last day (`models.IntentDomain`). Texts
# are sorted by their bytes, because a language's order takes several times as long.
MOVE_DOMAINS = f"""
WITH fresh AS (
    SELECT domain, max(day) AS day FROM intent_fresh GROUP BY domain
), latest AS MATERIALIZED (
    SELECT fresh.*, greatest(fresh.day, known.last_day) AS last_day, known.last_day AS known_day, known.recent,
        known.days, known.drops
    FROM fresh LEFT JOIN contacts_intentdomain AS known ON known.feed = %(feed)s AND known.domain = fresh.domain
), counted AS (
    SELECT domain, ARRAY[{COUNTED}]::int[] AS recent FROM (
        SELECT domain, latest.last_day - seen.day AS age FROM intent_fresh AS seen JOIN latest USING (domain)
        WHERE seen.day > %(today)s::date - {RECENT_DAYS}
    ) AS aged GROUP BY domain
), points AS (
    SELECT domain, day, score FROM intent_fresh WHERE score IS NOT NULL AND day >= %(kept)s
    UNION ALL
    SELECT domain, point.day, -point.drop FROM latest CROSS JOIN LATERAL unnest(days, drops) AS point (day, drop)
    WHERE point.day >= %(kept)s
), reached AS (
    SELECT domain, day, score, max(score) OVER (
        PARTITION BY domain COLLATE "C" ORDER BY day DESC, score DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS later
    FROM points
), bests AS (
    SELECT domain, array_agg(day ORDER BY day) AS days, array_agg(-score ORDER BY day) AS drops
    FROM reached WHERE later IS NULL OR score > later GROUP BY domain
), written AS (
    INSERT INTO contacts_intentdomain (feed, domain, last_day, recent, days, drops)
    SELECT %(feed)s, domain, last_day, ARRAY[{ADDED}], coalesce(bests.days, '{{}}'), coalesce(bests.drops, '{{}}')
    FROM latest LEFT JOIN counted USING (domain) LEFT JOIN bests USING (domain)
    ON CONFLICT (feed, domain) DO UPDATE SET last_day = EXCLUDED.last_day, recent = EXCLUDED.recent,
        days = EXCLUDED.days, drops = EXCLUDED.drops
)
{MOVED}
"""  # noqa: S608 - put together of our own words
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
        "today": today,
        "kept": first_kept_day(today),
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD_BLOCKS, values)
        cursor.execute(DROP_OLD_BLOCKS, values)
        return (
            _move(cursor, MOVE_DOMAINS, values),
            _move(cursor, MOVE_CONTACTS, values),
        )


def _move(cursor: CursorWrapper, statement: str, values: dict[str, Any]) -> Moves:
    cursor.execute(statement, values)
    moves: Moves = cursor.fetchall()
    return moves
