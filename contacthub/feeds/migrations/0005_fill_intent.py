"""What searches ask of intent, made from the records that are stored, feed by feed and day by day.

Each step is a transaction of its own, and one that is done again changes nothing.
"""

from typing import Any

from django.db import migrations, transaction

KEPT = "(now() AT TIME ZONE 'UTC')::date - 91"
# Imports into the feed wait, and what one of them has kept already is left alone.
LOCK = "SELECT FROM feeds_feed WHERE id = %(feed)s FOR UPDATE"
LIST_DAYS = f"SELECT feed_id, day, 1 + record_count / 500000 FROM feeds_feedday WHERE day >= {KEPT} ORDER BY feed_id, day"  # noqa: S608
ADD_BLOCKS = """
INSERT INTO contacts_intentblock (feed, topic, day, batch, block, records, domains, contact_keys, scores)
SELECT feed_id, topic, observed_on, batch, abs(hashtext(domain) %% %(blocks)s), count(*), array_agg(domain),
    array_agg(contact_key), array_agg(score)
FROM feeds_intentrecord AS record WHERE feed_id = %(feed)s AND observed_on = %(day)s
AND NOT EXISTS (
    SELECT FROM contacts_intentblock AS block
    WHERE block.feed = %(feed)s AND block.topic = record.topic AND block.day = %(day)s AND block.batch = record.batch
)
GROUP BY 1, 2, 3, 4, 5
"""

def fill(apps: Any, schema_editor: Any) -> None:
    """Fill the tables from the records of the last days."""
    cursor = schema_editor.connection.cursor()
    cursor.execute(LIST_DAYS)
    days = cursor.fetchall()
    for feed, day, blocks in days:
        _run(cursor, ADD_BLOCKS, {"feed": feed, "day": day, "blocks": blocks})
    cursor.execute("ANALYZE contacts_intentdomain, contacts_intentcontact, contacts_intentblock")


def _run(cursor: Any, statement: str, values: dict[str, Any]) -> None:
    with transaction.atomic():
        cursor.execute(LOCK, values)
        cursor.execute(statement, values)


class Migration(migrations.Migration):
    """Fill in steps, so that no transaction holds the records of all feeds."""

    atomic = False
    dependencies = [("feeds", "0004_intent_in_searches")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
