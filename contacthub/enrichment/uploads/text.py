"""Read uploaded CSV by the one reader of CSV: its encoding and delimiter found by looking, or chosen by a person."""

from collections.abc import Iterator
from itertools import chain
from typing import IO

from contacthub.core.tabular.csv import read_rows
from contacthub.core.tabular.csv_start import DELIMITERS, read_start
from contacthub.core.tabular.encodings import find_encoding, read_as_utf8
from contacthub.enrichment.uploads.table import (
    MOST_ROW_CHARACTERS,
    InputRow,
    UploadedTable,
    check_width,
    holds_key,
    split_header,
)


def open_text_upload(stream: IO[bytes], *, encoding: str, delimiter: str) -> UploadedTable:
    """Open a CSV upload; an empty `encoding` or `delimiter` is found by looking.

    Raises `Invalid` for an empty file, and for one whose encoding cannot be detected.
    """
    found = find_encoding(stream, named=encoding or None, may_guess=True)
    reader = read_as_utf8(stream, found)
    start = read_start(reader, holds_value=holds_key, delimiter=delimiter or None)
    if not start.cells:
        return UploadedTable([], iter(()), found.label, encoding=found, delimiter=start.delimiter)
    below = read_rows(reader, start, most_bytes=MOST_ROW_CHARACTERS)
    read = chain([(start.line, list(start.cells))], below)
    rows = _keep_blanks(InputRow(line, check_width(cells, line)) for line, cells in read)
    header, rows = split_header(rows)
    words = (
        f", separated by {DELIMITERS.get(start.delimiter, start.delimiter)}"
        if start.width > 1
        else ""
    )
    return UploadedTable(
        header, rows, found.label + words, encoding=found, delimiter=start.delimiter
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
