"""Read CSV (RFC 4180, and what people make of it) in blocks: delimiter guessed, lines counted, odd rows rejected."""

import csv
import io
from collections.abc import Iterator, Sequence
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
from contacthub.core.tabular.encodings import Reader, open_text

DELIMITERS = ",;\t|"
MOST_HEADER_BYTES = 1024 * 1024
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
    stream, reader = open_text(path, encoding)
    try:
        dialect, lines, rest = _read_header(reader, path, columns)
    except BaseException:
        stream.close()
        raise
    found = _read_blocks(reader, dialect, columns, stream, line=lines + 1, rest=rest)
    names = {name for name in dialect.header if name}
    return TableFile("csv", dialect.header, path.stat().st_size, found, names, stream.close)


# --- The header ------------------------------------------------------------------------------------------------------


def _read_header(reader: Reader, path: Path, columns: Sequence[str]) -> tuple[_Dialect, int, bytes]:
    """Read the first record, which may hold quoted line ends. Returns also its lines and what came after it."""
    data = _read_start(reader)
    is_cr_only = b"\n" not in data and b"\r" in data
    if is_cr_only:
        data = data.replace(b"\r", b"\n")
    start = len(data) - len(data.lstrip(b"\r\n"))
    end = _find_first_end(data, start)
    if end - start > MOST_HEADER_BYTES:
        raise Invalid(f"{path.name}: the header does not end; is a quote open in it?", field="file")
    try:
        text = data[start:end].decode().strip("\r\n")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{path.name}: the header is not UTF-8; name the encoding.", field="encoding"
        ) from error
    if not text.strip():
        raise Invalid(f"{path.name} is empty.", field="file")
    delimiter = _guess_delimiter(text, columns)
    header = _split(text, delimiter)
    check_header(path, header, columns)
    return _Dialect(header, delimiter, is_cr_only), _count_lines(data[:end]), data[end:]


def _read_start(reader: Reader) -> bytes:
    data = b""
    while len(data) <= MOST_HEADER_BYTES and (chunk := reader.read(blocks.BLOCK_BYTES)):
        data += chunk
        start = len(data) - len(data.lstrip(b"\r\n"))
        if _find_first_end(data, start) < len(data):
            break
    return data


def _guess_delimiter(header: str, columns: Sequence[str]) -> str:
    """Return the delimiter that splits the header into the most names we know, then into the most cells."""

    def fit(delimiter: str) -> tuple[int, int]:
        cells = _split(header, delimiter)
        return len(set(cells) & set(columns)), len(cells)

    return max(DELIMITERS, key=fit)


def _split(header: str, delimiter: str) -> list[str]:
    return [
        cell.strip()
        for cell in next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter))
    ]


# --- Blocks ----------------------------------------------------------------------------------------------------------


def _read_blocks(
    reader: Reader,
    dialect: _Dialect,
    columns: Sequence[str],
    stream: IO[bytes],
    *,
    line: int,
    rest: bytes,
) -> Iterator[Block]:
    is_end = False
    while not is_end:
        chunk = reader.read(blocks.BLOCK_BYTES)
        is_end = not chunk
        rest += chunk.replace(b"\r", b"\n") if dialect.is_cr_only else chunk
        cut = len(rest) if is_end else _find_last_end(rest)
        if not cut and len(rest) > blocks.MOST_ROW_BYTES:
            cut = rest.rfind(b"\n") + 1 or len(rest)
        if cut:
            block, tail = _parse(rest[:cut], line, dialect, columns, is_end=is_end)
            line += _count_lines(rest[: cut - len(tail)])
            rest = tail + rest[cut:]
            block.position = max(0, stream.tell() - len(rest))
            yield block


def _find_last_end(data: bytes) -> int:
    """Return the place after the last line end with an even number of quotes before it; 0 where there is none.

    That is the end of a record unless stray quotes stand in the data; the parser sees it then.
    """
    at = data.rfind(b"\n")
    quotes = data.count(b'"', 0, at) if at >= 0 else 0
    while at >= 0 and quotes % 2:
        previous, at = at, data.rfind(b"\n", 0, at)
        quotes -= data.count(b'"', max(at, 0), previous)
    return at + 1


def _find_first_end(data: bytes, start: int) -> int:
    """Return the place after the first line end with an even number of quotes before it, or the end."""
    quotes, at = 0, start - 1
    while (end := data.find(b"\n", at + 1)) >= 0:
        quotes += data.count(b'"', at + 1, end)
        if quotes % 2 == 0:
            return end + 1
        at = end
    return len(data)


def _count_lines(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _parse(
    data: bytes, line: int, dialect: _Dialect, columns: Sequence[str], *, is_end: bool
) -> tuple[Block, bytes]:
    """Parse whole records with Arrow; where it finds anything odd, one by one. Returns also what belongs to the next.

    Both parsers read a record alike; only the slow one knows lines, and only it survives an odd row.
    """
    wanted = [name for name in columns if name in dialect.header]
    table = _parse_fast(data, dialect, wanted)
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
    """Parse with Arrow. Returns None where a row has too many or too few cells, is not UTF-8, or a quote is open."""
    if not wanted:
        return None
    data += (b"" if data.endswith((b"\n", b"\r")) else b"\n") + dialect.end_row.encode()
    # Arrow looks columns up by name; those that nobody asked for may well share one, or have none.
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
    text = data.decode("utf-8", "surrogateescape")
    text += ("" if text.endswith(("\n", "\r")) else "\n") + dialect.end_row
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(iter(lines), delimiter=dialect.delimiter)
    first = 0
    for cells in reader:
        yield _Record(
            first, reader.line_num, "".join(lines[first : reader.line_num]).rstrip("\r\n"), cells
        )
        first = reader.line_num


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
