"""Any list that somebody uploads is read as what it is, in its order, or refused with a sentence."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from contacthub.core.errors import ContactHubError, Invalid, TooLarge
from contacthub.enrichment.uploads import workbook
from contacthub.enrichment.uploads.opening import open_upload
from tests.enrichment.builders import (
    change_parts,
    cid,
    save_book,
    with_sheet,
    xlsx_of,
)

ID, OTHER = cid(1), cid(2)
# Spreadsheets know no time zones.
NAIVE = dt.datetime
SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData>%s</sheetData></worksheet>"
)
CELL = b'<row r="%d"><c r="%s" t="inlineStr"><is><t>%s</t></is></c></row>'


def read(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    with open_upload(io.BytesIO(data)) as table:
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
    assert "no XLSX workbook" in refuse(_zip({"a.txt": b"x"}))
    assert "old kind" in refuse(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert "password" in refuse(locked + "EncryptedPackage".encode("utf-16-le"))
    assert "damaged" in refuse(b"PK\x03\x04" + b"x" * 500)


def test_zip_with_a_password_is_refused() -> None:
    data = bytearray(xlsx_of([ID]))
    # The first bit of the flags, in the directory at the end.
    for at in _find_all(bytes(data), b"PK\x01\x02"):
        data[at + 8] |= 1
    assert "password" in refuse(bytes(data))


def test_workbook_that_unpacks_to_hundreds_of_megabytes_is_refused() -> None:
    bomb = with_sheet(SHEET % (CELL % (1, b"A1", b"a" * 60_000_000)))
    assert len(bomb) < 100_000
    assert "larger than" in refuse(bomb)


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


def test_cells_in_far_corners_end_the_reader_and_not_us() -> None:
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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0, "5"),
        (1e15, "1000000000000000.0"),
        (0.1, "0.1"),
        (True, "TRUE"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (NAIVE(2026, 1, 2), "2026-01-02"),
        (dt.time(3, 4), "03:04:00"),
    ],
)
def test_cells_are_spelled_as_a_spreadsheet_shows_them(value: object, text: str) -> None:
    assert workbook.spell(value) == text


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


def _find_all(data: bytes, mark: bytes) -> list[int]:
    places, at = [], data.find(mark)
    while at >= 0:
        places.append(at)
        at = data.find(mark, at + 1)
    return places
