"""Every format gives back what went in, whoever wrote which part of the file."""

import copy
import csv
import datetime as dt
import io
import itertools
import json
import zipfile
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pyarrow.parquet
import pytest
from django.db import connection
from psycopg import sql

from contacthub.formats import FORMATS, Column, Kind, xlsx_cells
from contacthub.formats import xlsx as xlsx_module

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
    encoder = format.open(COLUMNS, None, len(HOSTILE))
    pieces = [encoder.begin()]
    edges = [0, *cuts, len(HOSTILE)]
    for first, after in itertools.pairwise(edges):
        if fresh_encoder and format.is_resumable:
            encoder = format.open(
                COLUMNS, json.loads(json.dumps(copy.deepcopy(encoder.state))), len(HOSTILE)
            )
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


def as_in_sheet(text: str | None) -> str:
    """Return a text as it stands in a cell: ECMA-376 escapes what XML forbids, which openpyxl does not undo."""
    text = (text or "").replace("_x0041_", "_x005F_x0041_")
    return text.replace("\x01", "_x0001_").replace("\x02", "_x0002_")


def test_xlsx_opens_with_typed_cells(rows: list[tuple[Any, ...]]) -> None:
    ((header, *read),) = read_xlsx(encode("xlsx", [7, 9]))
    assert header == NAMES
    for (n, text, score, day), cells in zip(rows, read, strict=True):
        # An empty cell and an empty text look alike in a sheet.
        assert (cells[1] or "") == as_in_sheet(text)
        assert (cells[0], cells[2]) == (n, score)
        assert cells[3] == (dt.datetime.combine(day, dt.time()) if day else None)


def read_sheet(data: bytes, number: int = 1) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))


def find_all(sheet: ElementTree.Element, path: str) -> list[ElementTree.Element]:
    return sheet.findall(path, {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"})


def test_xlsx_says_the_place_of_every_row_and_cell(
    rows: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers that do not count themselves (exceljs, xlsx2csv) see nothing else."""
    monkeypatch.setattr(xlsx_module, "SHEET_ROWS", 20)
    data = encode("xlsx", [7, 9])
    for number, count in ((1, 20), (2, len(rows) - 20)):
        sheet = read_sheet(data, number)
        found = find_all(sheet, "sheetData/row")
        assert [row.get("r") for row in found] == [str(n) for n in range(1, count + 2)]
        for row in found:
            places = [str(cell.get("r")) for cell in row]
            assert places == sorted(places)
            assert set(places) <= {f"{letter}{row.get('r')}" for letter in "ABCD"}
        (pane,) = find_all(sheet, "sheetViews/sheetView/pane")
        assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
        assert len(find_all(sheet, "cols/col")) == len(NAMES)
        assert [part.get("ref") for part in find_all(sheet, "autoFilter")] == [f"A1:D{count + 1}"]
        assert [part.get("ref") for part in find_all(sheet, "dimension")] == [f"A1:D{count + 1}"]


def test_letters_of_columns() -> None:
    places = (1, 26, 27, 52, 53, 702, 703, 16_384)
    letters = ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]
    assert [xlsx_cells.column_letters(place) for place in places] == letters


def encode_value(column: Column, name: str = "xlsx", state: Any = None) -> tuple[bytes, int]:
    with (
        connection.cursor() as cursor,
        cursor.copy(FORMATS[name].copy_statement([column], sql.SQL(""))) as copied,
    ):
        lines = [bytes(line) for line in copied]
    encoder = FORMATS[name].open([column], state, 1)
    return encoder.begin() + encoder.encode(lines) + encoder.end(), encoder.cut_count


def test_xlsx_columns_are_as_wide_as_their_values() -> None:
    kinds = {
        "'2026-11-30'::date": Kind.DATE,
        "repeat('x', 30)": Kind.TEXT,
        "repeat('x', 300)": Kind.TEXT,
    }
    widths = []
    for value, kind in kinds.items():
        data, _ = encode_value(Column("c", sql.SQL(value), kind))
        widths += [int(str(col.get("width"))) for col in find_all(read_sheet(data), "cols/col")]
    assert widths == [12, 32, 60], "a date shows as a date and not as ####"


@pytest.mark.parametrize(
    ("value", "shown", "cuts"),
    [
        ("repeat('x', 32767)", "x" * 32767, 0),
        ("repeat('x', 32768)", "x" * 32767, 1),
        ("repeat('é', 32767)", "é" * 32767, 0),
        # Two units of UTF-16 each: the last one does not fit, and is not cut in half.
        ("repeat(U&'\\+01F600', 16384)", "\U0001f600" * 16383, 1),
        ("repeat(U&'\\+01F600', 16383) || 'x'", "\U0001f600" * 16383 + "x", 0),
        # What is one character in the cell counts once, whatever XML writes for it.
        ("repeat('&', 32768)", "&" * 32767, 1),
        ("repeat('<', 32767)", "<" * 32767, 0),
        ("repeat(E'\\x04', 32768)", "_x0004_" * 32767, 1),
        ("repeat('x', 32766) || ' y'", "x" * 32766 + " ", 1),
    ],
)
def test_xlsx_cuts_text_where_a_cell_ends_and_counts_it(value: str, shown: str, cuts: int) -> None:
    data, cut_count = encode_value(Column("c", sql.SQL(value)))
    assert read_xlsx(data) == [[["c"], [shown]]]
    assert cut_count == cuts


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        # XML ends every line alike, so a carriage return is written as a reference.
        (r"E'a\r\nb\rc\td'", Kind.TEXT, "a\r\nb\rc\td"),
        (r"E'\x03\x0b\x1f\uFFFE\uFFFF'", Kind.TEXT, "_x0003__x000B__x001F__xFFFE__xFFFF_"),
        # Read as ECMA-376 says, this is _x0041_x0042_ again.
        ("'_x0041_x0042_'", Kind.TEXT, "_x005F_x0041_x005F_x0042_"),
        ("'_x000d_'", Kind.TEXT, "_x005F_x000d_"),
        ("999999999999999::bigint", Kind.INTEGER, 999999999999999),
        ("9223372036854775807::bigint", Kind.INTEGER, "9223372036854775807"),
        ("-1000000000000000::bigint", Kind.INTEGER, "-1000000000000000"),
        ("'NaN'::float8", Kind.NUMBER, "NaN"),
        ("'-Infinity'::float8", Kind.NUMBER, "-Infinity"),
        ("0.1::float8", Kind.NUMBER, 0.1),
        ("date '1900-02-28'", Kind.DATE, "1900-02-28"),
        ("date '1900-03-01'", Kind.DATE, dt.datetime(1900, 3, 1)),  # noqa: DTZ001
        ("date '9999-12-31'", Kind.DATE, dt.datetime(9999, 12, 31)),  # noqa: DTZ001
        ("date '10000-01-01'", Kind.DATE, "10000-01-01"),
        ("date 'infinity'", Kind.DATE, "infinity"),
    ],
)
def test_xlsx_holds_the_edges_of_every_type(value: str, kind: Kind, shown: Any) -> None:
    data, _ = encode_value(Column("c", sql.SQL(value), kind))
    assert read_xlsx(data) == [[["c"], [shown]]]


def test_xlsx_heading_is_valid_xml() -> None:
    data, _ = encode_value(Column("a\x01<&>\r\n_x0041_", sql.SQL("'x'")))
    assert read_xlsx(data)[0][0] == ["a_x0001_<&>\r\n_x005F_x0041_"]


def test_file_that_an_older_version_began_is_begun_again() -> None:
    for format in FORMATS.values():
        assert format.can_continue({}) == format.is_resumable
        begun = {"page": 1, "encoder": {}}
        assert format.can_continue(begun) == (format.is_resumable and format.version == 1)
        ours = begun | {"format_version": format.version}
        assert format.can_continue(ours) == format.is_resumable


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


@pytest.mark.parametrize("name", ["csv", "csv_excel", "parquet"])
def test_lone_value_that_is_empty_is_a_row(name: str) -> None:
    data, _ = encode_value(Column("c", sql.SQL("NULL::text")), name)
    if name == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist() == [{"c": None}]
    else:
        assert data.decode("utf-8-sig") == 'c\r\n""\r\n'


def test_parquet_holds_long_rows_and_a_mark_at_the_start() -> None:
    for text, value in (("x" * 3_000_000, "repeat('x', 3000000)"), ("\ufeffx", "U&'\\FEFFx'")):
        data, _ = encode_value(Column("c", sql.SQL(value)), "parquet")
        assert pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist() == [{"c": text}]


def test_csv_for_excel_keeps_every_digit_of_a_whole_number() -> None:
    for value, cell in (
        ("12345678901", "12345678901"),
        ("-9223372036854775807", '"=""-9223372036854775807"""'),
    ):
        data, _ = encode_value(Column("c", sql.SQL(f"{value}::bigint"), Kind.INTEGER), "csv_excel")
        assert data.decode("utf-8-sig") == f"c\r\n{cell}\r\n"
