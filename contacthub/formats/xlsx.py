"""XLSX: typed cells, one header row per sheet, a new sheet where Excel's limit is reached.

Written by hand because every library keeps the sheet in memory or writes it at a twentieth of the speed, and none can
continue a half-written file. Each piece of rows is compressed on its own and ends on a byte border (Z_FULL_FLUSH), so
pieces made by different workers join to one valid DEFLATE stream.
Source: ECMA-376 part 1 (SpreadsheetML); PKWARE APPNOTE 6.3 for the container; RFC 1951 for DEFLATE.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from contacthub.core.errors import TooLarge
from contacthub.formats.base import VERBATIM, Column, Encoder, Format
from contacthub.formats.xlsx_cells import (
    column_letters,
    column_widths,
    cut_texts,
    header_row,
    number_rows,
    row_sql,
)

HEADER_ROWS = 1
SHEET_ROWS = 1_048_576 - HEADER_ROWS
SHEET_BYTES = 3_500_000_000  # under the 4 GiB that a zip entry without extensions can hold
ARCHIVE_BYTES = 4_294_967_295

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Cell style 1 is a date, 2 the bold header.
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/>'
    '<name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
    '</fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf xfId="0"/><xf numFmtId="164" applyNumberFormat="1" xfId="0"/>'
    '<xf fontId="1" applyFont="1" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
FIRST_PARTS = (
    (
        "_rels/.rels",
        f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    ),
    ("xl/styles.xml", STYLES),
)


class XlsxEncoder(Encoder):
    """Writes the zip container in order: sheets first, the small parts and the directory at the end.

    The state holds the entries written so far, the open sheet's rows, checksum and sizes, and how many texts were cut.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> None:
        super().__init__(columns, state, row_count)
        if not self.state:
            self.state = {"entries": [], "offset": 0, "open": None, "cut": 0}

    @property
    def cut_count(self) -> int:
        """Return how many texts were longer than a cell can hold."""
        return int(self.state["cut"])

    def begin(self) -> bytes:
        """Return the parts that stand in front of the sheets.

        The first entry tells programs that look at the first bytes what this is, and who reads in one pass needs to
        know which style is a date.
        """
        pieces = [self._store(name, text.encode()) for name, text in FIRST_PARTS]
        return b"".join(pieces)

    def encode(self, lines: list[bytes]) -> bytes:
        """Return the compressed rows, in as many sheets as they need."""
        lines, cut = cut_texts(lines)
        self.state["cut"] += cut
        pieces = []
        while lines:
            sheet = self.state["open"]
            if sheet is None:
                pieces.append(self._open_sheet(lines))
                continue
            room = SHEET_ROWS - sheet["rows"]
            if room == 0 or sheet["raw"] > SHEET_BYTES:
                pieces.append(self._close_sheet())
                continue
            # Lines end with the line feed of COPY, which is white space between rows.
            raw = number_rows(lines[:room], sheet["rows"] + HEADER_ROWS + 1)
            pieces.append(self._deflate(raw, rows=min(room, len(lines))))
            lines = lines[room:]
        return b"".join(pieces)

    def end(self) -> bytes:
        """Close the last sheet and write the remaining parts and the directory of the container."""
        pieces = [] if self.state["open"] else [self._open_sheet([])]
        pieces.append(self._close_sheet())
        pieces += [self._store(name, text.encode()) for name, text in self._small_parts()]
        return b"".join([*pieces, self._directory()])

    def _open_sheet(self, lines: list[bytes]) -> bytes:
        """Begin a sheet whose first rows are `lines`."""
        number = len(self._sheets()) + 1
        self.state["open"] = {
            "name": f"xl/worksheets/sheet{number}.xml",
            "rows": 0,
            "raw": 0,
            "packed": 0,
            "crc": 0,
            "offset": self.state["offset"],
        }
        header = self._advance(_local_header(self.state["open"]["name"], method=8, flags=0x08))
        top = (
            f'{XML}<worksheet xmlns="{MAIN}">{self._dimension(lines)}<sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
            f"<cols>{column_widths(self.columns, lines)}</cols><sheetData>{header_row(self.columns)}\n"
        )
        return header + self._deflate(top.encode())

    def _dimension(self, lines: list[bytes]) -> str:
        """Return the place of the sheet's cells, if its number of rows is known beforehand."""
        if self.row_count is None:
            return ""
        done = sum(entry["rows"] for entry in self._sheets())
        rows = min(SHEET_ROWS, self.row_count - done)
        # A sheet of very long rows may have to end before its last row.
        if rows * max(map(len, lines), default=0) > SHEET_BYTES:
            return ""
        return f'<dimension ref="{self._reference(rows)}"/>'

    def _sheets(self) -> list[dict[str, Any]]:
        """Return the entries of the sheets that are closed."""
        entries = self.state["entries"]
        return [entry for entry in entries if entry["name"].startswith("xl/worksheets/")]

    def _reference(self, rows: int) -> str:
        return f"A1:{column_letters(len(self.columns))}{rows + HEADER_ROWS}"

    def _deflate(self, raw: bytes, *, rows: int = 0, is_last: bool = False) -> bytes:
        sheet = self.state["open"]
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = packer.compress(raw) + packer.flush(
            zlib.Z_FINISH if is_last else zlib.Z_FULL_FLUSH
        )
        sheet["rows"] += rows
        sheet["crc"] = zlib.crc32(raw, sheet["crc"])
        sheet["raw"] += len(raw)
        sheet["packed"] += len(packed)
        return self._advance(packed)

    def _close_sheet(self) -> bytes:
        sheet = self.state["open"]
        filters = f'<autoFilter ref="{self._reference(sheet["rows"])}"/>'
        bottom = self._deflate(f"</sheetData>{filters}</worksheet>".encode(), is_last=True)
        self.state["entries"].append(
            {key: sheet[key] for key in ("name", "rows", "crc", "packed", "raw", "offset")}
            | {"method": 8, "flags": 0x08}
        )
        self.state["open"] = None
        descriptor = struct.pack("<IIII", 0x08074B50, sheet["crc"], sheet["packed"], sheet["raw"])
        return bottom + self._advance(descriptor)

    def _store(self, name: str, raw: bytes) -> bytes:
        crc = zlib.crc32(raw)
        self.state["entries"].append(
            {
                "name": name,
                "crc": crc,
                "packed": len(raw),
                "raw": len(raw),
                "offset": self.state["offset"],
                "method": 0,
                "flags": 0,
            }
        )
        return self._advance(_local_header(name, method=0, flags=0, crc=crc, size=len(raw)) + raw)

    def _advance(self, piece: bytes) -> bytes:
        self.state["offset"] += len(piece)
        if self.state["offset"] > ARCHIVE_BYTES:
            raise TooLarge(
                "This file would exceed 4 GB, the limit of XLSX. Choose another format or fewer rows."
            )
        return piece

    def _small_parts(self) -> list[tuple[str, str]]:
        count = len(self._sheets())
        numbers = range(1, count + 1)
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/>'
            for n in numbers
        )
        sheets = "".join(f'<sheet name="Rows {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="{RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        return [
            (
                "[Content_Types].xml",
                f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
                f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
                f'<Override PartName="/xl/styles.xml" ContentType="{SHEET_TYPE}.styles+xml"/>{overrides}</Types>',
            ),
            (
                "xl/workbook.xml",
                f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><bookViews><workbookView/></bookViews>'
                f"<sheets>{sheets}</sheets></workbook>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{relations}<Relationship Id="rId{count + 1}" '
                f'Type="{RELATION}/styles" Target="styles.xml"/></Relationships>',
            ),
        ]

    def _directory(self) -> bytes:
        entries = self.state["entries"]
        directory = b"".join(_directory_entry(entry) for entry in entries)
        end = struct.pack(
            "<IHHHHIIH",
            0x06054B50,
            0,
            0,
            len(entries),
            len(entries),
            len(directory),
            self.state["offset"],
            0,
        )
        return self._advance(directory + end)


# All entries carry the earliest date that a zip file can: the same rows give the same bytes.
DOS_DATE = 0x21


def _local_header(name: str, *, method: int, flags: int, crc: int = 0, size: int = 0) -> bytes:
    encoded = name.encode()
    fixed = struct.pack(
        "<IHHHHHIIIHH", 0x04034B50, 20, flags, method, 0, DOS_DATE, crc, size, size, len(encoded), 0
    )
    return bytes(fixed + encoded)


def _directory_entry(entry: dict[str, Any]) -> bytes:
    encoded = entry["name"].encode()
    fixed = struct.pack(
        "<IHHHHHHIIIHHHHHII",
        0x02014B50,
        20,
        20,
        entry["flags"],
        entry["method"],
        0,
        DOS_DATE,
        entry["crc"],
        entry["packed"],
        entry["raw"],
        len(encoded),
        0,
        0,
        0,
        0,
        0,
        entry["offset"],
    )
    return bytes(fixed + encoded)


@dataclass(frozen=True)
class XlsxFormat(Format):
    """XLSX."""

    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Write a row as one `<row>` element."""
        return row_sql(columns)

    def copy_options(self) -> sql.Composable:
        """Return the options under which COPY leaves the element untouched."""
        return VERBATIM

    def open(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> Encoder:
        """Return an encoder."""
        return XlsxEncoder(columns, state, row_count)


XLSX = XlsxFormat(
    name="xlsx",
    label="XLSX",
    hint="Typed cells, split at 1,048,575 rows",
    suffix="xlsx",
    content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    is_compressed=True,
    # 2: numbered rows and cells.
    version=2,
)
