"""Contacts that were merged keep the addresses and numbers of both when a file lists some of them."""

from django.db import connection
from psycopg import sql

from contacthub.contacts.sql.observations import EMAILS, PHONES, Kind

# Why not the ORM: the stage and its matches are temporary tables. A file that names one of the two says nothing of the
# other one's addresses, so those it lacks follow behind.
KEEP_UNITED = """
UPDATE contact_stage AS target SET {list} = target.{list} || given.others
FROM (
    SELECT match.key, jsonb_agg(jsonb_build_object({stored}) ORDER BY stored.position, stored.id) AS others
    FROM contact_match AS match JOIN contact_stage AS staged ON staged.key = match.key
    JOIN {table} AS stored ON stored.contact_id = match.id
    WHERE NOT match.is_new AND staged.{list} IS NOT NULL
    AND match.id IN (SELECT survivor FROM contacts_merge WHERE undone_at IS NULL)
    AND NOT staged.{list} @> jsonb_build_array(jsonb_build_object({key}, stored.{column}))
    GROUP BY match.key
) AS given
WHERE target.key = given.key
"""


def keep_united() -> None:
    """Add to the stage what merged contacts have stored and their rows leave out."""
    with connection.cursor() as cursor:
        for kind in (EMAILS, PHONES):
            cursor.execute(
                sql.SQL(KEEP_UNITED).format(
                    list=sql.Identifier(kind.staged),
                    table=sql.Identifier(kind.table),
                    key=sql.Literal(kind.item_key),
                    column=sql.Identifier(kind.key),
                    stored=describe_stored(kind),
                )
            )


def describe_stored(kind: Kind) -> sql.Composable:
    """Return what makes an item of the stage of a row that is called `stored`, for `jsonb_build_object`."""
    hashes = sql.SQL("").join(
        sql.SQL(", {}, encode(stored.{}, 'hex')").format(sql.Literal(name), sql.Identifier(name))
        for name in kind.hashes
    )
    item = sql.SQL("{}, stored.{}").format(sql.Literal(kind.item_key), sql.Identifier(kind.key))
    return item + hashes
