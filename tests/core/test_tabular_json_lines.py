"""JSON Lines: bad lines are rejected one by one, types keep their spelling, nested values only where they belong."""

import codecs
import json
from pathlib import Path

import pytest

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks, open_table
from tests.core.tabular_files import read_table


def write(path: Path, *lines: str | bytes) -> Path:
    file = path / "file.jsonl"
    file.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return file


def test_values_are_formatted_as_text(tmp_path: Path) -> None:
    rows = [
        {"a": "x", "b": 5},
        {"a": True, "b": 0.5},
        {"a": None},
        {"a": "", "b": -3},
        {"b": 2**53, "a": "Åse 😀"},
    ]
    content = read_table(write(tmp_path, *map(json.dumps, rows)))
    assert content.rows == [
        ("x", "5"),
        ("true", "0.5"),
        (None, None),
        (None, "-3"),
        ("Åse 😀", "9007199254740992"),
    ]
    assert content.lines == [1, 2, 3, 4, 5]


def test_bad_lines_are_rejected_and_the_others_read(tmp_path: Path) -> None:
    content = read_table(
        write(
            tmp_path,
            '{"a":"1"}',
            "{a:1}",
            "",
            "[1]",
            "null",
            '"text"',
            '{"a":"\\ud800"}',
            b'{"a":"\xff"}',
            '{"a":NaN}',
            '{"a":1} x',
            '{"a":"2"}\r',
        )
    )
    assert content.rows == [("1", None), ("2", None)]
    assert content.lines == [1, 11]
    assert [line for line, _ in content.reasons] == [2, 4, 5, 6, 7, 8, 9, 10]
    assert [reason for _, reason in content.reasons][1:4] == ["is not a JSON object"] * 3
    assert all("is not JSON" in reason for line, reason in content.reasons if line not in (4, 5, 6))


def test_lists_and_objects_have_no_place_in_a_text_column(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, '{"a":["x"]}', '{"b":{"c":1}}', '{"a":"1","x":[1]}'))
    assert content.rows == [("1", None)]
    assert content.reasons == [
        (1, "a holds a list instead of one value"),
        (2, "b holds an object instead of one value"),
    ]


def test_nested_columns_come_as_json(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a":["x",{"y":null}],"b":{}}', '{"a":"x","b":[]}')
    assert read_table(file, nested=("a", "b")).rows == [('["x",{"y":null}]', "{}"), ("x", "[]")]


def test_raw_text_is_the_line(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, '{"a": "1"}\r', '{"a": 1, }'))
    assert content.raws == ['{"a": "1"}']
    assert content.rejects[0].raw == '{"a": 1, }'


def test_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, codecs.BOM_UTF8 + b'{"a":"1"}')).rows == [("1", None)]


def test_utf_16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="JSON Lines are UTF-8"):
        read_table(write(tmp_path, codecs.BOM_UTF16_LE + '{"a":"1"}'.encode("utf-16-le")))


def test_encoding_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a":"1"}')
    with pytest.raises(Invalid, match="An encoding is for CSV only"):
        read_table(file, encoding="cp1252")
    assert read_table(file, encoding="UTF8").rows == [("1", None)]


def test_empty_file_is_no_rows(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, ""))
    assert (content.rows, content.rejects) == ([], [])


def test_deep_nesting_is_rejected(tmp_path: Path) -> None:
    content = read_table(
        write(tmp_path, '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", '{"a":"1"}'), nested=("a",)
    )
    assert content.rows == [("1", None)]
    assert content.reasons[0][0] == 1


def test_line_without_end_is_rejected_at_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "MOST_ROW_BYTES", 1000)
    content = read_table(write(tmp_path, '{"a":"1"}', '{"a":"' + "x" * 5000 + '"}', '{"a":"3"}'))
    assert content.rows == [("1", None), ("3", None)]
    assert content.lines == [1, 3]
    assert content.reasons == [(2, "is longer than 1,000 bytes")]


def row_counts(file: Path) -> list[int]:
    with open_table(file, columns=("a",)) as table:
        return [block.row_count for block in table.blocks]


def test_blocks_end_by_rows_and_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, *[json.dumps({"a": str(number)}) for number in range(10)])
    whole = read_table(file)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 3)
    assert row_counts(file) == [3, 3, 3, 1]
    assert read_table(file) == whole
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 15)
    assert row_counts(file) == [2, 2, 2, 2, 2, 0]


def test_names_are_those_that_were_met(tmp_path: Path) -> None:
    with open_table(write(tmp_path, '{"a":"1","x":2}', '{"y":[3]}'), columns=("a",)) as table:
        assert table.header is None
        list(table.blocks)
    assert table.names == {"a", "x", "y"}
