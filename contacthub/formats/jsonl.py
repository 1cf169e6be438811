"""JSON Lines: one object per row, keys in column order, nulls kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from contacthub.formats.base import VERBATIM, Column, Encoder, Format


class JsonLinesEncoder(Encoder):
    """Passes lines through: Postgres has written them to the end."""

    def encode(self, lines: list[bytes]) -> bytes:
        """Join the lines."""
        return b"".join(lines)


@dataclass(frozen=True)
class JsonLinesFormat(Format):
    """JSON Lines."""

    def copy_statement(self, columns: Sequence[Column], source: sql.Composable) -> sql.Composable:
        """Format each row with row_to_json, which has no limit on columns where json_build_object has one."""
        return sql.SQL(
            "COPY (SELECT row_to_json(r) FROM (SELECT {cells} {source}) AS r) TO STDOUT ({options})"
        ).format(cells=self.cells(columns), source=source, options=VERBATIM)

    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Name each value."""
        return sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(column.expression, sql.Identifier(column.name))
            for column in columns
        )

    def open(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> Encoder:
        """Return an encoder."""
        return JsonLinesEncoder(columns, state)


JSON_LINES = JsonLinesFormat(
    name="jsonl",
    label="JSON Lines",
    hint="One object per row",
    suffix="jsonl",
    content_type="application/x-ndjson",
)
