"""How a CSV file begins: `sep=;`, empty rows, the header, and from these its line ends and its delimiter."""

import csv
import io
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks
from contacthub.core.tabular.encodings import SAMPLE_BYTES, Reader
from contacthub.core.text import normalize

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MOST_HEADER_BYTES = 1024 * 1024
SAMPLE_ROWS = 100
# Excel's own line for the delimiter; it may stand in quotes, and other delimiters behind it.
SEPARATOR = re.compile(r'"?sep=([^"\r\n])"?[,;\t|]*', re.IGNORECASE)
LINE_END_OR_QUOTE = re.compile(rb'["\r\n]')
LINE_ENDS = re.compile(rb"[\r\n]+")
# A row of nothing but these is empty.
NOTHING = " \t\r\n\v\f\"',;|"
SPACES = "\xa0\ufeff"
EMPTY_BYTES = b" \t\r\n\v\f,;|"


@dataclass(frozen=True)
class Start:
    """What the start of a file shows, and where its rows begin."""

    # The first row that holds something, and its line, from 1. No cells: the file has none.
    cells: list[str]
    line: int
    delimiter: str
    # Cells of most rows under this delimiter.
    width: int
    # Lines end in CR alone, as old spreadsheets write them: these are read as LF.
    is_cr_only: bool
    # What was read behind the first row, and the line on which that begins.
    rest: bytes
    next_line: int


def read_start(
    reader: Reader,
    *,
    names: Collection[str] = (),
    holds_value: Callable[[Sequence[str]], bool] | None = None,
    delimiter: str | None = None,
) -> Start:
    """Read a file of UTF-8 up to the end of the first row that holds something.

    The delimiter is the one that is `named`, else that of `sep=`, else the one under which the first row has the most
    `names`, then most rows have a value, then most rows are equally wide. Raises `Invalid` for a header that does not
    end.
    """
    data = _read_sample(reader)
    is_cr_only = _ends_in_cr(data)
    if is_cr_only:
        data = data.replace(b"\r", b"\n")
    lines = list(io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""))
    first, stated = _skip_empty(lines, delimiter)
    if first == len(lines):
        return Start([], first + 1, delimiter or stated or ",", 1, is_cr_only, b"", first + 1)
    chosen, width = _choose_delimiter(lines[first:], delimiter or stated, names, holds_value)
    parser = csv.reader(lines[first:], delimiter=chosen)
    cells = next(parser)
    after = first + parser.line_num
    _check_end(lines[first:after], is_end=after == len(lines))
    read = sum(len(line.encode("utf-8", "surrogateescape")) for line in lines[:after])
    return Start(cells, first + 1, chosen, width, is_cr_only, data[read:], after + 1)


def clean_header(cells: Sequence[str]) -> list[str]:
    """Return the names in a header: normalized as values are, without white space around them."""
    return [normalize(cell).strip() for cell in cells]


def _skip_empty(lines: list[str], delimiter: str | None) -> tuple[int, str | None]:
    """Return the place of the first line that holds something, and the delimiter that `sep=` before it states."""
    stated: str | None = None
    for place, line in enumerate(lines):
        separator = SEPARATOR.fullmatch(line.strip()) if stated is None else None
        if separator is not None:
            stated = separator[1]
        elif line.strip(NOTHING + SPACES + (delimiter or stated or "")):
            return place, stated
    return len(lines), stated


def _check_end(lines: list[str], *, is_end: bool) -> None:
    """Raise `Invalid` for a first row that an open quote makes longer than a header may be, or the whole file."""
    size = sum(map(len, lines))
    quotes = sum(line.count('"') for line in lines)
    if size > MOST_HEADER_BYTES or (is_end and len(lines) > 1 and quotes % 2):
        raise Invalid("the header does not end; is a quote open in it?", field="file")


def count_lines(data: bytes) -> int:
    """Count line ends: LF, CR LF and CR."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _read_sample(reader: Reader) -> bytes:
    """Read as much as the delimiter is judged by, and on until a row that holds something has ended."""
    data = b""
    while chunk := reader.read(blocks.BLOCK_BYTES):
        data += chunk
        if len(data) > MOST_HEADER_BYTES or (len(data) >= SAMPLE_BYTES and _holds_row(data)):
            break
    return data


def _holds_row(data: bytes) -> bool:
    start = len(data) - len(data.lstrip(EMPTY_BYTES))
    return _find_row_end(data, start) < len(data)


def _ends_in_cr(data: bytes) -> bool:
    """Return whether the first row that holds something ends in CR alone; LF in quotes is within a cell."""
    start = len(data) - len(data.lstrip(EMPTY_BYTES))
    is_quoted = False
    for found in LINE_END_OR_QUOTE.finditer(data, start):
        if found[0] == b'"':
            is_quoted = not is_quoted
        elif not is_quoted:
            ends = LINE_ENDS.match(data, found.start())
            return ends is not None and b"\n" not in ends[0]
    return False


def _find_row_end(data: bytes, start: int) -> int:
    """Return the place after the first line end with an even number of quotes before it, or the end."""
    quotes, at = 0, start - 1
    while (end := data.find(b"\n", at + 1)) >= 0:
        quotes += data.count(b'"', at + 1, end)
        if quotes % 2 == 0:
            return end + 1
        at = end
    return len(data)


# --- Delimiter ------------------------------------------------------------------------------------


def _choose_delimiter(
    lines: list[str],
    named: str | None,
    names: Collection[str],
    holds_value: Callable[[Sequence[str]], bool] | None,
) -> tuple[str, int]:
    """Return the delimiter and the usual number of cells under it."""
    known = set(names)
    sample = _take_sample(lines)

    def fit(delimiter: str) -> tuple[int, int, int, int]:
        rows = [row for row in _split(sample, delimiter) if row]
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=1)
        alike = widths.count(usual) if usual > 1 else 0
        found = len(known.intersection(clean_header(rows[0]))) if rows else 0
        valued = sum(map(holds_value, rows)) if holds_value else 0
        return found, valued, alike, usual

    best = named or max(DELIMITERS, key=fit)
    return best, fit(best)[3]


def _take_sample(lines: list[str]) -> list[str]:
    """Return the first lines, up to SAMPLE_BYTES characters; a block ends anywhere, so its last line may be cut."""
    taken, size = 0, 0
    while taken < min(len(lines), SAMPLE_BYTES) and size < SAMPLE_BYTES:
        size += len(lines[taken])
        taken += 1
    return (
        lines[:taken] if taken < len(lines) or size < SAMPLE_BYTES else lines[: max(1, taken - 1)]
    )


def _split(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        reader = csv.reader(iter(lines), delimiter=delimiter)
        return [row for row, _ in zip(reader, range(SAMPLE_ROWS), strict=False)]
    except csv.Error:
        return []
