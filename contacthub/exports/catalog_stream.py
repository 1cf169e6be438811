"""Large exports of the catalog: all rows by one statement, on a connection of its own, cut into the parts of the file.

Looking a million rows up by their keys takes four times as long as one join of whole tables (make bench). The statement
is read while the parts that it gave are saved, which needs a second connection; all it reads is of one moment.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Self
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import IsolationLevel, sql

from contacthub.exports.catalog_rows import JOINS
from contacthub.formats import Column, Format

# Why not the ORM: Postgres writes the rows (COPY), in the order in which they were frozen.
ROWS = """
FROM contacts_selectionpart AS part
CROSS JOIN LATERAL unnest(part.ids) WITH ORDINALITY AS frozen (id, place)
JOIN {table} ON {row}.id = frozen.id AND ({row}.organization_id IS NULL OR {row}.organization_id = {owner})
{joins}
WHERE part.selection_id = {selection} AND part.place >= {first}
ORDER BY part.place, frozen.place
"""
# How many rows of each part are still there.
COUNTS = """
SELECT part.place, count(*) FROM contacts_selectionpart AS part
CROSS JOIN LATERAL unnest(part.ids) AS frozen (id)
JOIN {table} ON {row}.id = frozen.id AND ({row}.organization_id IS NULL OR {row}.organization_id = {owner})
WHERE part.selection_id = {selection} AND part.place >= {first} GROUP BY 1
"""
# The planner takes a part for a few rows, and would look each up.
BY_WHOLE_TABLES = "SET LOCAL enable_nestloop = off"


class PartStream:
    """The rows of a frozen selection from one part on, part after part."""

    def __init__(
        self,
        *,
        selection: UUID,
        of_companies: bool,
        owner: int,
        needs: Sequence[str],
        columns: Sequence[Column],
        format: Format,
        first: int,
    ) -> None:
        row = "company" if of_companies else "contact"
        self._parts: dict[str, sql.Composable] = {
            "table": sql.SQL(f"contacts_{row} AS {row}"),
            "row": sql.Identifier(row),
            "owner": sql.Literal(owner),
            "selection": sql.Literal(selection),
            "first": sql.Literal(first),
            "joins": sql.SQL("\n").join(sql.SQL(JOINS[name]) for name in needs if name != row),
        }
        self._statement = format.copy_statement(columns, sql.SQL(ROWS).format(**self._parts))
        self._next = first
        self._lines: Iterator[bytes] = iter(())
        self._counts: dict[int, int] = {}
        self._connection: Any = None
        self._copying: Any = None

    def __enter__(self) -> Self:
        """Begin the statement and wait for its first row, which takes most of its time."""
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self) -> None:
        self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self._connection.ensure_connection()
        self._connection.set_autocommit(False)
        self._connection.connection.isolation_level = IsolationLevel.REPEATABLE_READ
        cursor = self._connection.cursor()
        cursor.execute(BY_WHOLE_TABLES)
        cursor.execute(sql.SQL(COUNTS).format(**self._parts))
        self._counts = dict(cursor.fetchall())
        # Kept, because the statement is cancelled when nothing refers to it any more.
        self._copying = cursor.copy(self._statement)
        lines = (bytes(line) for line in self._copying.__enter__())
        self._lines = chain(list(islice(lines, 1)), lines)

    def __exit__(self, *_: object) -> None:
        """Give the connection up, and with it what has not been read."""
        if self._connection is not None and self._connection.connection is not None:
            self._connection.connection.close()
            self._connection.close()

    def take(self, part: int) -> list[bytes]:
        """Return the rows of the next part. Raises `ValueError` for another one than the next."""
        if part != self._next:
            raise ValueError(f"Part {self._next} comes next, not {part}.")
        self._next += 1
        return list(islice(self._lines, self._counts.get(part, 0)))
