"""Read uploaded CSV: encoding and delimiter found by looking, rows of any width, lines counted."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from contacthub.core.errors import Invalid
from contacthub.core.tabular.encodings import MARKS
from contacthub.enrichment.uploads.table import (
    MOST_ROW_CHARACTERS,
    InputRow,
    UploadedTable,
    check_width,
    holds_id,
    split_header,
)

SAMPLE_BYTES = 64 * 1024
SAMPLE_ROWS = 100
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
NOT_TEXT = "This is not a text file. Upload a CSV or an XLSX file."


@contextmanager
def open_text_upload(stream: IO[bytes]) -> Iterator[UploadedTable]:
    """Open a CSV upload for the block. Raises `Invalid` for an empty file and for one that no encoding reads."""
    encoding, mark = find_encoding(stream)
    delimiter, width = _find_delimiter(_read_sample(stream, encoding, len(mark)))
    stream.seek(len(mark))
    # Line ends stay as they are: inside quotes they belong to the value.
    text = io.TextIOWrapper(stream, encoding, newline="")
    try:
        header, rows = split_header(_read_rows(text, delimiter))
        words = f", separated by {DELIMITERS[delimiter]}" if width > 1 else ""
        yield UploadedTable(header, rows, ENCODINGS[encoding] + words)
    finally:
        # The stream is its owner's to close.
        text.detach()


# --- Encoding -------------------------------------------------------------------------------------


def find_encoding(stream: IO[bytes]) -> tuple[str, bytes]:
    """Return the encoding of a file and its byte order mark: UTF-8 or UTF-16, else Windows-1252.

    Raises `Invalid` for binary data and where some lines are UTF-8 and others are not: read as either, half of the
    names would be wrong without anybody noticing.
    """
    stream.seek(0)
    start = stream.read(SAMPLE_BYTES)
    for name, mark in MARKS:
        if start.startswith(mark):
            return name, mark
    if not start.strip():
        raise Invalid("The file is empty.", field="file")
    if b"\0" in start:
        return _find_wide(start), b""
    return _find_narrow(stream), b""


def _find_wide(start: bytes) -> str:
    """Tell UTF-16 without a mark by its zero bytes: one in two, always on the same side."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) // 4 or min(even, odd) > len(start) // 50:
        raise Invalid(NOT_TEXT, field="file")
    return "utf-16-be" if even > odd else "utf-16-le"


def _find_narrow(stream: IO[bytes]) -> str:
    stream.seek(0)
    utf8_line = other_line = 0
    for number, line in enumerate(iter(lambda: stream.readline(MOST_ROW_CHARACTERS), b""), start=1):
        if line.isascii():
            continue
        try:
            line.decode()
            utf8_line = utf8_line or number
        except UnicodeDecodeError:
            other_line = other_line or number
        if utf8_line and other_line:
            raise Invalid(
                f"Line {other_line:,} is not UTF-8, line {utf8_line:,} is. Save the file as UTF-8 and upload it again.",
                field="file",
            )
    return "cp1252" if other_line else "utf-8"


# --- Delimiter ------------------------------------------------------------------------------------


def _read_sample(stream: IO[bytes], encoding: str, start: int) -> list[str]:
    stream.seek(start)
    text = stream.read(SAMPLE_BYTES).decode(encoding, "replace")
    lines = list(io.StringIO(text, newline=""))
    # The last line is cut wherever the sample ends.
    return lines[:-1] if len(lines) > 1 and len(text) > SAMPLE_BYTES // 4 else lines


def _find_delimiter(lines: list[str]) -> tuple[str, int]:
    """Return the delimiter under which most rows hold a contact id, then most are equally wide; and their width."""

    def fit(delimiter: str) -> tuple[int, int, int]:
        rows = [row for row in _split(lines, delimiter) if row]
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=1)
        alike = widths.count(usual) if usual > 1 else 0
        return sum(holds_id(row) for row in rows), alike, usual

    best = max(DELIMITERS, key=fit)
    return best, fit(best)[2]


def _split(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        reader = csv.reader(iter(lines), delimiter=delimiter)
        return [row for row, _ in zip(reader, range(SAMPLE_ROWS), strict=False)]
    except csv.Error:
        return []


# --- Rows -----------------------------------------------------------------------------------------


class _Lines:
    """Hands lines to the parser and stops it where one row takes too much: a quote is open there."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.begin_row(1)

    def begin_row(self, line: int) -> None:
        """Note that what comes now belongs to the row that starts on this line."""
        self.row_line = line
        self.row_size = self.row_quotes = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(MOST_ROW_CHARACTERS + 1)
        except UnicodeDecodeError as error:
            raise Invalid(
                f"After line {self.row_line:,} stands something that is not text in the file's encoding. "
                "Save the file as UTF-8 and upload it again.",
                field="file",
            ) from error
        self.row_size += len(line)
        self.row_quotes += line.count('"')
        if self.row_size > MOST_ROW_CHARACTERS:
            raise Invalid(
                f"The row on line {self.row_line:,} does not end: it has more than {MOST_ROW_CHARACTERS:,} characters. "
                "Is a quotation mark not closed?",
                field="file",
            )
        if not line:
            raise StopIteration
        return line


def _read_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[InputRow]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        yield from _keep_blanks(_number(reader, lines))
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num:,} cannot be read: {error}.", field="file") from error


def _number(reader: Any, lines: _Lines) -> Iterator[InputRow]:
    """Yield all rows with their lines; a blank line is a row without cells."""
    is_open = False
    for cells in reader:
        # Of a quote that is never closed the parser makes one long value, up to the end of the file.
        is_open = lines.row_quotes % 2 == 1 and any("\n" in c or "\r" in c for c in cells)
        yield InputRow(lines.row_line, check_width(cells, lines.row_line))
        lines.begin_row(reader.line_num + 1)
    if is_open:
        raise Invalid(
            "The last row of the file opens a quotation mark that is not closed.", field="file"
        )


def _keep_blanks(rows: Iterator[InputRow]) -> Iterator[InputRow]:
    """Leave out blank lines, but those between the rows of a single column: there they are empty cells."""
    width = blanks = 0
    for row in rows:
        if not row.cells:
            blanks += 1
            continue
        if width == 1:
            yield from (InputRow(line, [""]) for line in range(row.line - blanks, row.line))
        width, blanks = width or len(row.cells), 0
        yield row
