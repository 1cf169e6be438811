"""Searches over the facts of contacts and companies: pages by key or by number, counts, ids in bulk.

There are two plans, of which the planner alone may choose the wrong one by a factor of a hundred: walk the index of the
order and drop what does not match, which is best where much matches; or find all that matches and sort it, which is
best where little does. Each is tried within bounds before either is run to its end:

1. Where the planner believes that finding all is cheap, it is done, up to a number of rows.
2. A bounded number of entries is walked. They are counted before the filters, so that a rare match costs a few
   milliseconds more, never a walk through the whole index.
3. All that matches is found and sorted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from contacthub.contacts.filters import Filters
from contacthub.contacts.sql.conditions import compose

# How many entries of an index a page walks before it gives up. Measured: 2,000 cost at most a few milliseconds.
WALKED_ENTRIES = 2_000
# What the planner may say that finding all costs, in its own unit, to be tried first; and the rows after which that was
# wrong. A walk of 2,000 entries costs 300 to 1,500, by what a random page costs.
CHEAP = 2_500
MOST_FOUND = 5_000
# Rows of one step through all ids.
STEP = 20_000


class Found(NamedTuple):
    """A row of a page: its primary key, and its place in the order, the sort value written by Postgres."""

    id: int
    value: str
    number: int


@dataclass(frozen=True)
class Order:
    """A column of the facts to sort by, with its type, and the direction, which the number after it shares."""

    column: str
    type: str
    is_descending: bool = False


@dataclass(frozen=True)
class Kind:
    """A table of facts and how its rows are seen by one organization."""

    table: sql.Composable
    id: sql.Composable
    # A shared row that one of the organization's own takes the place of. Under OR, so that it is checked for the rows
    # that match and not joined to all.
    is_visible: sql.Composable


# Why not the ORM: one private row hides the shared one that has the same key; numbers must stay ids as well. It does so
# after it was merged, too. Whether anything was is asked once a statement.
VISIBLE_CONTACT = """
(facts.owner <> 0 OR (
    NOT EXISTS (SELECT FROM contacts_contactfacts AS own WHERE own.owner = %(owner)s AND own.key = facts.key)
    AND NOT EXISTS (SELECT FROM contacts_contactfacts AS own WHERE own.owner = %(owner)s AND own.number = facts.number)
    AND (NOT EXISTS (SELECT FROM contacts_mergedrow WHERE organization_id = %(owner)s) OR (
        NOT EXISTS (
            SELECT FROM contacts_mergedrow AS former
            WHERE former.kind = 'contact' AND former.organization_id = %(owner)s AND former.key = facts.key
        ) AND NOT EXISTS (
            SELECT FROM contacts_mergedrow AS former
            WHERE former.kind = 'contact' AND former.organization_id = %(owner)s AND former.number = facts.number
        )
    ))
))
"""
VISIBLE_COMPANY = """
(facts.owner <> 0 OR (
    NOT EXISTS (SELECT FROM contacts_companyfacts AS own WHERE own.owner = %(owner)s AND own.domain = facts.domain)
    AND NOT EXISTS (SELECT FROM contacts_companyfacts AS own WHERE own.owner = %(owner)s AND own.number = facts.number)
))
"""
CONTACTS = Kind(
    sql.Identifier("contacts_contactfacts"), sql.Identifier("contact_id"), sql.SQL(VISIBLE_CONTACT)
)
COMPANIES = Kind(
    sql.Identifier("contacts_companyfacts"), sql.Identifier("company_id"), sql.SQL(VISIBLE_COMPANY)
)

# Why not the ORM: it cannot bound a walk before the filters. Each half is bounded as well, which makes Postgres read it
# in the order of its index and stop where the page is full.
WALK = """
SELECT {id}, {column}::text AS value, facts.number FROM (
    SELECT * FROM (
        (
            SELECT * FROM {table} AS facts WHERE owner = 0 AND {after}
            ORDER BY {column} {direction}, number {direction} LIMIT %(entries)s
        ) UNION ALL (
            SELECT * FROM {table} AS facts WHERE owner = %(owner)s AND {after}
            ORDER BY {column} {direction}, number {direction} LIMIT %(entries)s
        )
    ) AS entries
    ORDER BY entries.{column} {direction}, entries.number {direction} LIMIT %(entries)s
) AS facts
WHERE {matches} AND {is_visible}
ORDER BY facts.{column} {direction}, facts.number {direction} LIMIT %(limit)s OFFSET %(offset)s
"""
# Why not the ORM: MATERIALIZED keeps the planner from walking the index of the order after all.
FIND_ALL = """
WITH matching AS MATERIALIZED (
    SELECT {id} AS id, {column} AS value, number FROM {table} AS facts
    WHERE owner IN (0, %(owner)s) AND {after} AND {matches} AND {is_visible} LIMIT %(entries)s
)
SELECT id, value::text, number FROM matching
ORDER BY matching.value {direction}, matching.number {direction} LIMIT %(limit)s OFFSET %(offset)s
"""
FIND_SOME = FIND_ALL.replace(
    "value::text, number FROM", "value::text, number, (SELECT count(*) FROM matching) FROM"
)
EXPLAIN = "EXPLAIN (FORMAT JSON) "
AFTER = "({column}, number) {comparison} (%(value)s::{type}, %(number)s)"


def find_page(
    kind: Kind,
    *,
    owner: int,
    filters: Filters,
    order: Order,
    after: tuple[str, int] | None,
    limit: int,
    offset: int = 0,
    also: tuple[sql.Composable, dict[str, Any]] | None = None,
) -> list[Found]:
    """Return the first `limit` rows after a place in the order, `offset` of them left out.

    `also` is a further condition on a row of facts, with its parameters.
    """
    page = Page(kind, owner, filters, order, after, limit, offset, also)
    if page.is_selective and offset < MOST_FOUND and page.estimate() < CHEAP:
        found, count = page.find_some(MOST_FOUND)
        if count < MOST_FOUND:
            return found
    found = page.walk(WALKED_ENTRIES + offset)
    return found if len(found) == limit else page.find_all()


class Page:
    """One page that is requested, and the ways to read it."""

    def __init__(
        self,
        kind: Kind,
        owner: int,
        filters: Filters,
        order: Order,
        after: tuple[str, int] | None,
        limit: int,
        offset: int = 0,
        also: tuple[sql.Composable, dict[str, Any]] | None = None,
    ) -> None:
        matches, values = compose(filters, owner=owner)
        # Whether a row is stale says too little for finding all to be cheap.
        self.is_selective = any(not isinstance(value, bool) for value in values.values())
        if also is not None:
            matches, values = sql.SQL(" AND ").join([matches, also[0]]), also[1] | values
        self._values = values | {"owner": owner, "limit": limit, "offset": offset}
        if after is not None:
            self._values |= {"value": after[0], "number": after[1]}
        self._parts = {
            "matches": matches,
            **_order_parts(order, is_after=after is not None),
            **_kind_parts(kind),
        }

    def estimate(self) -> float:
        """Return what the planner believes that finding all costs."""
        plan = self._run(EXPLAIN + FIND_SOME, MOST_FOUND)[0][0]
        cost: float = plan[0]["Plan"]["Total Cost"]
        return cost

    def find_some(self, most: int) -> tuple[list[Found], int]:
        """Find up to `most` matches and return the page and their count; the page is right where the count is less."""
        rows = self._run(FIND_SOME, most)
        return [Found._make(row[:3]) for row in rows], rows[0][3] if rows else 0

    def walk(self, entries: int) -> list[Found]:
        """Walk so many entries of the order's index and return what they give of the page."""
        return list(map(Found._make, self._run(WALK, entries)))

    def find_all(self) -> list[Found]:
        """Find and sort all matches."""
        return list(map(Found._make, self._run(FIND_ALL, None)))

    def _run(self, statement: str, entries: int | None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(statement).format(**self._parts), self._values | {"entries": entries}
            )
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _order_parts(order: Order, *, is_after: bool) -> dict[str, sql.Composable]:
    column = sql.Identifier(order.column)
    after = sql.SQL(AFTER).format(
        column=column,
        comparison=sql.SQL("<" if order.is_descending else ">"),
        type=sql.SQL(order.type),
    )
    return {
        "column": column,
        "direction": sql.SQL("DESC" if order.is_descending else "ASC"),
        "after": after if is_after else sql.SQL("true"),
    }


def _kind_parts(kind: Kind) -> dict[str, sql.Composable]:
    return {"table": kind.table, "id": kind.id, "is_visible": kind.is_visible}


# Why not the ORM: it shares its condition with the statements above.
COUNT = """
SELECT count(*) FROM (
    SELECT FROM {table} AS facts WHERE owner IN (0, %(owner)s) AND {matches} AND {is_visible} LIMIT %(most)s
) AS matching
"""


def count_matching(kind: Kind, *, owner: int, filters: Filters, most: int | None) -> int:
    """Return how many rows match, at most `most`; None counts all."""
    matches, values = compose(filters, owner=owner)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(COUNT).format(matches=matches, **_kind_parts(kind)),
            values | {"owner": owner, "most": most},
        )
        count: int = cursor.fetchone()[0]
    return count


# Why not the ORM: as above.
COUNT_PEOPLE = """
SELECT company_id, count(*) FROM contacts_contactfacts AS facts
WHERE company_id = ANY(%(companies)s) AND owner IN (0, %(owner)s) AND {is_visible} GROUP BY company_id
"""


def count_people(*, owner: int, companies: list[int]) -> dict[int, int]:
    """Return how many contacts companies have, by primary key; those without any are left out."""
    with connection.cursor() as cursor:
        statement = sql.SQL(COUNT_PEOPLE).format(is_visible=CONTACTS.is_visible)
        cursor.execute(statement, {"owner": owner, "companies": companies})
        return dict(cursor.fetchall())


# Why not the ORM: as above. A step is a range of ids and not a number of matches: of a rare match every LIMIT would be
# a new scan.
LAST_ID = "SELECT max({id}) FROM {table}"
LIST_STEP = """
SELECT {id} FROM {table} AS facts
WHERE {id} > %(after)s AND {id} <= %(until)s AND owner IN (0, %(owner)s) AND {matches} AND {is_visible}
ORDER BY {id}
"""


def iterate_ids(kind: Kind, *, owner: int, filters: Filters, after: int) -> Iterator[list[int]]:
    """List the primary keys of what matches from one on, in order, in steps of uneven size."""
    matches, values = compose(filters, owner=owner)
    statement = sql.SQL(LIST_STEP).format(matches=matches, **_kind_parts(kind))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(LAST_ID).format(table=kind.table, id=kind.id))
        last: int = cursor.fetchone()[0] or 0
        for start in range(after, last, STEP):
            bounds = {"after": start, "until": start + STEP, "owner": owner}
            cursor.execute(statement, values | bounds)
            yield [row[0] for row in cursor.fetchall()]
