"""Programs of others read every format, with the same values. `make readers` asks more of them."""

import csv
import re
from pathlib import Path

import duckdb
import openpyxl
import pandas
import pytest

from tests.readers.files import NAMES, ODD_TEXTS, SUFFIXES, TEXTS, Row, as_row, write_files

pytestmark = pytest.mark.django_db


def unescape(row: Row) -> Row:
    """Undo _xHHHH_, which openpyxl and what is built on it leave as it is."""
    note = re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), row.note)
    return Row(row.n, row.big, note, row.score, row.day, row.empty)


def read_duckdb(query: str) -> list[Row]:
    with duckdb.connect() as database:
        return [as_row(row) for row in database.execute(query).fetchall()]


def test_openpyxl_pandas_and_duckdb_read_all_files_alike(tmp_path: Path) -> None:
    rows = write_files(tmp_path, TEXTS + ODD_TEXTS)
    path = {name: tmp_path / f"table.{suffix}" for name, suffix in SUFFIXES.items()}

    for read_only in (False, True):
        book = openpyxl.load_workbook(path["xlsx"], read_only=read_only)
        sheet = book.worksheets[0]
        assert (sheet.max_row, sheet.max_column) == (len(rows) + 1, len(NAMES))
        header, *read = sheet.iter_rows(values_only=True)
        assert list(header) == NAMES
        assert [unescape(as_row(row)) for row in read] == rows
        book.close()
    whole = pandas.read_excel(
        path["xlsx"],
        engine="openpyxl",
        keep_default_na=False,
        na_values={"score": [""], "day": [""]},
    )
    assert [unescape(as_row(row)) for row in whole.itertuples(index=False, name=None)] == rows

    text = pandas.read_csv(path["csv"], dtype=str, keep_default_na=False)
    assert [as_row(row) for row in text.itertuples(index=False, name=None)] == rows
    lines = pandas.read_json(path["jsonl"], lines=True, dtype=False)
    assert list(lines.columns) == NAMES
    assert [as_row(row) for row in lines.itertuples(index=False, name=None)] == rows
    typed = pandas.read_parquet(path["parquet"], dtype_backend="pyarrow")
    read = [
        [None if value is pandas.NA else value for value in row]
        for row in typed.itertuples(index=False)
    ]
    assert [as_row(row) for row in read] == rows

    limits = "quote='\"', escape='\"', header=true, all_varchar=true, strict_mode=true"
    assert read_duckdb(f"SELECT * FROM read_csv('{path['csv']}', {limits})") == rows
    assert (
        read_duckdb(f"SELECT * FROM read_json('{path['jsonl']}', format='newline_delimited')")
        == rows
    )
    assert read_duckdb(f"SELECT * FROM read_parquet('{path['parquet']}')") == rows

    with path["csv_excel"].open(newline="", encoding="utf-8-sig") as stream:
        cells = [row["note"] for row in csv.DictReader(stream)]
    marked = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL)
    shown = [
        found[1].replace('""', '"') if (found := marked.fullmatch(cell)) else cell for cell in cells
    ]
    assert shown[: len(TEXTS)] == TEXTS
