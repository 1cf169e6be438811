"""CSV twice: for systems (RFC 4180, values untouched) and for Excel (nothing is taken for a formula or a number)."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from contacthub.jobs.encoders.base import Column, Encoder, Format, Kind

# Excel reads text that looks like a number as one and loses leading zeros, a leading plus and digits after the
# fifteenth; ="…" is how a CSV cell says "text". Anything else that could start a formula gets an apostrophe.
# Source: OWASP, "CSV Injection"; the wide forms are folded to ASCII by some spreadsheets.
# A letter in front settles it without a regular expression: measured at half the time for a file of text columns.
EXCEL_TEXT = """
CASE WHEN ascii({value}) BETWEEN 65 AND 122 THEN {value}
     WHEN {value} ~ '^([+0][0-9 ().-]+|[0-9]{{12,}})$' THEN '="' || {value} || '"'
     WHEN {value} ~ E'^[[:space:]]*[-=+@|%＝＋－＠\\t\\r\\n]' THEN '''' || {value}
     ELSE {value} END
"""
# The same rule for text that is at hand.
NUMBER_LIKE = re.compile(r"[+0][0-9 ().-]+|[0-9]{12,}", re.ASCII)
FORMULA_START = re.compile(r"\s*[-=+@|%＝＋－＠]|[\t\r\n]")


def excel_text(value: str) -> str:
    """Return text as `EXCEL_TEXT` does: so that Excel keeps it as text."""
    if NUMBER_LIKE.fullmatch(value):
        return f'="{value}"'
    return f"'{value}" if FORMULA_START.match(value) else value


class CsvEncoder(Encoder):
    """Joins rows with CRLF under one header row (RFC 4180 §2)."""

    preamble = b""

    def begin(self) -> bytes:
        """Return the header row."""
        header = io.StringIO()
        csv.writer(header).writerow([column.name for column in self.columns])
        return self.preamble + header.getvalue().encode()

    def encode(self, lines: list[bytes]) -> bytes:
        """Replace the line feed that COPY ends each row with; line feeds inside quoted values stay."""
        return b"\r\n".join([line[:-1] for line in lines]) + b"\r\n" if lines else b""


class ExcelCsvEncoder(CsvEncoder):
    """The same with the byte order mark by which Excel knows UTF-8."""

    preamble = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvFormat(Format):
    """CSV for systems."""

    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Spell every value as Postgres does."""
        return sql.SQL(", ").join(column.expression for column in columns)

    def open(self, columns: Sequence[Column], state: dict[str, Any] | None = None) -> Encoder:
        """Return an encoder without a byte order mark."""
        return CsvEncoder(columns, state)


@dataclass(frozen=True)
class ExcelCsvFormat(Format):
    """CSV for Excel."""

    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Spell text so that Excel keeps it as text."""
        return sql.SQL(", ").join(
            sql.SQL(EXCEL_TEXT).format(value=column.expression)
            if column.kind is Kind.TEXT
            else column.expression
            for column in columns
        )

    def open(self, columns: Sequence[Column], state: dict[str, Any] | None = None) -> Encoder:
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
    hint="UTF-8 mark, + and 0 kept as text",
    suffix="csv",
    content_type="text/csv; charset=utf-8",
)
