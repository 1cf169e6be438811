"""Parquet of every type as the text that the other formats hold."""

import datetime as dt
import decimal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks, open_table, parquet
from tests.core.tabular_files import read_table

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    file = path / "file.parquet"
    pyarrow.parquet.write_table(pa.table(columns), file, **options)
    return file


def texts(path: Path, array: pa.Array, nested: Sequence[str] = ()) -> list[str | None]:
    return [row[0] for row in read_table(write(path, {"a": array}), ("a",), nested=nested).rows]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array(["x", "", None]), ["x", None, None]),
        (pa.array(["x", None], pa.large_string()), ["x", None]),
        (pa.array(["x", None], pa.string_view()), ["x", None]),
        (pa.array([1, None, -(2**63)]), ["1", None, "-9223372036854775808"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([0.5, float("nan"), None, 5.0]), ["0.5", None, None, "5.0"]),
        (pa.array([0.5], pa.float32()), ["0.5"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([decimal.Decimal("1.50")]), ["1.50"]),
        (pa.array([dt.date(2026, 11, 20), None]), ["2026-11-20", None]),
        (pa.array([dt.date(2026, 11, 20)], pa.date64()), ["2026-11-20"]),
        (pa.array([dt.time(1, 2, 3)], pa.time32("s")), ["01:02:03.000"]),
        (pa.array([b"x", b"\xff", None]), ["x", "\ufffd", None]),
        (pa.array([b"xy"], pa.binary(2)), ["xy"]),
        (pa.nulls(2), [None, None]),
        (pa.array(["x", "y", "x", None]).dictionary_encode(), ["x", "y", "x", None]),
    ],
)
def test_values_are_formatted_as_text(
    tmp_path: Path, array: pa.Array, expected: list[str | None]
) -> None:
    assert texts(tmp_path, array) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.timestamp("s", "UTC"), "2026-11-20T12:00:00Z"),
        (pa.timestamp("ns", "Europe/Oslo"), "2026-11-20T12:00:00Z"),
        (pa.timestamp("ms", "-05:00"), "2026-11-20T12:00:00Z"),
    ],
)
def test_moments_are_in_utc(tmp_path: Path, kind: pa.DataType, expected: str) -> None:
    assert texts(tmp_path, pa.array([NOON, None], kind)) == [expected, None]


def test_moments_without_zone_are_utc(tmp_path: Path) -> None:
    values = [NOON.replace(tzinfo=None), NOON.replace(tzinfo=None, microsecond=250_000)]
    expected = ["2026-11-20T12:00:00Z", "2026-11-20T12:00:00.250000Z"]
    assert texts(tmp_path, pa.array(values, pa.timestamp("ns"))) == expected


def test_nested_columns_come_as_json(tmp_path: Path) -> None:
    array = pa.array(
        [
            {
                "x": ["1"],
                "on": dt.date(2026, 11, 20),
                "at": NOON,
                "n": decimal.Decimal("1.5"),
                "raw": b"z",
            },
            None,
        ]
    )
    assert texts(tmp_path, array, nested=("a",)) == [
        '{"x":["1"],"on":"2026-11-20","at":"2026-11-20T12:00:00+00:00","n":"1.5","raw":"z"}',
        None,
    ]
    assert texts(tmp_path, pa.array([["p", "q"], [], None]), nested=("a",)) == [
        '["p","q"]',
        "[]",
        None,
    ]
    maps = pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))
    assert texts(tmp_path, maps, nested=("a",)) == ['{"k":1}']


def test_lists_have_no_place_in_a_text_column(tmp_path: Path) -> None:
    content = read_table(
        write(tmp_path, {"a": [["x"], None, ["y"]], "b": ["1", "2", "3"], "c": [[1], [1], [1]]})
    )
    assert (content.rows, content.lines) == ([(None, "2")], [2])
    assert content.rejects == [
        (1, "a holds a list instead of one value", '{"a":["x"],"b":"1"}'),
        (3, "a holds a list instead of one value", '{"a":["y"],"b":"3"}'),
    ]
    assert content.raws == ['{"b":"2"}']


def test_dotted_name_is_the_column_of_that_name(tmp_path: Path) -> None:
    file = write(tmp_path, {"a.b": ["1"], "a": [{"b": "2"}]})
    assert read_table(file, ("a.b", "a"), nested=("a",)).rows == [("1", '{"b":"2"}')]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1" + b"x" * 100 + b"PAR1"])
def test_other_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "file.parquet"
    file.write_bytes(data)
    with pytest.raises(Invalid, match="is not a Parquet file"):
        read_table(file)


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, {"a": [f"value {number}" for number in range(5000)], "b": ["x"] * 5000})
    data = bytearray(file.read_bytes())
    data[30 : len(data) // 2] = b"\xff" * (len(data) // 2 - 30)
    file.write_bytes(data)
    with pytest.raises(Invalid, match="is damaged after row 0"):
        read_table(file)


def test_column_twice_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["1"]), pa.array(["2"])], names=["a", "a"])
    pyarrow.parquet.write_table(table, tmp_path / "file.parquet")
    with pytest.raises(Invalid, match="the column a appears twice"):
        read_table(tmp_path / "file.parquet")


def test_file_without_rows_or_known_columns(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, {"a": pa.array([], pa.string())})).rows == []
    assert read_table(write(tmp_path, {"x": ["1", "2"]})).rows == [(None, None), (None, None)]


def test_lines_are_rows_across_blocks_and_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, {"a": [str(number) for number in range(10)]}, row_group_size=4)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 3)
    content = read_table(file, ("a",))
    assert content.lines == list(range(1, 11))
    assert [row[0] for row in content.rows] == [str(number) for number in range(10)]


def test_wide_rows_come_in_smaller_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(
        tmp_path, {"a": [f"{number:01000d}" for number in range(100)]}, use_dictionary=False
    )
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 10_000)
    with open_table(file, columns=("a",)) as table:
        counts = [block.row_count for block in table.blocks]
    assert sum(counts) == 100
    assert max(counts) <= 10


def test_text_that_many_rows_share_is_not_written_out_at_once(tmp_path: Path) -> None:
    """20,000 rows of one text of a megabyte are 20 GB, and 20 kB on disk."""
    rows = 20_000
    indices = pa.array([0] * rows, pa.int32())
    shared = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 1_000_000]))
    file = tmp_path / "file.parquet"
    pyarrow.parquet.write_table(
        pa.table({"a": shared, "b": pa.array(["1"] * rows)}), file, compression="zstd"
    )
    assert file.stat().st_size < 100_000
    before = pa.total_allocated_bytes()
    with open_table(file, columns=("a", "b")) as table:
        first = next(table.blocks)
        assert first.row_count < 20
        assert first.find_lines()[0] == 1
        assert next(table.blocks).find_lines()[0] == first.row_count + 1
        assert pa.total_allocated_bytes() - before < 100_000_000


def test_file_that_states_a_size_beyond_all_reason_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "FREE_BYTES", 1000)
    file = write(tmp_path, {"a": [0.0] * 200_000}, compression="zstd", use_dictionary=False)
    with pytest.raises(Invalid, match="unfolds to"):
        open_table(file, columns=("a",))
