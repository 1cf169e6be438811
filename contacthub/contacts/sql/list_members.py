"""Members of lists beside the catalog: the items of rows, and members that the catalog no longer has."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from contacthub.lists.sql import Items

# Rows that were deleted since they were frozen have no item; they were counted, so they stand as no member.
ITEMS = "SELECT {name} AS item FROM {table} WHERE {id} = ANY(%(ids)s::bigint[])"
KNOWN = """
SELECT DISTINCT key.item FROM ({items}) AS source
LEFT JOIN contacts_renamed_keys(%(owner)s::bigint) AS renamed ON renamed.old_key = source.item
CROSS JOIN LATERAL (SELECT coalesce(renamed.new_key, source.item) AS item) AS key
WHERE EXISTS (SELECT FROM contacts_contactfacts AS facts WHERE facts.owner IN (0, %(owner)s) AND facts.key = key.item)
"""
# Why not the ORM: it must walk the list in the order of its primary key. Two conditions and not one with IN: each
# looks one entry up in the index of (owner, item).
REMOVED = """
FROM lists_listmember AS member WHERE list_id = %(list)s
    AND NOT EXISTS (SELECT FROM {table} AS facts WHERE owner = 0 AND facts.{name} = member.item)
    AND NOT EXISTS (SELECT FROM {table} AS facts WHERE owner = %(owner)s AND facts.{name} = member.item)
"""
COUNT_REMOVED = "SELECT count(*) " + REMOVED
LIST_REMOVED = """
SELECT item, entry.created_at, entry.created_by_name, entry.source, entry.words FROM (
    SELECT item, entry_id {removed} AND (%(after)s::bigint IS NULL OR item > %(after)s) ORDER BY item LIMIT %(most)s
) AS removed JOIN lists_listentry AS entry ON entry.id = removed.entry_id ORDER BY item
"""


class Removed(NamedTuple):
    """A member that the catalog no longer has: when and from where it was added, and who added it."""

    item: int
    added_at: dt.datetime
    added_by: str
    source: str
    words: str


def items_of(ids: Sequence[int], *, of_companies: bool) -> Items:
    """Return the query for the items of contacts or companies by primary key."""
    text = sql.SQL(ITEMS).format(**_kind(of_companies=of_companies))
    return Items(text, {"ids": [*ids]})


def keep_known(items: Items, *, owner: int) -> Items:
    """Return the query for contacts under their keys of today, each once, without those that the catalog lacks."""
    return Items(sql.SQL(KNOWN).format(items=items.text), {**items.values, "owner": owner})


def count_removed(*, list_id: int, owner: int, of_companies: bool) -> int:
    """Return how many members of a list the catalog of an organization no longer has."""
    with connection.cursor() as cursor:
        statement = sql.SQL(COUNT_REMOVED).format(**_kind(of_companies=of_companies))
        cursor.execute(statement, {"list": list_id, "owner": owner})
        return int(cursor.fetchone()[0])


def list_removed(
    *, list_id: int, owner: int, of_companies: bool, after: int | None, most: int
) -> list[Removed]:
    """List members that the catalog no longer has, by item, behind one."""
    removed = sql.SQL(REMOVED).format(**_kind(of_companies=of_companies))
    values: dict[str, Any] = {"list": list_id, "owner": owner, "after": after, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(LIST_REMOVED).format(removed=removed), values)
        return list(map(Removed._make, cursor.fetchall()))


def _kind(*, of_companies: bool) -> dict[str, sql.Composable]:
    table = "contacts_companyfacts" if of_companies else "contacts_contactfacts"
    names = ("number", "company_id") if of_companies else ("key", "contact_id")
    name, primary = map(sql.Identifier, names)
    return {"table": sql.Identifier(table), "name": name, "id": primary}
