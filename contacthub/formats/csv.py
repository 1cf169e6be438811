"""CSV twice: for systems (RFC 4180, values untouched) and for Excel (text stays text, see `core.tabular.excel`)."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from contacthub.core.tabular.excel import (
    BYTE_ORDER_MARK,
    excel_integer_sql,
    excel_text_sql,
    format_excel_rows,
)
from contacthub.formats.base import Column, Encoder, Format, Kind


class CsvEncoder(Encoder):
    """Joins rows with CRLF under one header row (RFC 4180 §2)."""

    def begin(self) -> bytes:
        """Return the header row."""
        header = io.StringIO(newline="")
        csv.writer(header).writerow([column.name for column in self.columns])
        return header.getvalue().encode()

    def encode(self, lines: list[bytes]) -> bytes:
        """Replace the line feed that COPY ends each row with; line feeds inside quoted values stay."""
        return b"\r\n".join([line[:-1] for line in lines]) + b"\r\n" if lines else b""


class ExcelCsvEncoder(CsvEncoder):
    """The same with the byte order mark by which Excel knows UTF-8."""

    def begin(self) -> bytes:
        """Return the mark and the header row."""
        header = format_excel_rows([[column.name for column in self.columns]])
        return (BYTE_ORDER_MARK + header).encode()


def _excel_cell(column: Column) -> sql.Composable:
    if column.kind is Kind.TEXT:
        return excel_text_sql(column.expression)
    if column.kind is Kind.INTEGER:
        return excel_integer_sql(column.expression)
    return column.expression


def _join(cells: Sequence[sql.Composable]) -> sql.Composable:
    """Return a select list. A lone null would be an empty line, which most readers skip; an empty text is quoted."""
    if len(cells) == 1:
        return sql.SQL("coalesce(({})::text, '')").format(cells[0])
    return sql.SQL(", ").join(cells)


@dataclass(frozen=True)
class CsvFormat(Format):
    """CSV for systems."""

    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Format every value as Postgres does."""
        return _join([column.expression for column in columns])

    def open(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> Encoder:
        """Return an encoder without a byte order mark."""
        return CsvEncoder(columns, state)


@dataclass(frozen=True)
class ExcelCsvFormat(Format):
    """CSV for Excel."""

    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Write values so that Excel keeps text as text, and every digit."""
        return _join([_excel_cell(column) for column in columns])

    def open(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> Encoder:
        """Return an encoder with a byte order mark."""
        return ExcelCsvEncoder(columns, state)


CSV = CsvFormat(
    name="csv",
    label="CSV for systems",
    hint="RFC 4180, untouched values",
    suffix="csv",
    content_type="text/csv; charset=utf-8",
)
CSV_EXCEL = ExcelCsvFormat(
    name="csv_excel",
    label="CSV for Excel",
    hint="UTF-8 mark; text never becomes a number, date or formula",
    suffix="csv",
    content_type="text/csv; charset=utf-8",
    # 2: dates, fractions and the like are kept as text.
    version=2,
)
