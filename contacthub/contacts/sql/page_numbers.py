"""Exact totals and deep pages by number, for protocols whose clients leaf through everything page by page.

Asking of each row whether an own one hides it costs more than all else where most rows match. Hidden rows are few and
are found from the own ones, so that they are taken off instead: measured at 500,000 contacts, the total of all takes
79 ms in place of 747, and a page in the middle reads nothing but an index.
"""

from django.db import connection
from psycopg import sql

from contacthub.contacts.filters import Filters
from contacthub.contacts.sql.conditions import compose
from contacthub.contacts.sql.search_pages import COMPANIES, Kind

# Shared rows that one of the organization's own takes the place of. Says the same as `Kind.is_visible`.
HIDDEN = """
SELECT shared.{id} AS id, shared.number FROM {table} AS own
JOIN {table} AS shared ON shared.owner = 0 AND shared.{key} = own.{key} WHERE own.owner = %(owner)s
UNION
SELECT shared.{id}, shared.number FROM {table} AS own
JOIN {table} AS shared ON shared.owner = 0 AND shared.number = own.number WHERE own.owner = %(owner)s
{merged}
"""
# An own contact hides what it hid before it was merged into another one.
MERGED = """
UNION
SELECT shared.contact_id, shared.number FROM contacts_mergedrow AS own
JOIN contacts_contactfacts AS shared ON shared.owner = 0 AND shared.key = own.key
WHERE own.kind = 'contact' AND own.organization_id = %(owner)s
UNION
SELECT shared.contact_id, shared.number FROM contacts_mergedrow AS own
JOIN contacts_contactfacts AS shared ON shared.owner = 0 AND shared.number = own.number
WHERE own.kind = 'contact' AND own.organization_id = %(owner)s
"""
# Why not the ORM: it shares its condition with the searches. One statement, so that both counts are of one moment.
COUNT_ALL = """
SELECT (SELECT count(*) FROM {table} AS facts WHERE owner IN (0, %(owner)s) AND {matches})
    - (SELECT count(*) FROM {table} AS facts WHERE {id} IN (SELECT id FROM ({hidden}) AS hidden) AND {matches})
"""
# Why not the ORM: both halves come from the index of owners and numbers alone; rows are read for one page of them.
LIST_NUMBERED = """
WITH hidden AS MATERIALIZED ({hidden}), page AS MATERIALIZED (
    SELECT owner, number FROM (
        (
            SELECT owner, number FROM {table} AS facts WHERE owner = 0
            AND NOT EXISTS (SELECT FROM hidden WHERE hidden.number = facts.number)
            ORDER BY number {direction} LIMIT %(entries)s
        ) UNION ALL (
            SELECT owner, number FROM {table} WHERE owner = %(owner)s ORDER BY number {direction} LIMIT %(entries)s
        )
    ) AS entries ORDER BY number {direction} LIMIT %(limit)s OFFSET %(offset)s
)
SELECT {id} FROM page JOIN {table} AS facts USING (owner, number) ORDER BY number
"""


def count_all(kind: Kind, *, owner: int, filters: Filters) -> int:
    """Return exactly how many rows match."""
    matches, values = compose(filters, owner=owner)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(COUNT_ALL).format(matches=matches, **_parts(kind)), values | {"owner": owner}
        )
        count: int = cursor.fetchone()[0]
    return count


def list_numbered(
    kind: Kind, *, owner: int, limit: int, offset: int, is_from_end: bool
) -> list[int]:
    """Return the primary keys of a page of all rows, by ascending number; `offset` counts from either end."""
    direction = sql.SQL("DESC" if is_from_end else "ASC")
    values = {"owner": owner, "limit": limit, "offset": offset, "entries": offset + limit}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(LIST_NUMBERED).format(direction=direction, **_parts(kind)), values)
        return [row[0] for row in cursor.fetchall()]


def hidden_rows(kind: Kind) -> sql.Composable:
    """Return the select of shared rows that the organization does not see: primary key and number."""
    of_companies = kind is COMPANIES
    return sql.SQL(HIDDEN).format(
        table=kind.table,
        id=kind.id,
        key=sql.Identifier("domain" if of_companies else "key"),
        merged=sql.SQL("" if of_companies else MERGED),
    )


def _parts(kind: Kind) -> dict[str, sql.Composable]:
    return {"table": kind.table, "id": kind.id, "hidden": hidden_rows(kind)}
