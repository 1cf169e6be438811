"""Statements about an export's rows: page boundaries, and rows between two of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection
from psycopg import sql

from contacthub.exports.models import Export, PageBoundary, RemoteExport, RemotePage
from contacthub.feeds.models import Search
from contacthub.formats import Column, Format

# Why not the ORM: finding every thousandth record needs a window over an index scan, and the result is written where
# it is found. Boundaries depend on frozen things only, so two workers that race write the same ones.
EXTEND_BOUNDARIES = """
WITH ends AS (
    SELECT observed_on, fingerprint, n, n / {size} AS place FROM (
        SELECT observed_on, fingerprint, row_number() OVER () - 1 AS n FROM (
            SELECT observed_on, fingerprint FROM feeds_intentrecord AS record
            WHERE {rows} AND {after}
            ORDER BY observed_on DESC, fingerprint DESC
            LIMIT {most}
        ) AS ordered
    ) AS numbered
    WHERE n % {size} IN (0, {size} - 1) OR n = {most} - 1
)
INSERT INTO exports_pageboundary
    (export_id, page, first_on, first_fingerprint, last_on, last_fingerprint, row_count)
SELECT {export}, {page} + a.place, a.observed_on, a.fingerprint, b.observed_on, b.fingerprint, b.n - a.n + 1
FROM ends AS a JOIN ends AS b USING (place)
WHERE a.n % {size} = 0 AND (b.n % {size} = {size} - 1 OR b.n = {most} - 1)
ON CONFLICT DO NOTHING
"""


def extend_boundaries(*, export: Export, after: PageBoundary | None, page_count: int) -> None:
    """Find and save the boundaries of up to `page_count` pages that follow the page `after`."""
    page = after.page + 1 if after else 1
    most = min(page_count * export.page_size, export.total_rows - (page - 1) * export.page_size)
    statement = sql.SQL(EXTEND_BOUNDARIES).format(
        rows=_rows_of(export),
        after=_after(after) if after else sql.SQL("true"),
        most=sql.Literal(most),
        size=sql.Literal(export.page_size),
        export=sql.Literal(export.pk),
        page=sql.Literal(page),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _after(boundary: PageBoundary) -> sql.Composable:
    return sql.SQL("(observed_on, fingerprint) < ({}, {})").format(
        sql.Literal(boundary.last_on), sql.Literal(boundary.last_fingerprint)
    )


def _rows_of(export: Export) -> sql.Composable:
    """Return the condition of an export's rows: nothing in it can change once the search is frozen."""
    search: Search = export.feed_search
    condition = sql.SQL(
        "record.feed_id = {} AND record.observed_on BETWEEN {} AND {} AND record.batch <= {}"
    ).format(
        sql.Literal(search.feed_id),
        sql.Literal(search.start_on),
        sql.Literal(search.end_on),
        sql.Literal(search.watermark),
    )
    if export.require_contact_id:
        condition += sql.SQL(" AND record.contact_key IS NOT NULL")
    return condition


def all_rows(export: Export) -> sql.Composable:
    """Return the FROM clause of all rows of a feed's export, without an order, as `record`.

    Of a limited export those that its pages hold.
    """
    if not export.is_limited:
        return sql.SQL("FROM feeds_intentrecord AS record WHERE {}").format(_rows_of(export))
    return sql.SQL(
        "FROM (SELECT * FROM feeds_intentrecord AS record WHERE {}"
        " ORDER BY observed_on DESC, fingerprint DESC LIMIT {}) AS record WHERE true"
    ).format(_rows_of(export), sql.Literal(export.total_rows))


def between(export: Export, first: PageBoundary, last: PageBoundary) -> sql.Composable:
    """Return the FROM clause of the rows of the pages `first` … `last`, as `record`."""
    return sql.SQL(
        "FROM feeds_intentrecord AS record WHERE {rows}"
        " AND (record.observed_on, record.fingerprint) <= ({}, {})"
        " AND (record.observed_on, record.fingerprint) >= ({}, {})"
        " ORDER BY record.observed_on DESC, record.fingerprint DESC"
    ).format(
        sql.Literal(first.first_on),
        sql.Literal(first.first_fingerprint),
        sql.Literal(last.last_on),
        sql.Literal(last.last_fingerprint),
        rows=_rows_of(export),
    )


REMOTE_COLUMNS = tuple(
    field.name
    for field in RemotePage._meta.concrete_fields
    if field.name not in ("remote", "number")
)


def of_remote(export: Export, first: int, last: int) -> sql.Composable:
    """Return the FROM clause for the rows of vendor pages `first` … `last`, as `record`, in the vendor's order."""
    return sql.SQL(
        "FROM exports_remotepage AS page, LATERAL unnest({arrays}) WITH ORDINALITY AS record({names}, place)"
        " WHERE page.remote_id = {remote} AND page.number BETWEEN {first} AND {last}"
        " ORDER BY page.number, record.place"
    ).format(
        arrays=sql.SQL(", ").join(sql.Identifier("page", name) for name in REMOTE_COLUMNS),
        names=sql.SQL(", ").join(map(sql.Identifier, REMOTE_COLUMNS)),
        remote=sql.Literal(export.remote_id),
        first=sql.Literal(first),
        last=sql.Literal(last),
    )


def copy_rows(*, columns: list[Column], format: Format, source: sql.Composable) -> list[bytes]:
    """Return the rows of a FROM clause, each one written for `format` and ended by a line feed."""
    # Why not the ORM: Postgres writes rows three times faster than Python can build them.
    statement = format.copy_statement(columns, source)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return [bytes(line) for line in copy]


def fetch_rows(*, columns: list[Column], source: sql.Composable) -> list[dict[str, Any]]:
    """Return the rows of a FROM clause as dictionaries in its order."""
    # Why not the ORM: the same columns and conditions as in the file, so that page and file cannot differ.
    cells = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(column.expression, sql.Identifier(column.name))
        for column in columns
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {} {}").format(cells, source))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# Why not the ORM: it writes each of a page's 17,000 values twice in Python, which took longer than all else that a
# page needs; as one JSON text the page is measured to go in three times as fast.
INSERT_PAGE = """
INSERT INTO exports_remotepage (remote_id, number, {names})
SELECT {remote}, {number}, {arrays} FROM (SELECT {page}::jsonb AS page) AS given
ON CONFLICT DO NOTHING
"""
ARRAY = """
CASE WHEN page -> {name} <> 'null' THEN ARRAY(
    SELECT value::{type} FROM jsonb_array_elements_text(page -> {name}) WITH ORDINALITY AS item (value, place)
    ORDER BY place
) END
"""
TYPES = {"contact_key": "bigint", "observed_on": "date"}


def insert_page(
    *, remote: RemoteExport, number: int, columns: Mapping[str, Sequence[Any] | None]
) -> None:
    """Save a page of vendor rows, column by column; None for one that was not requested.

    Nothing happens where the page is here already. No text may hold the character NUL.
    """
    statement = sql.SQL(INSERT_PAGE).format(
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        remote=sql.Literal(remote.pk),
        number=sql.Literal(number),
        arrays=sql.SQL(", ").join(map(_array, columns)),
        page=sql.Placeholder(),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(columns).decode()])


def _array(name: str) -> sql.Composable:
    kind = sql.SQL(TYPES.get(name, "text"))
    return sql.SQL(ARRAY).format(name=sql.Literal(name), type=kind)
