"""One table in three formats is one table, and what cannot be opened says why."""

import csv
import datetime as dt
import gc
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from contacthub.core.errors import Invalid
from contacthub.core.tabular import Reject, RejectFile, open_table
from tests.core.tabular_files import read_table

NAMES = ("text", "number", "half", "day", "at", "flag", "list", "object")
ROWS: list[dict[str, Any]] = [
    {
        "text": 'Åse, "the"\n😀; |',
        "number": 9007199254740993,
        "half": 0.5,
        "day": "2026-11-20",
        "at": "2026-11-20T12:00:00Z",
        "flag": True,
        "list": ["p|q", "r"],
        "object": {"x": None, "y": [1]},
    },
    dict.fromkeys(NAMES),
    {
        "text": " x ",
        "number": -1,
        "half": 1e20,
        "flag": False,
        "list": [],
        "object": {"x": "", "y": []},
    },
]


def write_all(path: Path) -> list[Path]:
    """Write ROWS as CSV, JSON Lines and Parquet."""
    cells = [{name: _cell(row.get(name)) for name in NAMES} for row in ROWS]
    with (path / "table.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, NAMES)
        writer.writeheader()
        writer.writerows(cells)
    (path / "table.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    )
    typed = [
        {
            **row,
            "day": dt.date.fromisoformat(row["day"]) if row.get("day") else None,
            "at": dt.datetime.fromisoformat(row["at"]) if row.get("at") else None,
        }
        for row in ROWS
    ]
    pyarrow.parquet.write_table(pa.Table.from_pylist(typed), path / "table.parquet")
    return [path / f"table.{end}" for end in ("csv", "jsonl", "parquet")]


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def test_same_table_gives_the_same_blocks(tmp_path: Path) -> None:
    contents = [read_table(path, NAMES, nested=("list", "object")) for path in write_all(tmp_path)]
    assert contents[0].rows == contents[1].rows == contents[2].rows
    assert contents[0].rows[0] == (
        'Åse, "the"\n😀; |',
        "9007199254740993",
        "0.5",
        "2026-11-20",
        "2026-11-20T12:00:00Z",
        "true",
        '["p|q","r"]',
        '{"x":null,"y":[1]}',
    )
    assert [content.rejects for content in contents] == [[], [], []]
    # The first row has a line end in it, and CSV has a header. Its row of nothing is a line of delimiters.
    assert [content.lines for content in contents] == [[2, 4, 5], [1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize(
    ("end", "format"),
    [("csv", "csv"), ("CSV", "csv"), ("tsv", "csv"), ("txt", "csv"), ("dat", "csv")],
)
def test_format_comes_from_the_name_or_is_given(tmp_path: Path, end: str, format: str) -> None:
    file = tmp_path / f"file.{end}"
    file.write_text("a\tb\n1\t2\n")
    assert read_table(file, format=format if end == "dat" else None).rows == [("1", "2")]


@pytest.mark.parametrize(
    ("name", "format"), [("file.xlsx", None), ("file", None), ("file.csv", "xml")]
)
def test_unknown_format_is_refused(tmp_path: Path, name: str, format: str | None) -> None:
    (tmp_path / name).write_text("a,b\n")
    with pytest.raises(Invalid, match="name the format: csv, jsonl or parquet"):
        open_table(tmp_path / name, columns=("a",), format=format)


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_missing_file_and_folder_are_refused(tmp_path: Path, format: str) -> None:
    with pytest.raises(Invalid, match="there is no such file"):
        open_table(tmp_path / "nothing", columns=("a",), format=format)
    with pytest.raises(Invalid, match="is not a file"):
        open_table(tmp_path, columns=("a",), format=format)


@pytest.mark.parametrize("end", ["csv", "jsonl", "parquet"])
def test_file_is_closed_wherever_reading_stops(tmp_path: Path, end: str) -> None:
    """Warnings about forgotten files are errors here."""
    write_all(tmp_path)
    with open_table(tmp_path / f"table.{end}", columns=NAMES):
        pass
    with open_table(tmp_path / f"table.{end}", columns=NAMES) as table:
        next(table.blocks)
    gc.collect()


def test_csv_named_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Invalid, match="is not a Parquet file"):
        open_table(tmp_path / "file.csv", columns=("a",), format="parquet")


# --- The reject file -------------------------------------------------------------------------------------------------


def test_reject_file_holds_line_reason_and_row(tmp_path: Path) -> None:
    file = RejectFile.beside(tmp_path / "in.csv", None)
    file.write([Reject(2, "is odd", 'x,"y\nz"')])
    file.write([Reject(9, "is odd", "å")])
    file.close()
    assert (file.path.name, file.count) == ("in.csv.rejects.csv", 2)
    with file.path.open(newline="", encoding="utf-8") as stream:
        assert list(csv.reader(stream)) == [
            ["line", "reason", "row"],
            ["2", "is odd", 'x,"y\nz"'],
            ["9", "is odd", "å"],
        ]
    assert file.path.stat().st_mode & 0o077 == 0, "personal data is for the one who imports"


def test_reject_file_of_an_earlier_import_goes_away(tmp_path: Path) -> None:
    first, second = RejectFile(tmp_path / "rejects.csv"), RejectFile(tmp_path / "rejects.csv")
    first.write([Reject(2, "is odd", "x")])
    first.close()
    second.close()
    assert not second.path.exists()


def test_reject_file_touches_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n")
    RejectFile(tmp_path / "mine.csv").close()
    RejectFile(tmp_path / "nothing.csv").close()
    RejectFile(Path("/dev/null")).close()
    assert (tmp_path / "mine.csv").read_text() == "a,b\n"
    assert Path("/dev/null").exists()


def test_reject_file_is_never_the_input(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="must not be the imported file"):
        RejectFile.beside(tmp_path / "in.csv", tmp_path / "x" / ".." / "in.csv")


def test_reject_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    file = RejectFile(tmp_path / "no" / "rejects.csv")
    with pytest.raises(Invalid, match="No such file or directory"):
        file.write([Reject(2, "is odd", "x")])
