"""Pages in an order that feeds make: by the last day on which they observed a row's company, or by its recent records.

Such an order differs from organization to organization, and with the filters, so that no index holds it. Companies are
ranked first, of which there are far fewer than contacts. Rows of one rank stand together by company and then by number;
those whose company has no rank come after all others, by number. So a page needs the contacts of a few companies at the
top and not of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from psycopg import sql

from contacthub.contacts.filters import CompanyFilters, ContactFilters, Filters
from contacthub.contacts.sql.conditions import Values, compose
from contacthub.contacts.sql.observed import ranked_companies
from contacthub.contacts.sql.search_pages import Found, Kind, Order, find_page

# Companies at the top whose rows are read first. A few hundred give a page unless the filters leave little of them.
WALKED_COMPANIES = 300
_BY_NUMBER = Order("number", "bigint")

# Why not the ORM: it shares its conditions with the searches. MATERIALIZED, so that windows are read once.
FIND = """
WITH ranked AS MATERIALIZED ({ranked}), top AS (
    SELECT employer, rank FROM ranked WHERE {beyond} ORDER BY rank {direction}, employer {direction}
    LIMIT %(companies)s
)
SELECT facts.{id}, top.rank::text || '|' || top.employer, facts.number, (SELECT count(*) FROM top)
FROM top JOIN {table} AS facts ON facts.company_id = top.employer
WHERE facts.owner IN (0, %(owner)s) AND {after} AND {matches} AND {is_visible}
ORDER BY top.rank {direction}, top.employer {direction}, facts.number {direction} LIMIT %(limit)s
"""
BEYOND = "(rank, employer) {comparison}= (%(rank)s::{type}, %(company)s::bigint)"
AFTER = """
(top.rank, top.employer, facts.number) {comparison} (%(rank)s::{type}, %(company)s::bigint, %(number)s::bigint)
"""
# The rank and company of a row, or nothing if it has no rank.
POSITION = """
SELECT coalesce(ranked.rank::text || '|' || ranked.employer, '') FROM {table} AS facts
LEFT JOIN ({ranked}) AS ranked ON ranked.employer = facts.company_id
WHERE facts.owner IN (0, %(owner)s) AND facts.number = %(number)s ORDER BY facts.owner DESC LIMIT 1
"""
JOIN = "LEFT JOIN ({ranked}) AS ranked ON ranked.employer = facts.company_id"
# A row without a rank, of those that a page shows after all others.
OTHERS = "company_id IN (SELECT ranked.employer FROM ({ranked}) AS ranked) IS NOT TRUE"
TYPES = {"last_day": "date", "records": "bigint"}


@dataclass(frozen=True)
class Rank:
    """What companies are ranked by, `last_day` or recent `records`; company and number share the direction."""

    column: str
    is_descending: bool = True


def find_ranked_page(
    kind: Kind,
    *,
    owner: int,
    filters: Filters,
    rank: Rank,
    after: tuple[str, int] | None,
    limit: int,
) -> list[Found]:
    """Return the first `limit` rows after a place in the order."""
    observed = [_find_ranked, _find_others] if rank.is_descending else [_find_others, _find_ranked]
    # A place without a rank is among the rows whose company was not observed.
    is_among_others = after is not None and not after[0]
    if after is not None and is_among_others == (observed[0] is _find_ranked):
        del observed[0]
    found: list[Found] = []
    for find in observed:
        found += find(kind, owner, filters, rank, after, limit - len(found))
        if len(found) == limit:
            break
        after = None
    return found


def _find_ranked(
    kind: Kind, owner: int, filters: Filters, rank: Rank, after: tuple[str, int] | None, limit: int
) -> list[Found]:
    for companies in (WALKED_COMPANIES, None):
        rows = _run(kind, owner, filters, rank, after, limit, companies)
        is_all = companies is None or (rows and rows[0][3] < companies)
        if len(rows) == limit or is_all:
            break
    return [Found._make(row[:3]) for row in rows]


def _run(
    kind: Kind,
    owner: int,
    filters: Filters,
    rank: Rank,
    after: tuple[str, int] | None,
    limit: int,
    companies: int | None,
) -> Sequence[tuple[Any, ...]]:
    matches, values = compose(filters, owner=owner)
    ranked, windows = ranked_companies(_company(filters), owner=owner, column=rank.column)
    values = windows | values | {"owner": owner, "limit": limit, "companies": companies}
    if after is not None:
        value, _, company = after[0].partition("|")
        values |= {"rank": value, "company": company, "number": after[1]}
    parts = {
        "comparison": sql.SQL("<" if rank.is_descending else ">"),
        "type": sql.SQL(TYPES[rank.column]),
    }
    statement = sql.SQL(FIND).format(
        ranked=ranked,
        matches=matches,
        direction=sql.SQL("DESC" if rank.is_descending else "ASC"),
        beyond=sql.SQL(BEYOND).format(**parts) if after else sql.SQL("true"),
        after=sql.SQL(AFTER).format(**parts) if after else sql.SQL("true"),
        table=kind.table,
        id=kind.id,
        is_visible=kind.is_visible,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _find_others(
    kind: Kind, owner: int, filters: Filters, rank: Rank, after: tuple[str, int] | None, limit: int
) -> list[Found]:
    ranked, values = ranked_companies(_company(filters), owner=owner, column=rank.column)
    found = find_page(
        kind,
        owner=owner,
        filters=filters,
        order=replace(_BY_NUMBER, is_descending=rank.is_descending),
        after=(str(after[1]), after[1]) if after else None,
        limit=limit,
        also=(sql.SQL(OTHERS).format(ranked=ranked), values),
    )
    return [Found(row.id, "", row.number) for row in found]


def find_rank(kind: Kind, *, owner: int, filters: Filters, column: str, number: int) -> str | None:
    """Return the value of a row in the order that these filters make; None if it is gone."""
    ranked, values = ranked_companies(_company(filters), owner=owner, column=column)
    statement = sql.SQL(POSITION).format(table=kind.table, ranked=ranked)
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"number": number})
        found = cursor.fetchone()
    return found[0] if found else None


def rank_join(filters: Filters, *, owner: int, column: str) -> tuple[sql.Composable, Values]:
    """Return the join that gives rows of facts their `ranked`: employer and rank, as far as there is one."""
    ranked, values = ranked_companies(_company(filters), owner=owner, column=column)
    return sql.SQL(JOIN).format(ranked=ranked), values


def _company(filters: Filters) -> CompanyFilters:
    return filters.company if isinstance(filters, ContactFilters) else filters
