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
from xml.sax.saxutils import escape

from psycopg import sql

from contacthub.core.errors import TooLarge
from contacthub.jobs.encoders.base import VERBATIM, Column, Encoder, Format, Kind

SHEET_ROWS = 1_048_575  # Excel's 1,048,576 less the header row
SHEET_BYTES = 3_500_000_000  # under the 4 GiB that a zip entry without extensions can hold
ARCHIVE_BYTES = 4_294_967_295

# A cell of text may hold neither the control characters that XML forbids nor more than 32,767 characters, _xHHHH_ would
# be read as an escape, a carriage return as a line feed of its own, and outer spaces are lost unless they are kept.
ODD_ROW = """
concat_ws('|', {values}) ~ E'[&<>\\x01-\\x1f\\uFFFE\\uFFFF]|_x[0-9A-Fa-f]{{4}}_|(^|\\\\|) | (\\\\||$)'
OR length(concat_ws('', {values})) > 32767
"""
# Most rows are not odd; looking at all cells of a row at once takes a third of the time of looking at each.
PLAIN_CELL = "coalesce('<c t=\"inlineStr\"><is><t>' || {value} || '</t></is></c>', '<c/>')"
ODD_CELL = """
coalesce('<c t="inlineStr"><is><t xml:space="preserve">' ||
  replace(replace(replace(replace(regexp_replace(regexp_replace(left({value}, 32767),
    E'[\\x01-\\x08\\x0b-\\x1f\\uFFFE\\uFFFF]', '', 'g'), '_(x[0-9A-Fa-f]{{4}}_)', '_x005F_\\1', 'g'),
    '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\\n', '&#10;') || '</t></is></c>', '<c/>')
"""
NUMBER_CELL = "coalesce('<c><v>' || {value} || '</v></c>', '<c/>')"
DATE_CELL = "coalesce('<c s=\"1\"><v>' || ({value} - date '1899-12-30') || '</v></c>', '<c/>')"
CELLS = {Kind.INTEGER: NUMBER_CELL, Kind.NUMBER: NUMBER_CELL, Kind.DATE: DATE_CELL}
# concat_ws takes a hundred arguments.
MOST_ARGUMENTS = 90

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


class XlsxEncoder(Encoder):
    """Writes the zip container in order: sheets first, the small parts and the directory at the end.

    The state holds the entries written so far and the open sheet's rows, checksum and sizes.
    """

    def __init__(self, columns: Sequence[Column], state: dict[str, Any] | None = None) -> None:
        super().__init__(columns, state)
        if not self.state:
            self.state = {"entries": [], "offset": 0, "open": None}

    def begin(self) -> bytes:
        """Open the first sheet."""
        return self._open_sheet()

    def encode(self, lines: list[bytes]) -> bytes:
        """Return the compressed rows, in as many sheets as they need."""
        pieces = []
        while lines:
            sheet = self.state["open"]
            room = SHEET_ROWS - sheet["rows"]
            if room == 0 or sheet["raw"] > SHEET_BYTES:
                pieces += [self._close_sheet(), self._open_sheet()]
                continue
            # Lines end with the line feed of COPY, which is white space between rows.
            pieces.append(self._deflate(b"".join(lines[:room]), rows=min(room, len(lines))))
            lines = lines[room:]
        return b"".join(pieces)

    def end(self) -> bytes:
        """Close the last sheet and write the remaining parts and the directory of the container."""
        pieces = [self._close_sheet()]
        pieces += [self._store(name, text.encode()) for name, text in self._small_parts()]
        return b"".join([*pieces, self._directory()])

    def _open_sheet(self) -> bytes:
        number = (
            sum(entry["name"].startswith("xl/worksheets/") for entry in self.state["entries"]) + 1
        )
        self.state["open"] = {
            "name": f"xl/worksheets/sheet{number}.xml",
            "rows": 0,
            "raw": 0,
            "packed": 0,
            "crc": 0,
            "offset": self.state["offset"],
        }
        header = self._advance(_local_header(self.state["open"]["name"], method=8, flags=0x08))
        cells = "".join(
            f'<c s="2" t="inlineStr"><is><t xml:space="preserve">{escape(column.name)}</t></is></c>'
            for column in self.columns
        )
        top = (
            f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<sheetData><row>{cells}</row>\n"
        )
        return header + self._deflate(top.encode())

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
        bottom = self._deflate(b"</sheetData></worksheet>", is_last=True)
        sheet = self.state["open"]
        self.state["entries"].append(
            {key: sheet[key] for key in ("name", "crc", "packed", "raw", "offset")}
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
                "This file would pass 4 GB, which XLSX cannot hold. Choose another format or fewer rows."
            )
        return piece

    def _small_parts(self) -> list[tuple[str, str]]:
        count = len(self.state["entries"])
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
                "_rels/.rels",
                f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            ),
            (
                "xl/workbook.xml",
                f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{sheets}</sheets></workbook>',
            ),
            (
                "xl/_rels/workbook.xml.rels",
                f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{relations}<Relationship Id="rId{count + 1}" '
                f'Type="{RELATION}/styles" Target="styles.xml"/></Relationships>',
            ),
            ("xl/styles.xml", STYLES),
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
        """Spell a row as one `<row>` element; text is typed as text, so nothing is ever taken for a formula."""
        texts = [column.expression for column in columns if column.kind is Kind.TEXT]
        plain, odd = (self._row(columns, cell) for cell in (PLAIN_CELL, ODD_CELL))
        if not texts:
            return plain
        is_odd = sql.SQL(" OR ").join(
            sql.SQL("({})").format(
                sql.SQL(ODD_ROW).format(
                    values=sql.SQL(", ").join(texts[first : first + MOST_ARGUMENTS])
                )
            )
            for first in range(0, len(texts), MOST_ARGUMENTS)
        )
        return sql.SQL("CASE WHEN {} THEN {} ELSE {} END").format(is_odd, odd, plain)

    def _row(self, columns: Sequence[Column], text_cell: str) -> sql.Composable:
        cells = sql.SQL(" || ").join(
            sql.SQL(CELLS.get(column.kind, text_cell)).format(value=column.expression)
            for column in columns
        )
        return sql.SQL("'<row>' || {} || '</row>'").format(cells)

    def copy_options(self) -> sql.Composable:
        """Return the options under which COPY leaves the element untouched."""
        return VERBATIM

    def open(self, columns: Sequence[Column], state: dict[str, Any] | None = None) -> Encoder:
        """Return an encoder."""
        return XlsxEncoder(columns, state)


XLSX = XlsxFormat(
    name="xlsx",
    label="XLSX",
    hint="Typed cells, split at 1,048,575 rows",
    suffix="xlsx",
    content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    is_compressed=True,
)
