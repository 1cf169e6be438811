"""Read CSV (RFC 4180, and what people make of it) in blocks: delimiter guessed, lines counted, odd rows rejected.

Two ways lead from the blocks: `open_csv` gives named columns and rejects rows that do not fit the header; `read_rows`
gives every row as it came, whatever its width.
"""

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.csv

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks
from contacthub.core.tabular.blocks import (
    Block,
    Reject,
    TableFile,
    check_header,
    is_text,
    make_block,
    printable,
)
from contacthub.core.tabular.csv_start import Start, clean_header, count_lines, read_start
from contacthub.core.tabular.encodings import Reader, find_encoding, read_as_utf8

# Stands behind a block while it is parsed. Where it does not come out as a row of its own, the block's last quote was
# not closed.
END = "\x1e"
# csv.reader's own limit would end the whole file; a row that is too long is rejected instead.
csv.field_size_limit(4 * blocks.MOST_ROW_BYTES)


class _Dialect(NamedTuple):
    """How a file is written, as its start shows."""

    header: list[str]
    delimiter: str
    # Lines end in CR alone, as old spreadsheets write them.
    is_cr_only: bool

    @property
    def end_row(self) -> str:
        return self.delimiter.join([END] * len(self.header)) + "\n"


def open_csv(path: Path, *, columns: Sequence[str], encoding: str | None) -> TableFile:
    """Open a CSV file. Raises `Invalid` for one without a usable header or in an unknown encoding."""
    stream = path.open("rb")
    try:
        reader = read_as_utf8(stream, find_encoding(stream, named=encoding))
        start, dialect = _read_header(reader, path, columns)
    except BaseException:
        stream.close()
        raise
    source = _Source(reader, start, is_cr_only=dialect.is_cr_only)
    names = {name for name in dialect.header if name}
    found = _read_blocks(source, dialect, columns, stream)
    return TableFile("csv", dialect.header, path.stat().st_size, found, names, stream.close)


def _read_header(reader: Reader, path: Path, columns: Sequence[str]) -> tuple[Start, _Dialect]:
    try:
        start = read_start(reader, names=columns)
    except Invalid as error:
        raise Invalid(f"{path.name}: {error}", field="file") from error
    if not start.cells:
        raise Invalid(f"{path.name} is empty.", field="file")
    if not is_text("".join(start.cells)):
        raise Invalid(f"{path.name}: the header is not UTF-8; name the encoding.", field="encoding")
    header = clean_header(start.cells)
    check_header(path, header, columns)
    return start, _Dialect(header, start.delimiter, start.is_cr_only)


# --- Blocks ----------------------------------------------------------------------------------------------------------


class _Source:
    """Cuts a file behind its first row into blocks of whole records; what the parser could not use comes again."""

    def __init__(self, reader: Reader, start: Start, *, is_cr_only: bool) -> None:
        self.line = start.next_line
        self.is_end = False
        # Read and not yet parsed.
        self.rest = start.rest
        self._reader = reader
        self._is_cr_only = is_cr_only

    def take(self) -> bytes:
        """Return some records, all of the rest at the end of the file, nothing if none ends in the next block."""
        chunk = self._reader.read(blocks.BLOCK_BYTES)
        self.is_end = not chunk
        self.rest += chunk.replace(b"\r", b"\n") if self._is_cr_only else chunk
        cut = len(self.rest) if self.is_end else _find_last_end(self.rest)
        if not cut and len(self.rest) > blocks.MOST_ROW_BYTES:
            cut = self.rest.rfind(b"\n") + 1 or len(self.rest)
        data, self.rest = self.rest[:cut], self.rest[cut:]
        return data

    def advance(self, data: bytes, tail: bytes) -> None:
        """Count the lines of parsed data, and keep its `tail` for the next block."""
        self.line += count_lines(data[: len(data) - len(tail)])
        self.rest = tail + self.rest


def _read_blocks(
    source: _Source, dialect: _Dialect, columns: Sequence[str], stream: IO[bytes]
) -> Iterator[Block]:
    while not source.is_end:
        if data := source.take():
            block, tail = _parse(data, source.line, dialect, columns, is_end=source.is_end)
            source.advance(data, tail)
            block.position = max(0, stream.tell() - len(source.rest))
            yield block


def _find_last_end(data: bytes) -> int:
    """Return the place after the last line end with an even number of quotes before it; 0 if there is none.

    That is the end of a record unless stray quotes stand in the data; the parser sees it then.
    """
    at = data.rfind(b"\n")
    quotes = data.count(b'"', 0, at) if at >= 0 else 0
    while at >= 0 and quotes % 2:
        previous, at = at, data.rfind(b"\n", 0, at)
        quotes -= data.count(b'"', max(at, 0), previous)
    return at + 1


def _parse(
    data: bytes, line: int, dialect: _Dialect, columns: Sequence[str], *, is_end: bool
) -> tuple[Block, bytes]:
    """Parse whole records with Arrow; where it finds anything odd, one by one. Returns also what belongs to the next.

    Both parsers read a record alike; only the slow one knows lines, and only it survives an odd row.
    """
    wanted = [name for name in columns if name in dialect.header]
    # Only the slow parser looks at the length of a row, and only here can one be longer than it may be.
    is_long = len(data) > blocks.MOST_ROW_BYTES
    table = None if is_long else _parse_fast(data, dialect, wanted)
    if table is None:
        return _parse_slowly(data, line, dialect, columns, is_end=is_end)
    # Rows are looked up in the text only when one of them is rejected, and then often many.
    find_records = cache(lambda: [r for r in _records(data, dialect) if r.cells][:-1])
    block = make_block(
        columns,
        {name: table.column(name).combine_chunks() for name in wanted},
        table.num_rows,
        find_lines=lambda: [line + record.first for record in find_records()],
        find_raw=lambda index: find_records()[index].raw,
    )
    return block, b""


def _parse_fast(data: bytes, dialect: _Dialect, wanted: list[str]) -> pa.Table | None:
    """Parse with Arrow. Returns None if a row has too many or too few cells, is not UTF-8, or a quote is open."""
    if not wanted:
        return None
    data += (b"" if data.endswith((b"\n", b"\r")) else b"\n") + dialect.end_row.encode()
    # Arrow looks columns up by name; columns that are not read may share a name, or have none.
    names = [
        name if name in wanted else f"\x00{place}" for place, name in enumerate(dialect.header)
    ]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, block_size=len(data) + 1024, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=True
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    last = table.num_rows - 1
    return table.slice(0, last) if table.column(0)[last].as_py() == END else None


# --- Row by row ------------------------------------------------------------------------------------------------------


class _Record(NamedTuple):
    """One record: its first line and the one after it, counted from 0, its text, and its cells ([]: a blank line)."""

    first: int
    after: int
    raw: str
    cells: list[str]


def _records(data: bytes, dialect: _Dialect) -> Iterator[_Record]:
    """Yield each record of a block; the last one is the end row, unless a quote is open before it."""
    lines = _split_lines(data, dialect, "surrogateescape")
    reader = csv.reader(iter(lines), delimiter=dialect.delimiter)
    first = 0
    for cells in reader:
        yield _Record(
            first, reader.line_num, "".join(lines[first : reader.line_num]).rstrip("\r\n"), cells
        )
        first = reader.line_num


def _split_lines(data: bytes, dialect: _Dialect, errors: str) -> list[str]:
    text = data.decode("utf-8", errors)
    text += ("" if text.endswith(("\n", "\r")) else "\n") + dialect.end_row
    return list(io.StringIO(text, newline=""))


def _parse_slowly(
    data: bytes, line: int, dialect: _Dialect, columns: Sequence[str], *, is_end: bool
) -> tuple[Block, bytes]:
    good: list[_Record] = []
    rejects: list[Reject] = []
    offset, tail = 0, b""
    while True:
        *records, last = _records(data, dialect)
        records = [r._replace(first=r.first + offset, after=r.after + offset) for r in records]
        _sort_out(records, line, dialect, good, rejects)
        if last.cells == [END] * len(dialect.header):
            break
        unread = _after_line(data, last.first)
        if not is_end and len(unread) < blocks.MOST_ROW_BYTES:
            tail = unread
            break
        rejects.append(
            Reject(
                line + offset + last.first,
                "opens a quote that is not closed",
                _first_line(last.raw),
            )
        )
        data, offset = _after_line(unread, 1), offset + last.first + 1
    return _make_slow_block(good, rejects, line, dialect, columns), tail


def _sort_out(
    records: list[_Record], line: int, dialect: _Dialect, good: list[_Record], rejects: list[Reject]
) -> None:
    for record in records:
        reason = _find_fault(record, line, dialect)
        if reason:
            rejects.append(Reject(line + record.first, reason, printable(record.raw)))
        elif record.cells:
            good.append(record)


def _find_fault(record: _Record, line: int, dialect: _Dialect) -> str | None:
    if record.cells and len(record.cells) != len(dialect.header):
        cells = f"{len(record.cells)} cell{'s' if len(record.cells) > 1 else ''}"
        first, last = line + record.first, line + record.after - 1
        where = f" (lines {first} to {last})" if last > first else ""
        return f"has {cells}, the header has {len(dialect.header)}{where}"
    if not is_text(record.raw):
        return "is not UTF-8 text"
    if len(record.raw) > blocks.MOST_ROW_BYTES:
        return f"is longer than {blocks.MOST_ROW_BYTES:,} characters"
    return None


def _make_slow_block(
    good: list[_Record], rejects: list[Reject], line: int, dialect: _Dialect, columns: Sequence[str]
) -> Block:
    places = {name: dialect.header.index(name) for name in columns if name in dialect.header}
    return make_block(
        columns,
        {
            name: pa.array([r.cells[place] for r in good], pa.string())
            for name, place in places.items()
        },
        len(good),
        find_lines=lambda: [line + r.first for r in good],
        find_raw=lambda index: good[index].raw,
        rejects=rejects,
    )


def _after_line(data: bytes, count: int) -> bytes:
    """Return what stands behind the first `count` lines."""
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="latin-1", newline="")
    return data[sum(len(text) for _, text in zip(range(count), lines, strict=False)) :]


def _first_line(raw: str) -> str:
    return printable(raw.partition("\n")[0].rstrip("\r"))


# --- Every row ------------------------------------------------------------------------------------------------------


def read_rows(reader: Reader, start: Start, *, most_bytes: int) -> Iterator[tuple[int, list[str]]]:
    """Yield all rows behind the start with the line each begins on; a blank line is a row without cells.

    What is not UTF-8 becomes U+FFFD. Raises `Invalid` for a row of more than `most_bytes`, and for one that opens a
    quote which is never closed: read on, it would hold the rest of the file.
    """
    dialect = _Dialect([""], start.delimiter, start.is_cr_only)
    source = _Source(reader, start, is_cr_only=start.is_cr_only)
    while not source.is_end:
        if data := source.take():
            tail = yield from _read_every_row(data, source, dialect, most_bytes)
            source.advance(data, tail)


def _read_every_row(
    data: bytes, source: _Source, dialect: _Dialect, most_bytes: int
) -> Generator[tuple[int, list[str]], None, bytes]:
    """Yield the rows of a block. Returns the bytes of its last one if that continues in the next block."""
    lines = _split_lines(data, dialect, "replace")
    _check_lengths(lines, source.line, most_bytes)
    reader = csv.reader(iter(lines), delimiter=dialect.delimiter)
    first = after = 0
    held: list[str] | None = None
    for cells in reader:
        if held is not None:
            yield source.line + first, held
        held, first, after = cells, after, reader.line_num
        if after - first > 1 and sum(map(len, lines[first:after])) > most_bytes:
            raise _endless(source.line + first, most_bytes)
    if held == [END]:
        return b""
    if source.is_end:
        raise Invalid(
            f"The row on line {source.line + first:,} opens a quotation mark that is not closed.",
            field="file",
        )
    return _after_line(data, first)


def _check_lengths(lines: list[str], line: int, most_bytes: int) -> None:
    if max(map(len, lines)) > most_bytes:
        place = next(place for place, text in enumerate(lines) if len(text) > most_bytes)
        raise _endless(line + place, most_bytes)


def _endless(line: int, most_bytes: int) -> Invalid:
    return Invalid(
        f"The row on line {line:,} does not end: it has more than {most_bytes:,} characters. "
        "Is a quotation mark not closed?",
        field="file",
    )
