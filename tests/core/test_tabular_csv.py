"""CSV as it comes: delimiters, encodings, line ends, quotes, odd rows, and the line of every row."""

import codecs
import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks, open_table
from contacthub.core.tabular import csv as tabular_csv
from tests.core.tabular_files import read_table


def write(path: Path, data: bytes | str) -> Path:
    file = path / "file.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_guessed_from_the_header(tmp_path: Path, delimiter: str) -> None:
    text = "a,b\n1,2\n3,4\n".replace(",", delimiter)
    assert read_table(write(tmp_path, text)).rows == [("1", "2"), ("3", "4")]


def test_delimiter_is_the_one_that_gives_known_names(tmp_path: Path) -> None:
    """Three commas in one odd name do not outweigh the two columns that we know."""
    content = read_table(write(tmp_path, "a;b;x, y, z, w\n1;2;3\n"))
    assert content.rows == [("1", "2")]


def test_header_is_normalized_as_values_are(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, "\ufeff\ufeffa;\u200bb\u00ad ;x, y, z\n1;2;3\n"))
    assert content.rows == [("1", "2")]


@pytest.mark.parametrize(
    ("start", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_byte_order_mark_names_the_encoding(tmp_path: Path, start: bytes, encoding: str) -> None:
    file = write(tmp_path, start + "a,b\nÅse,😀\n".encode(encoding))
    assert read_table(file).rows == [("Åse", "😀")]
    assert read_table(file, encoding="cp1252").rows == [("Åse", "😀")]


def test_named_encoding_is_used(tmp_path: Path) -> None:
    file = write(tmp_path, "a,b\nBjørn,50 €\n".encode("cp1252"))
    assert read_table(file, encoding="cp1252").rows == [("Bjørn", "50 €")]


def test_other_encoding_without_a_name_rejects_only_the_rows_it_spoils(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, "a,b\nBjørn,1\nAnn,2\n".encode("cp1252")))
    assert content.rows == [("Ann", "2")]
    assert content.rejects == [(2, "is not UTF-8 text", "Bj\\udcf8rn,1")]
    assert content.lines == [3]


def test_bytes_that_an_encoding_does_not_have_reject_the_row(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, b"a,b\n\x81,1\nAnn,2\n"), encoding="cp1252")
    assert content.rows == [("Ann", "2")]
    assert content.reasons == [(2, "is not UTF-8 text")]


def test_utf_16_with_a_lone_surrogate_and_a_cut_end_rejects_those_rows(tmp_path: Path) -> None:
    good, odd, cut = (
        "a,b\n1,2\n".encode("utf-16-le"),
        b"\x41\xd8,\x00" + "2\n".encode("utf-16-le"),
        b"x\x00,\x00y",
    )
    content = read_table(write(tmp_path, codecs.BOM_UTF16_LE + good + odd + cut))
    assert content.rows == [("1", "2")]
    assert [line for line, _ in content.reasons] == [3, 4]


@pytest.mark.parametrize("encoding", ["klingon", "base64", "undefined", "utf-8\0", "rot13"])
def test_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Invalid, match="There is no text encoding") as caught:
        read_table(write(tmp_path, "a,b\n1,2\n"), encoding=encoding)
    assert caught.value.field == "encoding"


def test_header_in_another_encoding_asks_for_its_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="name the encoding"):
        read_table(write(tmp_path, "a,b,año\n1,2,3\n".encode("cp1252")))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("is_last_line_open", [True, False])
def test_every_line_end_is_one_line(tmp_path: Path, end: str, is_last_line_open: bool) -> None:
    text = end.join(["a,b", '"x', 'y",1', "2", "", "3,4"]) + ("" if is_last_line_open else end)
    content = read_table(write(tmp_path, text))
    assert [row[1] for row in content.rows] == ["1", "4"]
    assert content.lines == [2, 6]
    assert content.reasons == [(4, "has 1 cell, the header has 2")]


def test_lines_are_right_after_quoted_line_ends(tmp_path: Path) -> None:
    content = read_table(
        write(tmp_path, 'a,b\n"one\ntwo\r\nthree",1\nshort\n"x\ry",2\nlong,1,2\n3,4\n')
    )
    assert content.rows == [("one\ntwo\r\nthree", "1"), ("x\ry", "2"), ("3", "4")]
    assert content.lines == [2, 6, 9]
    assert content.reasons == [
        (5, "has 1 cell, the header has 2"),
        (8, "has 3 cells, the header has 2"),
    ]


def test_lines_are_right_where_no_row_is_odd(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, '\r\n"a","b"\n"one\ntwo","1"\n\n"3","4"\n'))
    assert content.lines == [3, 6]
    assert content.raws == ['"one\ntwo","1"', '"3","4"']


def test_odd_row_over_several_lines_says_which(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, 'a,b\n"one\ntwo",1,x\n3,4\n'))
    assert content.reasons == [(2, "has 3 cells, the header has 2 (lines 2 to 3)")]
    assert content.rejects[0].raw == '"one\ntwo",1,x'


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, "\n\na,b\n\n1,2\n\n\n3,4\n\n"))
    assert (content.rows, content.lines, content.rejects) == ([("1", "2"), ("3", "4")], [5, 8], [])


def test_quotes_within_text_are_text(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, 'a,b\n5" pipe,6" pipe\nx"",y\n"say ""hi""",1\n'))
    assert content.rows == [('5" pipe', '6" pipe'), ('x""', "y"), ('say "hi"', "1")]


def test_open_quote_at_the_end_rejects_its_line_and_no_other(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, 'a,b\n1,2\n3,"open\n5,6\n7,8\n'))
    assert content.rows == [("1", "2"), ("5", "6"), ("7", "8")]
    assert content.rejects == [(3, "opens a quote that is not closed", '3,"open')]
    assert content.lines == [2, 4, 5]


def test_open_quote_in_a_big_file_keeps_memory_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64 * 1024)
    monkeypatch.setattr(blocks, "MOST_ROW_BYTES", 128 * 1024)
    lines = [f"{number},text {number}" for number in range(200_000)]
    lines[1000] = '1000,"never closed'
    file = write(tmp_path, "a,b\n" + "\n".join(lines) + "\n")
    rows, rejects = 0, []
    tracemalloc.start()
    with open_table(file, columns=("a", "b")) as table:
        for block in table.blocks:
            rows += block.row_count
            rejects += block.rejects
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 199_999
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (1002, "opens a quote that is not closed")
    ]
    assert peak < 8 * 1024 * 1024, (
        "the file has 3.6 MB; what is held at once is 0.2 MB of it, as Python text"
    )


def test_row_longer_than_a_row_may_be_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(blocks, "MOST_ROW_BYTES", 2000)
    content = read_table(write(tmp_path, "a,b\n1," + "x" * 10_000 + "\n3,4\n"))
    assert content.rows[-1] == ("3", "4")
    assert content.lines[-1] == 3
    assert {line for line, _ in content.reasons} == {2}


def test_long_cell_is_read_whole(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, f'a,b\n1,"{"x" * 1_000_000}"\n3,4\n'))
    assert [len(row[1] or "") for row in content.rows] == [1_000_000, 1]


def test_raw_text_of_a_row_is_cut_and_printable(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, b"a,b\n\x00\xff," + b"x" * 3000 + b"\n"))
    assert len(content.rejects[0].raw) == 2000 + len("\\x00") - 1 + len("\\udcff") - 1
    assert content.rejects[0].raw.startswith("\\x00\\udcff,xxx")


def test_nul_and_control_characters_come_through_for_the_cleaners_to_refuse(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, b"a,b\n\x00,\x07\n")).rows == [("\x00", "\x07")]


def test_empty_cells_are_absent(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, 'a,b\n,""\nNA,null\n')).rows == [(None, None), ("NA", "null")]


def test_missing_columns_are_absent_and_others_are_ignored(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "x,b,,\n1,2,3,4\n")).rows == [(None, "2")]
    assert read_table(write(tmp_path, "x,y\n1,2\n")).rows == [(None, None)]


def test_names_are_trimmed(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, 'a , "b"\n1,2\n')).rows == [("1", None)]
    assert read_table(write(tmp_path, ' a ," b "\n1,2\n')).rows == [("1", "2")]


def test_names_with_line_ends_keep_the_lines_right(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, 'a,b,"x\ny"\n1,2,3\n4\n'))
    assert (content.rows, content.lines) == ([("1", "2")], [3])
    assert content.reasons == [(4, "has 1 cell, the header has 3")]


def test_column_twice_is_refused_unless_nobody_asks_for_it(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="the column a appears twice"):
        read_table(write(tmp_path, "a,b,a\n1,2,3\n"))
    assert read_table(write(tmp_path, "a,b,x,x\n1,2,3,4\n")).rows == [("1", "2")]


def test_header_only_is_no_rows(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, "a,b"))
    assert (content.rows, content.rejects) == ([], [])


@pytest.mark.parametrize("data", [b"", b"\n\n", b"  \n", codecs.BOM_UTF8])
def test_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Invalid, match="is empty"):
        read_table(write(tmp_path, data))


def test_header_with_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="the header does not end"):
        read_table(write(tmp_path, 'a,"b\n' + "1,2\n" * 300_000))


def test_end_marker_in_the_data_changes_nothing(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, "a,b\n1,2\n\x1e,\x1e\n"))
    assert content.rows == [("1", "2"), ("\x1e", "\x1e")]


@pytest.mark.parametrize(
    "start",
    ["sep=;\n", '"sep=;"\r\n', "SEP=;\n;;\n", "\n;\n  ;\t\n", '"";""\n\n', "sep=;\n\n\n"],
)
def test_what_stands_before_the_header_is_skipped_and_counted(tmp_path: Path, start: str) -> None:
    content = read_table(write(tmp_path, f"{start}a;b\n1,5;2\n"))
    assert content.rows == [("1,5", "2")]
    assert content.lines == [start.count("\n") + 2]


def test_stated_delimiter_may_be_any_character(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "sep=^\n^^\na^b\n1^2\n")).rows == [("1", "2")]


def test_rows_that_end_in_carriage_returns_may_hold_line_feeds(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, 'a,b\r"one\ntwo",1\r3,4\r'))
    assert content.rows == [("one\ntwo", "1"), ("3", "4")]


def test_line_ends_that_were_converted_twice_are_blank_lines(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "a,b\r\r\n1,2\r\r\n3,4\r\r\n")).rows == [
        ("1", "2"),
        ("3", "4"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(tmp_path: Path, encoding: str) -> None:
    assert read_table(write(tmp_path, "a,b\nÅse,Иван\n".encode(encoding))).rows == [("Åse", "Иван")]


def test_stray_quote_in_the_header_hides_no_row(tmp_path: Path) -> None:
    content = read_table(write(tmp_path, 'a,b,5" pipe\n1,2,3\n4,5,6\n'))
    assert content.rows == [("1", "2"), ("4", "5")]


# Everything that has a meaning in CSV, and little else.
odd_text = st.text(alphabet='",\n\r;x\x00é ', max_size=60)


@settings(max_examples=400, deadline=None)
@given(odd_text)
def test_both_parsers_read_a_record_alike(text: str) -> None:
    """Where Arrow accepts a block, csv.reader finds the same rows; so lines and raw texts are those of the rows."""
    dialect = tabular_csv._Dialect(["a", "b"], ",", is_cr_only=False)
    table = tabular_csv._parse_fast(text.encode(), dialect, ["a", "b"])
    if table is None:
        return
    fast = [tuple(row.values()) for row in table.to_pylist()]
    slow = [tuple(row) for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert fast == slow


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(odd_text, st.integers(min_value=1, max_value=20))
def test_where_blocks_end_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, block_bytes: int
) -> None:
    file = write(tmp_path, "a,b\n" + text)
    whole = read_table(file)
    with monkeypatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        pieces = read_table(file)
    assert pieces == whole


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(*[st.text(alphabet='",\n\r;|x é😀', max_size=8)] * 2), max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
def test_what_a_csv_writer_wrote_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str, encoding: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    content = read_table(write(tmp_path, text.getvalue().encode(encoding)))
    assert content.rows == [(a or None, b or None) for a, b in rows]
    assert content.rejects == []
