"""Any list that somebody uploads is read as what it is, in its order, or refused with a sentence."""

import datetime as dt
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import orjson
import pytest

from contacthub.core.errors import ContactHubError, Invalid, TooLarge
from contacthub.enrichment.uploads.opening import open_upload
from contacthub.enrichment.uploads.workbooks import formats
from tests.enrichment.builders import (
    change_parts,
    cid,
    save_book,
    with_sheet,
    xlsx_of,
)

CASES = Path(__file__).parent / "cases"
ID, OTHER = cid(1), cid(2)
# Spreadsheets know no time zones.
NAIVE = dt.datetime
SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData>%s</sheetData></worksheet>"
)
CELL = b'<row r="%d"><c r="%s" t="inlineStr"><is><t>%s</t></is></c></row>'


def read(data: bytes, **chosen: str) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    with open_upload(io.BytesIO(data), **chosen) as table:
        return table.header, [(row.line, row.cells) for row in table.rows], table.reading


def refuse(data: bytes, kind: type[ContactHubError] = Invalid) -> str:
    with pytest.raises(kind) as caught:
        read(data)
    return str(caught.value)


# --- Text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_encoding_is_found_and_said(encoding: str, said: str) -> None:
    header, rows, reading = read(f"Größe;id\nMüller;{ID}\n".encode(encoding))
    assert header == ["Größe", "id"]
    assert rows == [(2, ["Müller", ID])]
    assert reading == f"{said}, separated by semicolons"


def test_file_of_two_encodings_is_refused_by_line() -> None:
    said = refuse(b"name,id\nM\xc3\xbcller,1\nM\xfcller,2\n")
    assert said == "Line 3 is not UTF-8, line 2 is. Save the file as UTF-8 and upload it again."


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter: str) -> None:
    header, rows, _ = read(delimiter.join(["a", "b"]).encode() + f"\n{delimiter}{ID}\n".encode())
    assert header == ["a", "b"]
    assert rows == [(2, ["", ID])]


def test_delimiter_is_the_one_that_frees_the_ids() -> None:
    _, rows, reading = read(f"note;id\na, b, c;{ID}\nd, e, f;{OTHER}\n".encode())
    assert [cells[1] for _, cells in rows] == [ID, OTHER]
    assert "semicolons" in reading


def test_lines_are_counted_over_blank_lines_and_line_ends_in_quotes() -> None:
    _, rows, _ = read(f'id,note\r\n\r\n{ID},"two\r\nlines"\r\n{OTHER},x\r\n'.encode())
    assert rows == [(3, [ID, "two\r\nlines"]), (5, [OTHER, "x"])]


def test_blank_lines_of_one_column_are_empty_cells_but_at_the_ends() -> None:
    assert read(f"\nid\n\n{ID}\n\n\n{OTHER}\n\n".encode())[1] == [
        (3, [""]), (4, [ID]), (5, [""]), (6, [""]), (7, [OTHER]),
    ]  # fmt: skip


def test_lines_that_end_in_carriage_returns_only() -> None:
    assert read(f"id,n\r{ID},1\r{OTHER},2\r".encode())[1] == [(2, [ID, "1"]), (3, [OTHER, "2"])]


def test_letter_across_the_border_of_a_block_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cr.csv"
    subprocess.run([sys.executable, CASES / "make_cr_only.py", file], check=True)
    header, rows, reading = read(file.read_bytes())
    assert (header, reading) == (["id", "name"], "UTF-8, separated by commas")
    assert [line for line, _ in rows] == list(range(2, len(rows) + 2))
    names = {cells[1].lstrip("x") for _, cells in rows}
    assert (len(rows) > 20_000, names) == (True, {"Åse Ødegård", "Åse"})


@pytest.mark.parametrize("size", [1_000_000, 8 * 1024 * 1024])
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_no_border_of_any_block_cuts_a_letter(size: int, end: str) -> None:
    text = f"id,name{end}"
    text += f"{ID},{'x' * 900_000}{end}" * ((size - 50) // 900_021)
    text += f"{OTHER},{'x' * (size - len(text) - 21)}Åse{end}{ID},Ødegård{end}"
    data = text.encode()
    assert data[size - 1 : size + 1] == "Å".encode()
    assert [cells[1][-7:] for _, cells in read(data)[1][-2:]] == ["xxxxÅse", "Ødegård"]


def test_first_rows_without_anything_are_no_header() -> None:
    header, rows, _ = read((CASES / "comma_row.csv").read_bytes())
    assert header == ["id", "name", "x"]
    assert rows == [(3, ["id_9f3c21ab77e04d15", "a", "b"])]
    assert read(f"sep=;\r\n;;\r\nid;b\r\n{ID};1,5\r\n".encode())[:2] == (
        ["id", "b"],
        [(4, [ID, "1,5"])],
    )
    assert read(xlsx_of(["", " "], [None, ""], ["id", "b"], [ID, "1"]))[:2] == (
        ["id", "b"],
        [(4, [ID, "1"])],
    )


@pytest.mark.parametrize(
    ("encoding", "text", "label"),
    [
        ("cp1250", "Łódź", "Windows-1250"),
        ("cp1251", "Иван", "Windows-1251"),
        ("mac_roman", "Ødegård", "Mac Roman"),
        ("iso8859-2", "Łódź", "ISO-8859-2"),
        ("cp932", "東京", "Shift-JIS"),
        ("utf-16-be", "Łódź", "UTF-16"),
        ("utf-8", "Łódź", "UTF-8"),
    ],
)
def test_chosen_encoding_is_used(encoding: str, text: str, label: str) -> None:
    data = f"id;name\n{ID};{text}\n".encode(encoding)
    assert read(data, encoding=encoding) == (
        ["id", "name"],
        [(2, [ID, text])],
        f"{label}, separated by semicolons",
    )


def test_chosen_encoding_shows_what_it_cannot_read() -> None:
    data = b"name,id\nM\xc3\xbcller,1\nM\xfcller,2\n"
    assert [cells[0] for _, cells in read(data, encoding="utf-8")[1]] == ["Müller", "M\ufffdller"]
    assert [cells[0] for _, cells in read(data, encoding="cp1252")[1]] == ["MÃ¼ller", "Müller"]


def test_chosen_delimiter_is_used() -> None:
    assert read(f"a,b;c\n{ID},x;y\n".encode(), delimiter=";")[0] == ["a,b", "c"]


def test_mac_roman_is_guessed_where_windows_has_no_letter() -> None:
    header, _, reading = read(f"prénom,id\rÅse Çelik,{ID}\r".encode("mac_roman"))
    assert (header[0], reading) == ("prénom", "Mac Roman, separated by commas")


def test_utf_16_of_other_scripts_needs_no_mark() -> None:
    data = f'имя,идентификатор\n{"Иванов, " * 30}\n"Кириллица",{ID}\n'.encode("utf-16-le")
    assert read(data)[2].startswith("UTF-16")


def test_stray_nul_is_a_broken_character_and_not_the_end() -> None:
    data = b"id,name\n" + b"".join(f"{cid(n)},Name {n}\n".encode() for n in range(50))
    _, rows, _ = read(data.replace(b"Name 7", b"Na\x00me 7"))
    assert (len(rows), rows[7][1][1]) == (50, "Na\x00me 7")


def test_rows_of_other_widths_are_kept_as_they_are() -> None:
    _, rows, _ = read(f"id,a,b\n{ID}\n{ID},1,2,3\n{ID},1,,\n".encode())
    assert [cells for _, cells in rows] == [[ID], [ID, "1", "2", "3"], [ID, "1"]]


def test_first_row_with_an_id_is_no_header() -> None:
    header, rows, reading = read(f"{ID}\n{OTHER}".encode())
    assert header == []
    assert rows == [(1, [ID]), (2, [OTHER])]
    assert reading == "UTF-8"


def test_header_alone_has_no_rows() -> None:
    assert read(b"id,name\n")[:2] == (["id", "name"], [])


@pytest.mark.parametrize("data", [b"", b"\n\r\n  \n"])
def test_empty_file_is_refused(data: bytes) -> None:
    assert refuse(data) == "The file is empty."


def test_byte_order_mark_alone_is_no_row() -> None:
    assert read(b"\xef\xbb\xbf")[:2] == ([], [])


def test_binary_data_is_refused() -> None:
    assert refuse(bytes(range(256)) * 400).startswith("This is not a text file.")
    assert refuse(b"id\n" + b"\x00\x01\x02" * 50).startswith("This is not a text file.")


def test_open_quote_does_not_swallow_the_rest() -> None:
    assert "not closed" in refuse(f'id,n\n{ID},"open\n{OTHER},2\n'.encode())
    said = refuse(f'id,n\n{ID},"'.encode() + b"x\n" * 600_000)
    assert said.startswith("The row on line 2 does not end")


def test_stray_quote_is_a_character() -> None:
    assert read(f'id,n\n{ID},5" pipe\n'.encode())[1] == [(2, [ID, '5" pipe'])]


def test_endless_line_is_refused_before_it_is_held() -> None:
    assert refuse(b"a,b\n" + b"x" * 3_000_000).startswith("The row on line 2 does not end")


def test_too_many_columns_are_refused() -> None:
    assert refuse(b",".join([b"x"] * 251) + b"\n", TooLarge).startswith("Line 1 has 251 columns")
    assert len(read(b",".join([b"x"] * 250) + b"\n")[0]) == 250


# --- Workbooks ------------------------------------------------------------------------------------


def test_workbook_is_read_as_it_shows() -> None:
    header, rows, reading = read(
        xlsx_of(
            ["id", "number", "share", "day", "moment", "flag", "text"],
            [ID, 5, 0.5, dt.date(2026, 1, 2), NAIVE(2026, 1, 2, 3, 4, 5), True, " a\nb"],
            [OTHER, 12345678901, -1.25, None, None, False, "=1+1"],
        )
    )
    assert header == ["id", "number", "share", "day", "moment", "flag", "text"]
    assert rows[0] == (2, [ID, "5", "0.5", "2026-01-02", "2026-01-02 03:04:05", "TRUE", " a\nb"])
    # A formula without a stored result is empty, and nothing calculates it.
    assert rows[1] == (3, [OTHER, "12345678901", "-1.25", "", "", "FALSE"])
    assert reading == "XLSX, sheet “Sheet”"


def test_empty_rows_of_a_workbook_keep_their_place_but_at_the_ends() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"], sheet["B5"], sheet["B6"] = "id", ID, OTHER
    sheet["B9"] = ""
    header, rows, _ = read(save_book(book))
    assert header == ["", "id"] or header == ["id"]
    assert [(line, cells[-1]) for line, cells in rows] == [(4, ""), (5, ID), (6, OTHER)]


def test_first_visible_sheet_with_rows_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    book.active.append([OTHER])
    book.create_sheet("Empty")
    book.create_sheet("Leads").append([ID])
    header, rows, reading = read(save_book(book))
    assert (header, [cells for _, cells in rows]) == ([], [[ID]])
    assert reading == "XLSX, sheet “Leads” of 2"


def test_contents_count_and_not_the_name_or_the_kind() -> None:
    assert "not an XLSX workbook" in refuse(_zip({"a.txt": b"x"}))
    assert "old workbook format" in refuse(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert "password" in refuse(locked + "EncryptedPackage".encode("utf-16-le"))
    assert "damaged" in refuse(b"PK\x03\x04" + b"x" * 500)


def test_zip_with_a_password_is_refused() -> None:
    data = bytearray(xlsx_of([ID]))
    # The first bit of the flags, in the directory at the end.
    for at in _find_all(bytes(data), b"PK\x01\x02"):
        data[at + 8] |= 1
    assert "password" in refuse(bytes(data))


# Peak memory is taken from /proc: what getrusage says is that of the process that forked.
MEASURE = """
import re, resource, sys
from contacthub.enrichment.uploads.workbooks import reader
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak()
reader.main(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
sys.stdout.flush()
print(peak() - before, used.ru_utime + used.ru_stime)
"""


def _refuse_cheaply(data: bytes) -> str:
    """Refuse a workbook, and check what the reader took for it beside the interpreter: 100 MB, 2 s of work."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(data)
        file.flush()
        command = [sys.executable, "-c", MEASURE, file.name]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
    *lines, measured = done.stdout.splitlines()
    kilobytes, seconds = measured.split()
    assert int(kilobytes) < 100_000
    assert float(seconds) < 2
    return str(orjson.loads(lines[-1])["error"])


def _book(sheet: bytes, texts: bytes | None = None) -> bytes:
    """Return a workbook of the parts that must be there, and of shared texts."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="%s" Type="%s/%s" Target="%s"/>'
    parts = [("r1", "worksheet", "worksheets/sheet1.xml"), ("r2", "sharedStrings", "texts.xml")]
    relations = "".join(relation % (key, kinds, kind, target) for key, kind, target in parts)
    return _zip(
        {
            "xl/workbook.xml": b'<workbook><sheets><sheet name="S" id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>".encode(),
            "xl/worksheets/sheet1.xml": sheet,
            "xl/texts.xml": b"<sst/>" if texts is None else texts,
        }
    )


def _bombs() -> dict[str, bytes]:
    one = CELL % (1, b"A1", b"x")
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">%s]>' % b"".join(
        b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (98 + n, *[97 + n] * 4) for n in range(24)
    )
    return {
        "one text": _book(SHEET % (CELL % (1, b"A1", b"a" * 60_000_000))),
        "one tag": _book(b'<worksheet a="%s"/>' % (b"a" * 9_000_000)),
        "many rows": _book(SHEET % (one * 3_000_000)),
        "one text in many cells": _book(
            SHEET % (b'<row><c t="s"><v>0</v></c></row>' * 300_000),
            b"<sst><si><t>%s</t></si></sst>" % (b"a" * 32_000),
        ),
        "deep": _book(b"<a>" * 3_000_000),
        "laughs": _book(laughs + SHEET % (CELL % (1, b"A1", b"&y;"))),
        "laughs beside": _book(SHEET % one, laughs + b"<sst><si><t>&y;</t></si></sst>"),
        "far rows": _book(SHEET % (one + CELL % (1048576, b"A1048576", b"x"))),
        "many parts": _zip({"xl/workbook.xml": b""} | {f"xl/{n}": b"" for n in range(6000)}),
        "many texts": _book(SHEET % one, b"<sst>%s</sst>" % (b"<si/>" * 9_000_000)),
    }


def test_workbooks_that_unfold_are_refused_before_they_are_read() -> None:
    for name, bomb in _bombs().items():
        assert len(bomb) < 1_000_000, name
        assert _refuse_cheaply(bomb), name


def test_workbook_that_unpacks_to_hundreds_of_megabytes_is_refused() -> None:
    assert "larger than" in refuse(_bombs()["one text"])


def test_forged_sizes_are_not_believed() -> None:
    bomb = bytearray(with_sheet(SHEET % (CELL % (1, b"A1", b"a" * 60_000_000))))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        for at in _find_all(bytes(bomb), mark):
            if int.from_bytes(bomb[at + offset : at + offset + 4], "little") > 1_000_000:
                bomb[at + offset : at + offset + 4] = (1000).to_bytes(4, "little")
    assert (
        zipfile.ZipFile(io.BytesIO(bytes(bomb))).getinfo("xl/worksheets/sheet1.xml").file_size
        == 1000
    )
    assert "larger than" in refuse(bytes(bomb))


def test_cells_in_far_corners_are_refused() -> None:
    far = SHEET % (CELL % (1, b"A1", ID.encode()) + CELL % (1048576, b"XFD1048576", b"x"))
    assert "needs more memory" in refuse(with_sheet(far))


def test_broken_sheet_is_refused() -> None:
    assert "damaged" in refuse(with_sheet(b"<worksheet><sheetData><row"))
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + SHEET % b""
    assert refuse(with_sheet(entity))


def test_workbook_without_cells_is_refused() -> None:
    assert "no visible sheet" in refuse(save_book(openpyxl.Workbook()))


def test_external_links_and_macros_are_parts_that_nobody_reads() -> None:
    data = change_parts(xlsx_of(["id"], [ID]), {})
    with zipfile.ZipFile(io.BytesIO(data), "a") as book:
        pass
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as book:
        book.writestr("xl/vbaProject.bin", b"\xd0\xcf")
        book.writestr("../../escape.txt", b"x")
    assert [cells for _, cells in read(out.getvalue())[1]] == [[ID]]


def test_too_wide_a_row_of_a_workbook_is_refused() -> None:
    assert refuse(xlsx_of(["x"] * 251), TooLarge).startswith("Line 1 has 251 columns")


def test_whole_numbers_come_back_as_they_are() -> None:
    rows = read((CASES / "big_numbers.xlsx").read_bytes())[1]
    assert rows[0][1][1:] == [
        "999999999999999",
        "1000000000000000",
        "1234567890123450",
        "9007199254740992",
        "100000000000000000000",
        "0.1",
        "0.0000001",
        "0",
        "12345678901234567890",
    ]


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        ("123", "00000", "00123"),
        ("0", "00000", "00000"),
        ("1234567", "00000", "1234567"),
        ("-5", "00000", "-5"),
        ("1.5", "00000", "1.5"),
        ("123456789", "000-00-0000", "123-45-6789"),
        ("42", '"K"0000', "K0042"),
        ("5551234567", "(###) ###-####", "(555) 123-4567"),
        ("5", '0 "kg"', "5"),
        ("5", "General", "5"),
        ("1234.5", "#,##0.00", "1234.5"),
        ("0.25", "0%", "0.25"),
        ("1.2345678901234501E+18", "General", "1234567890123450000"),
        ("0.10000000000000001", "0.00", "0.1"),
        ("-1E3", "0", "-1000"),
        ("1E+999", "0", "1E+999"),
        ("46024", "dd/mm/yyyy", "2026-01-02"),
        ("46024.127835648", "[$-409]d. mmm yy h:mm", "2026-01-02 03:04:05"),
        ("46024.99999999", "yyyy-mm-dd", "2026-01-03"),
        ("0.127777778", "h:mm", "03:04:00"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("-1", "yyyy-mm-dd", "-1"),
        ("1.25", "[h]:mm:ss", "30:00:00"),
        ("7", '"days: "0', "7"),
        ("5", "[Red]0", "5"),
    ],
)
def test_numbers_are_written_as_they_show(raw: str, code: str, text: str) -> None:
    assert formats.make_formatter(code, 164, is_1904=False)(raw) == text


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    assert formats.make_formatter("", 14, is_1904=True)("0") == "1904-01-01"
    assert formats.make_formatter("", 14, is_1904=False)("46024") == "2026-01-02"


def test_cells_of_every_kind_are_read_by_their_kind() -> None:
    cells = (
        b'<row><c t="inlineStr"><is><t>id</t></is></c><c t="str"><f>A1</f><v>cached</v></c>'
        b'<c t="e"><v>#N/A</v></c><c t="b"><v>0</v></c><c t="d"><v>2026-01-02T00:00:00Z</v></c>'
        b'<c t="inlineStr"><is><r><t>r</t></r><r><t>uns</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c>'
        b'<c r="I1"><v>7</v></c><c><v>8</v></c><c t="inlineStr"><is><t>_x0041_\xc3\xa9</t></is></c>'
        b"<c/><c><v></v></c></row>"
        b'<row r="3"><c r="A3" t="inlineStr"><is><t>%s</t></is></c></row>' % ID.encode()
    )
    header, rows, _ = read(with_sheet(SHEET % cells))
    assert header == ["id", "cached", "#N/A", "FALSE", "2026-01-02", "runs", "", "", "7", "8", "Aé"]
    assert rows == [(2, [""]), (3, [ID])]


def test_parts_are_found_by_what_refers_to_them() -> None:
    old = zipfile.ZipFile(io.BytesIO(xlsx_of(["id"], [ID])))
    moved = {}
    for entry in old.infolist():
        name = entry.filename.replace("xl/workbook.xml", "xl/Book1.xml")
        name = name.replace("_rels/workbook.xml.rels", "_rels/Book1.xml.rels")
        data = old.read(entry).replace(b"xl/workbook.xml", b"xl/book1.xml")
        moved[name.replace("/", "\\") if "sheet1" in name else name] = data
    assert read(_zip(moved))[1] == [(2, [ID])]


def test_merged_cells_and_formats_without_values_are_empty() -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "name", "more"])
    book.active.append([ID, "over two", None])
    book.active.merge_cells("B2:C2")
    book.active["F9"].number_format = "00000"
    assert read(save_book(book))[1] == [(2, [ID, "over two"])]


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


def _find_all(data: bytes, mark: bytes) -> list[int]:
    places, at = [], data.find(mark)
    while at >= 0:
        places.append(at)
        at = data.find(mark, at + 1)
    return places
