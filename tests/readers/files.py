"""One table with everything that readers trip over, written in every format in two pieces."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from psycopg import sql

from contacthub.formats import FORMATS, Column, Kind

# The texts of excel_dates.csv and their kind; ordinary text; and what breaks quoting, XML and number readers.
TEXTS = """
5-10 11-50 2E3 3.10 1/2 5% SEPT2 (5) TRUE 00123 1-2-3 =1+1 +4722 12:30 $7 1,234 1234567890123 1,5 1.234,5 5€ £5 10,00
30.11.2026 2026-11-30 11/30/2026 Mai2020 #N/A -5 @x .5 3M １２ =HYPERLINK("x","y") ="x" 1e5 2020年5月3日 250 12345678901
Garnier Øst 中文 _x0041_ _x000D_ 'quoted' "quoted" <b>&amp;</b> ]]> \\N \\. id_00000000000000aa a@b.example
""".split()  # noqa: SIM905
TEXTS += [
    "1 1/2", "+47 22 33 44 55", "5 pm", "12 septembre 2020", "12 Main Street", " outer spaces ", "Bob; Ann", "a, b",
    "two\nlines", "emoji \U0001f469\u200d\U0001f467", "x" * 32_767, "\U0001f600" * 16_000, "NULL", "nan", "true",
]  # fmt: skip
# What a sheet escapes, or shows with an apostrophe in a CSV for Excel.
ODD_TEXTS = [
    "carriage\r\nreturn",
    "tab\tinside",
    "a;=1+1",
    "a\n=1+1",
    "=1\n+2",
    "\x0bvertical",
    "\tx",
    "-" + "y" * 300,
]
COLUMNS = [
    Column("n", sql.SQL("t.n"), Kind.INTEGER),
    Column("big", sql.SQL("t.big"), Kind.INTEGER),
    Column("note", sql.SQL("t.note")),
    Column("score", sql.SQL("t.score"), Kind.NUMBER),
    Column("day", sql.SQL("t.day"), Kind.DATE),
    Column("empty", sql.SQL("NULL::text")),
]
NAMES = [column.name for column in COLUMNS]
SUFFIXES = {
    "csv": "csv",
    "csv_excel": "excel.csv",
    "jsonl": "jsonl",
    "xlsx": "xlsx",
    "parquet": "parquet",
}
FILL = """
CREATE TEMPORARY TABLE t AS
SELECT n::int, 9007199254740993 + n AS big, note, CASE WHEN n % 3 > 0 THEN n / 8.0::float8 END AS score,
    CASE WHEN n % 4 > 0 THEN date '2026-11-30' - n::int END AS day
FROM unnest({}::text[]) WITH ORDINALITY AS given (note, n)
"""


@dataclass(frozen=True)
class Row:
    """A row as every reader must give it back: texts, "" for nothing."""

    n: str
    big: str
    note: str
    score: str
    day: str
    empty: str = ""


def write_files(folder: Path, texts: list[str]) -> list[Row]:
    """Write `table.*` of every format. Returns the rows."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS t")
        cursor.execute(sql.SQL(FILL).format(sql.Literal(texts)))
        for name, suffix in SUFFIXES.items():
            (folder / f"table.{suffix}").write_bytes(encode(name, len(texts)))
        cursor.execute("SELECT n, big, note, score, day FROM t ORDER BY n")
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE t")
    return [Row(*("" if value is None else str(value) for value in row)) for row in rows]


def encode(name: str, count: int) -> bytes:
    """Return the file, of which another encoder wrote the second half where the format allows it."""
    format = FORMATS[name]
    encoder = format.open(COLUMNS, None, count)
    pieces = [encoder.begin(), encoder.encode(_copy(name, 1, count // 2))]
    if format.is_resumable:
        encoder = format.open(COLUMNS, json.loads(json.dumps(encoder.state)), count)
    return b"".join([*pieces, encoder.encode(_copy(name, count // 2 + 1, count)), encoder.end()])


def _copy(name: str, first: int, last: int) -> list[bytes]:
    source = sql.SQL("FROM t WHERE n BETWEEN {} AND {} ORDER BY n").format(first, last)
    statement = FORMATS[name].copy_statement(COLUMNS, source)
    with connection.cursor() as cursor, cursor.copy(statement) as copied:
        return [bytes(line) for line in copied]


def as_row(values: "list[object] | tuple[object, ...]") -> Row:
    """Return what a reader gave as texts: numbers in one spelling, days without a time, nothing as ""."""
    padded = [*values, *[None] * (len(NAMES) - len(values))]
    n, big, note, score, day, empty = (
        "" if value is None or value != value else str(value) for value in padded
    )
    number = str(float(score)) if score else ""
    return Row(str(int(float(n))), big, note, number, day[:10], empty)
