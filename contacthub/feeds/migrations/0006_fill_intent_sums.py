"""Sums of each domain, from which searches for any topic are answered, made from the blocks that are kept.

A step is one feed in a transaction of its own, and one that is done again changes nothing.
"""

from typing import Any

from django.db import migrations, transaction

LOCK = "SELECT FROM feeds_feed WHERE id = %(feed)s FOR UPDATE"
LIST_FEEDS = "SELECT DISTINCT feed FROM contacts_intentblock ORDER BY feed"
FILL = """
WITH fresh AS MATERIALIZED (
    SELECT seen.domain, block.day, count(*) AS records, max(seen.score) AS best FROM contacts_intentblock AS block
    CROSS JOIN LATERAL unnest(block.domains, block.scores) AS seen (domain, score)
    WHERE block.feed = %(feed)s GROUP BY seen.domain, block.day
), counted AS (
    SELECT domain, stored.last_day - fresh.day AS age, records FROM fresh
    JOIN contacts_intentdomain AS stored USING (domain) WHERE stored.feed = %(feed)s AND fresh.day > stored.last_day - 7
), sums AS (
    SELECT domain, ARRAY[
        sum(records) FILTER (WHERE age < 1), sum(records) FILTER (WHERE age < 2), sum(records) FILTER (WHERE age < 3),
        sum(records) FILTER (WHERE age < 4), sum(records) FILTER (WHERE age < 5), sum(records) FILTER (WHERE age < 6),
        sum(records) FILTER (WHERE age < 7)
    ]::int[] AS recent
    FROM counted GROUP BY domain
), reached AS (
    SELECT domain, day, best, max(best) OVER (
        PARTITION BY domain ORDER BY day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS later
    FROM fresh WHERE best IS NOT NULL
), bests AS (
    SELECT domain, array_agg(day ORDER BY day) AS days, array_agg(-best ORDER BY day) AS drops
    FROM reached WHERE later IS NULL OR best > later GROUP BY domain
)
UPDATE contacts_intentdomain AS stored
SET recent = sums.recent, days = coalesce(bests.days, '{}'), drops = coalesce(bests.drops, '{}')
FROM sums LEFT JOIN bests USING (domain) WHERE stored.feed = %(feed)s AND stored.domain = sums.domain
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Add up the blocks of each feed; imports into it wait."""
    cursor = schema_editor.connection.cursor()
    cursor.execute(LIST_FEEDS)
    for (feed,) in cursor.fetchall():
        with transaction.atomic():
            cursor.execute(LOCK, {"feed": feed})
            cursor.execute(FILL, {"feed": feed})
    cursor.execute("ANALYZE contacts_intentdomain")


class Migration(migrations.Migration):
    """Fill in steps, so that no transaction holds the sums of all feeds."""

    atomic = False
    dependencies = [("contacts", "0021_intent_sums"), ("feeds", "0005_fill_intent")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
