"""The rows of a selection: counted, and frozen by one statement, so that no import comes in between."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from contacthub.contacts.filters import Filters
from contacthub.contacts.sql.conditions import compose
from contacthub.contacts.sql.ranked_pages import Rank, rank_join
from contacthub.contacts.sql.search_pages import Kind, Order
from contacthub.lists.sql import Items

PART_ROWS = 10_000


class Counted(NamedTuple):
    """How many rows there are, and which ones, as one number; None of no rows."""

    rows: int
    mark: int | None


@dataclass(frozen=True)
class Wanted:
    """Which rows: those that match, of these only the `chosen` where there are any, without the `excepted`."""

    kind: Kind
    # The column that names a row for people and programs, and stays when it is imported again.
    named_by: str
    owner: int
    filters: Filters
    chosen: Sequence[int] | None
    excepted: Sequence[int]

    def render(self) -> tuple[dict[str, sql.Composable], dict[str, Any]]:
        """Return the parts of a statement and its parameters."""
        matches, values = compose(self.filters, owner=self.owner)
        name = sql.Identifier(self.named_by)
        conditions = [matches, self.kind.is_visible]
        if self.chosen is not None:
            conditions.append(sql.SQL("facts.{} = ANY(%(chosen)s::bigint[])").format(name))
            values["chosen"] = list(self.chosen)
        if self.excepted:
            conditions.append(sql.SQL("facts.{} <> ALL(%(excepted)s::bigint[])").format(name))
            values["excepted"] = list(self.excepted)
        parts = {
            "table": self.kind.table,
            "id": self.kind.id,
            "name": sql.Identifier("facts", self.named_by),
            "wanted": sql.SQL(" AND ").join(conditions),
        }
        return parts, values | {"owner": self.owner}


# Why not the ORM: it shares the conditions of searches. The second number says which rows these are, in any order.
COUNT = """
SELECT count(*), bit_xor(hashint8extended({name}, 0)) FROM {table} AS facts
WHERE owner IN (0, %(owner)s) AND {wanted}
"""
ITEMS = "SELECT {name} AS item FROM {table} AS facts WHERE owner IN (0, %(owner)s) AND {wanted}"
# Why not the ORM: a million rows never pass through Python.
FREEZE = """
WITH numbered AS (
    SELECT {id} AS id, {name} AS item, row_number() OVER (ORDER BY {order}) - 1 AS place
    FROM {table} AS facts {ranked} WHERE owner IN (0, %(owner)s) AND {wanted}
), parts AS (
    INSERT INTO contacts_selectionpart (selection_id, place, ids)
    SELECT %(selection)s, place / %(part_rows)s, array_agg(id ORDER BY place) FROM numbered GROUP BY 2
    RETURNING cardinality(ids) AS rows
)
SELECT coalesce(sum(rows), 0), (SELECT bit_xor(hashint8extended(item, 0)) FROM numbered) FROM parts
"""
BY_COLUMN = "{column} {direction}, number {direction}"
# As `sql.ranked_pages` has it, by whether the order is descending: rows without a rank are the least.
BY_RANK = {
    True: "ranked.rank DESC NULLS LAST, ranked.employer DESC, number DESC",
    False: "ranked.rank ASC NULLS FIRST, ranked.employer, number",
}


def count_wanted(wanted: Wanted) -> Counted:
    """Return how many rows there are, exactly, and which ones."""
    parts, values = wanted.render()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(COUNT).format(**parts), values)
        return Counted._make(cursor.fetchone())


def select_items(wanted: Wanted) -> Items:
    """Return the query for what names the rows, as members of a list are named."""
    parts, values = wanted.render()
    return Items(sql.SQL(ITEMS).format(**parts), values)


def freeze(wanted: Wanted, *, selection: uuid.UUID, order: Order | Rank) -> Counted:
    """Write the parts of a selection and return how many rows they have, and which."""
    parts, values = wanted.render()
    values |= {"selection": selection, "part_rows": PART_ROWS}
    ranked: sql.Composable = sql.SQL("")
    if isinstance(order, Rank):
        ranked, windows = rank_join(wanted.filters, owner=wanted.owner, column=order.column)
        values = windows | values
    direction = sql.SQL("DESC" if order.is_descending else "ASC")
    by = sql.SQL(BY_RANK[order.is_descending] if isinstance(order, Rank) else BY_COLUMN).format(
        column=sql.Identifier(order.column), direction=direction
    )
    statement = sql.SQL(FREEZE).format(order=by, ranked=ranked, **parts)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count, mark = cursor.fetchone()
    return Counted(int(count), mark)
