"""Statements about members: a million are added, removed or compared without passing through Python.

What is added or removed is a query of one column, `item`, so that every source of members uses the same statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

LIST_NAMES = ("list_a", "list_b", "list_c")


@dataclass(frozen=True)
class Items:
    """A query whose rows have one column, `item`, and its parameters."""

    text: sql.Composable
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Sequence[int]) -> "Items":
        """Return the query for some items."""
        return cls(sql.SQL("SELECT unnest(%(items)s::bigint[]) AS item"), {"items": [*items]})


class Changed(NamedTuple):
    """How many items a statement was about, and how many members it really added or removed."""

    seen: int
    changed: int


# Why not the ORM: rows that go from query to table, and counts of both sides in one snapshot.
COUNT = "SELECT count(*) FROM ({items}) AS source"
COUNT_ON_LIST = """
SELECT count(*) FROM (SELECT DISTINCT item FROM ({items}) AS source) AS source
JOIN lists_listmember AS member ON member.list_id = %(list)s AND member.item = source.item
"""
ADD = """
WITH source AS MATERIALIZED ({items}), added AS (
    INSERT INTO lists_listmember (list_id, item, entry_id) SELECT %(list)s, item, %(entry)s FROM source ORDER BY item
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM added)
"""
REMOVE = """
WITH source AS MATERIALIZED ({items}), gone AS (
    DELETE FROM lists_listmember AS member USING source
    WHERE member.list_id = %(list)s AND member.item = source.item RETURNING member.item, member.entry_id
), kept AS (
    INSERT INTO lists_listremoval (entry_id, item, list_id, added_by_id)
    SELECT %(entry)s, item, %(list)s, entry_id FROM gone
), less AS (
    UPDATE lists_listentry AS entry SET present_count = present_count - fewer.members
    FROM (SELECT entry_id, count(*) AS members FROM gone GROUP BY entry_id) AS fewer WHERE entry.id = fewer.entry_id
)
SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM gone)
"""
UNDO_ADDING = "DELETE FROM lists_listmember WHERE list_id = %(list)s AND entry_id = %(entry)s"
UNDO_REMOVING = """
WITH gone AS (
    DELETE FROM lists_listremoval WHERE entry_id = %(entry)s RETURNING item, added_by_id
), back AS (
    INSERT INTO lists_listmember (list_id, item, entry_id) SELECT %(list)s, item, added_by_id FROM gone
    ON CONFLICT DO NOTHING RETURNING entry_id
), more AS (
    UPDATE lists_listentry AS entry SET present_count = present_count + more.members
    FROM (SELECT entry_id, count(*) AS members FROM back GROUP BY entry_id) AS more WHERE entry.id = more.entry_id
)
SELECT count(*) FROM back
"""
# Members, removals and moves first: the history they name goes last. In one transaction of the caller's.
FORGET = (
    "DELETE FROM lists_listmember WHERE list_id = %(list)s",
    "DELETE FROM lists_listremoval WHERE list_id = %(list)s",
    "DELETE FROM lists_listmove WHERE list_id = %(list)s",
    "DELETE FROM lists_listentry WHERE list_id = %(list)s",
)
# The primary key has each list in order of its items, so that lists are merged and not sorted.
MASKED = """
SELECT item, {mask} AS mask FROM (SELECT item FROM lists_listmember WHERE list_id = %(list_a)s) AS list_a
{joins}
"""
JOIN = (
    "FULL JOIN (SELECT item FROM lists_listmember WHERE list_id = {value}) AS {name} USING (item)"
)
COUNT_PARTS = "SELECT mask, count(*) FROM ({masked}) AS masked GROUP BY mask"


def count(items: Items) -> int:
    """Return how many rows a query has."""
    return int(_read(COUNT, items, {})[0])


def count_on_list(items: Items, *, list_id: int) -> int:
    """Return how many different items of a query are on a list already."""
    return int(_read(COUNT_ON_LIST, items, {"list": list_id})[0])


def add(items: Items, *, list_id: int, entry_id: int) -> Changed:
    """Add those items that are not on the list, in the caller's transaction."""
    return Changed(*_read(ADD, items, {"list": list_id, "entry": entry_id}))


def remove(items: Items, *, list_id: int, entry_id: int) -> Changed:
    """Remove those items that are on the list, in the caller's transaction, and keep what undoing needs."""
    return Changed(*_read(REMOVE, items, {"list": list_id, "entry": entry_id}))


def undo_adding(*, list_id: int, entry_id: int) -> int:
    """Remove what an entry added and is still there. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(UNDO_ADDING, {"list": list_id, "entry": entry_id})
        return int(cursor.rowcount)


def undo_removing(*, list_id: int, entry_id: int) -> int:
    """Put back what an entry removed, as it had been added. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(UNDO_REMOVING, {"list": list_id, "entry": entry_id})
        return int(cursor.fetchone()[0])


def forget(*, list_id: int) -> None:
    """Delete the members and the history of a list, in the caller's transaction."""
    with connection.cursor() as cursor:
        for statement in FORGET:
            cursor.execute(statement, {"list": list_id})


def select_parts(list_ids: Sequence[int], masks: Sequence[int]) -> Items:
    """Return the query for some parts of two or three lists.

    A part is a mask: 1 is set for items of the first list, 2 for those of the second, 4 for those of the third.
    """
    masked = _mask(len(list_ids))
    text = sql.SQL("SELECT item FROM ({masked}) AS masked WHERE mask = ANY(%(masks)s::int[])")
    return Items(text.format(masked=masked), _name(list_ids) | {"masks": [*masks]})


def count_parts(list_ids: Sequence[int]) -> dict[int, int]:
    """Return how many items each part of two or three lists has, by mask; empty parts are left out."""
    statement = sql.SQL(COUNT_PARTS).format(masked=_mask(len(list_ids)))
    with connection.cursor() as cursor:
        cursor.execute(statement, _name(list_ids))
        return dict(cursor.fetchall())


def _mask(lists: int) -> sql.Composed:
    names = LIST_NAMES[:lists]
    bits = [
        sql.SQL("CASE WHEN {}.item IS NULL THEN 0 ELSE {} END").format(
            sql.Identifier(name), sql.Literal(2**place)
        )
        for place, name in enumerate(names)
    ]
    joins = [
        sql.SQL(JOIN).format(value=sql.Placeholder(name), name=sql.Identifier(name))
        for name in names[1:]
    ]
    return sql.SQL(MASKED).format(mask=sql.SQL(" + ").join(bits), joins=sql.SQL(" ").join(joins))


def _name(list_ids: Sequence[int]) -> dict[str, Any]:
    return dict(zip(LIST_NAMES, list_ids, strict=False))


def _read(statement: str, items: Items, values: Mapping[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(items=items.text), {**items.values, **values})
        row: tuple[Any, ...] = cursor.fetchone()
    return row
