"""Every format gives back what went in, whoever wrote which part of the file."""

import copy
import csv
import datetime as dt
import io
import itertools
import json
import zipfile
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
from django.db import connection
from psycopg import sql

from contacthub.jobs.encoders import FORMATS, Column, Kind
from contacthub.jobs.encoders import xlsx as xlsx_module

pytestmark = pytest.mark.django_db

HOSTILE = [
    "plain",
    "",
    None,
    "comma, inside",
    'quote " inside',
    "line\nfeed",
    "carriage\r\nreturn",
    "tab\tinside",
    " spaces ",
    "=1+1",
    "+44 20 7946 0000",
    "-5",
    "@cmd",
    "\\back\\slash",
    "\\N",
    "\\.",
    "001234",
    "12345678901234567890",
    "<b>&amp;</b>",
    "]]>",
    "_x0041_",
    "emoji 👩‍👧 ZWJ",
    "Ł ø 中文 ü",
    "'quoted'",
    "＝1+1",
    "\x01\x02 control",
    "a|b;c",
]
COLUMNS = [
    Column("n", sql.Identifier("t", "n"), Kind.INTEGER),
    Column('text, odd "name"', sql.Identifier("t", "text")),
    Column("score", sql.Identifier("t", "score"), Kind.NUMBER),
    Column("day", sql.Identifier("t", "day"), Kind.DATE),
]
NAMES = [column.name for column in COLUMNS]


@pytest.fixture
def rows() -> list[tuple[Any, ...]]:
    day = dt.date(2026, 11, 20)
    rows: list[tuple[Any, ...]] = [
        (n, text, n / 4 if n % 3 else None, day - dt.timedelta(days=n) if n % 4 else None)
        for n, text in enumerate(HOSTILE)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE t (n integer, text text, score double precision, day date)"
        )
        cursor.executemany("INSERT INTO t VALUES (%s, %s, %s, %s)", rows)
    yield rows
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE t")


def copy_lines(name: str, first: int, last: int) -> list[bytes]:
    source = sql.SQL("FROM t WHERE n BETWEEN {} AND {} ORDER BY n").format(
        sql.Literal(first), sql.Literal(last)
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(FORMATS[name].copy_statement(COLUMNS, source)) as copied,
    ):
        return [bytes(line) for line in copied]


def encode(name: str, cuts: list[int], *, fresh_encoder: bool = True) -> bytes:
    """Write the file in pieces that end before each cut; each piece by an encoder opened from the saved state."""
    format = FORMATS[name]
    encoder = format.open(COLUMNS)
    pieces = [encoder.begin()]
    edges = [0, *cuts, len(HOSTILE)]
    for first, after in itertools.pairwise(edges):
        if fresh_encoder and format.is_resumable:
            encoder = format.open(COLUMNS, json.loads(json.dumps(copy.deepcopy(encoder.state))))
        pieces.append(encoder.encode(copy_lines(name, first, after - 1)))
    return b"".join([*pieces, encoder.end()])


@pytest.mark.parametrize("name", [name for name, format in FORMATS.items() if format.is_resumable])
def test_continued_file_differs_in_no_row(name: str, rows: list[tuple[Any, ...]]) -> None:
    whole, parts = encode(name, []), encode(name, [1, 2, 11, 20])
    if name == "xlsx":
        assert read_xlsx(parts) == read_xlsx(whole)
    else:
        assert parts == whole
    assert encode(name, [1, 2, 11, 20], fresh_encoder=False) == parts, (
        "the same cuts give the same bytes"
    )


def test_csv_is_rfc_4180_and_untouched(rows: list[tuple[Any, ...]]) -> None:
    data = encode("csv", [7])
    assert data.startswith(b'n,"text, odd ""name""",score,day\r\n')
    assert data.endswith(b"\r\n")
    read = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    assert [row[1] for row in read] == [text or "" for _, text, _, _ in rows]
    assert read[5][2:] == ["1.25", "2026-11-15"]


def test_csv_for_excel_has_a_mark_and_no_formula(rows: list[tuple[Any, ...]]) -> None:
    data = encode("csv_excel", [7])
    assert data.startswith(b"\xef\xbb\xbfn,")
    cells = [row[1] for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))][1:]
    written = dict(zip([text for _, text, _, _ in rows], cells, strict=True))
    assert written["=1+1"] == '="=1+1"'
    assert written["@cmd"] == '="@cmd"'
    assert written["＝1+1"] == '="＝1+1"'
    assert written["-5"] == '="-5"'
    assert written["+44 20 7946 0000"] == '="+44 20 7946 0000"', (
        "a phone number stays whole, as text"
    )
    assert written["001234"] == '="001234"'
    assert written["12345678901234567890"] == '="12345678901234567890"'
    assert written["plain"] == "plain"
    assert written["comma, inside"] == "comma, inside"


def test_json_lines_are_typed_objects_in_column_order(rows: list[tuple[Any, ...]]) -> None:
    lines = encode("jsonl", [7]).decode().splitlines()
    objects = [json.loads(line) for line in lines]
    assert [list(item) for item in objects] == [NAMES] * len(rows)
    expected = [[n, text, score, str(day) if day else None] for n, text, score, day in rows]
    assert [list(item.values()) for item in objects] == expected


def read_xlsx(data: bytes) -> list[list[list[Any]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]


def test_xlsx_opens_with_typed_cells(rows: list[tuple[Any, ...]]) -> None:
    ((header, *read),) = read_xlsx(encode("xlsx", [7, 9]))
    assert header == NAMES
    for (n, text, score, day), cells in zip(rows, read, strict=True):
        stripped = (text or "").replace("\x01", "").replace("\x02", "")
        # ECMA-376 escapes _xHHHH_ in text; spreadsheets undo it, openpyxl shows it as it is stored.
        stripped = stripped.replace("_x0041_", "_x005F_x0041_")
        # XML ends every line the same way; an empty cell and an empty text look alike in a sheet.
        assert (cells[1] or "") == stripped.replace("\r\n", "\n")
        assert (cells[0], cells[2]) == (n, score)
        assert cells[3] == (dt.datetime.combine(day, dt.time()) if day else None)


def test_xlsx_begins_a_new_sheet_at_the_limit(
    rows: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_module, "SHEET_ROWS", 10)
    sheets = read_xlsx(encode("xlsx", [3, 4, 17]))
    assert [len(sheet) - 1 for sheet in sheets] == [10, 10, len(rows) - 20]
    assert all(sheet[0] == NAMES for sheet in sheets)
    assert [row[0] for sheet in sheets for row in sheet[1:]] == [n for n, *_ in rows]


def test_parquet_is_typed_and_tells_null_from_empty(rows: list[tuple[Any, ...]]) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(encode("parquet", [7, 9])))
    assert [str(kind) for kind in table.schema.types] == [
        "int64",
        "string",
        "double",
        "date32[day]",
    ]
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


@pytest.mark.parametrize("name", list(FORMATS))
def test_file_without_rows_is_a_whole_file(name: str, rows: list[tuple[Any, ...]]) -> None:
    encoder = FORMATS[name].open(COLUMNS)
    data = encoder.begin() + encoder.end()
    if name == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(data)).num_rows == 0
    elif name == "xlsx":
        assert read_xlsx(data) == [[NAMES]]
    elif name == "jsonl":
        assert data == b""
    else:
        assert len(data.splitlines()) == 1
