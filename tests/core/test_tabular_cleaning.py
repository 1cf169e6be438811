"""Columns are checked by distinct value, and every reason lands on its row."""

import pyarrow as pa
import pytest

from contacthub.core.tabular import Block, Reject, as_csv, clean_column, clean_text, drop_rows
from contacthub.core.tabular.cleaning import check_text


def test_cleaner_sees_each_distinct_trimmed_value_once() -> None:
    seen: list[str] = []

    def clean(value: str) -> str:
        seen.append(value)
        if value == "bad":
            raise ValueError("is bad")
        return value.upper()

    column, reasons = clean_column(pa.array(["x", " x ", "bad", None, "", "  ", "bad"]), clean)
    assert column.to_pylist() == ["X", "X", None, None, None, None, None]
    assert reasons == {2: "is bad", 6: "is bad"}
    assert sorted(seen) == ["bad", "x"]


def test_cleaning_no_rows_gives_none() -> None:
    empty = pa.array([], pa.string())
    assert clean_column(empty, str.upper)[0].to_pylist() == []
    assert clean_text(empty, most=5)[0].to_pylist() == []
    assert clean_text(pa.nulls(2, pa.string()), most=5)[0].to_pylist() == [None, None]


def test_text_is_trimmed_and_empty_text_is_absent() -> None:
    column, reasons = clean_text(pa.array([" a b ", "", " \t", None, "tab\tand\nline"]), most=20)
    assert column.to_pylist() == ["a b", None, None, None, "tab\tand\nline"]
    assert reasons == {}


@pytest.mark.parametrize("odd", ["\x00", "\x07", "\x1e", "\x7f", "\x80", "\x93", "\x9f"])
def test_control_characters_are_refused(odd: str) -> None:
    column, reasons = clean_text(pa.array(["good", f"b{odd}d", "é"]), most=20)
    assert column.to_pylist() == ["good", None, "é"]
    assert reasons == {1: "holds a control character"}


def test_length_is_counted_in_characters() -> None:
    column, reasons = clean_text(pa.array(["😀" * 5, "x" * 6]), most=5)
    assert column.to_pylist() == ["😀" * 5, None]
    assert reasons == {1: "is longer than 5 characters"}


@pytest.mark.parametrize("text", ["no-break\u00a0space", "tab\t", "Ñandú"])
def test_unusual_characters_that_control_nothing_are_text(text: str) -> None:
    assert check_text(text, most=20) == text
    assert clean_text(pa.array([f"x{text}x"]), most=20)[1] == {}


def test_text_is_composed_without_invisible_characters() -> None:
    texts = ["a\u200db", "A\u030as", "\u200b \ufeff", "plain"]
    stored = ["ab", "Ås", None, "plain"]
    for read in (clean_text(pa.array(texts), most=9), clean_column(pa.array(texts), str)):
        assert read[0].to_pylist() == stored
    assert clean_text(pa.array(["A\u030as"]), most=2)[0].to_pylist() == ["Ås"]
    assert check_text("a\u200db", most=2) == "ab"


def test_rows_with_reasons_are_dropped_and_rejects_are_in_order_of_lines() -> None:
    block = Block(
        {}, 3, lambda: [2, 5, 9], lambda index: f"row {index}", [Reject(7, "was odd before", "x")]
    )
    columns, rejects = drop_rows(
        block, {"a": pa.array(["1", "2", "3"])}, {2: ["a is bad"], 0: ["a is bad", "b too"]}
    )
    assert columns["a"].to_pylist() == ["2"]
    assert rejects == [
        (2, "a is bad; b too", "row 0"),
        (7, "was odd before", "x"),
        (9, "a is bad", "row 2"),
    ]


def test_no_reasons_drop_no_rows() -> None:
    block = Block({}, 1, lambda: [2], lambda index: "x", [Reject(7, "was odd before", "x")])
    columns, rejects = drop_rows(block, {"a": pa.array(["1"])}, {})
    assert columns["a"].to_pylist() == ["1"]
    assert rejects == [(7, "was odd before", "x")]


def test_csv_for_copy_tells_null_from_text() -> None:
    assert (
        as_csv({"a": pa.array([None, 'x"y\n']), "b": pa.array(["", "ø"])})
        == b',""\n"x""y\n","\xc3\xb8"\n'
    )
