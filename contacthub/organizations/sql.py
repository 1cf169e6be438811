"""Statements about the audit log that the ORM cannot say."""

from django.db import connection
from psycopg import sql

# Why not the ORM: DISTINCT reads every line of the log, 0.1 s for a million of them. This jumps from each word to
# the next one in the index, one step a word.
LIST_WORDS = """
WITH RECURSIVE word AS (
    (
        SELECT {column} AS value FROM organizations_auditevent
        WHERE organization_id = %(organization)s ORDER BY {column} LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT {column} FROM organizations_auditevent
        WHERE organization_id = %(organization)s AND {column} > word.value ORDER BY {column} LIMIT 1
    )
    FROM word WHERE word.value IS NOT NULL
)
SELECT value FROM word WHERE value IS NOT NULL
"""


def list_words(*, organization_id: int, column: str) -> list[str]:
    """Return the different values of a column in an organization's audit log, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(LIST_WORDS).format(column=sql.Identifier(column)),
            {"organization": organization_id},
        )
        return [value for (value,) in cursor.fetchall()]
