"""Read JSON Lines (one object a line, UTF-8) in blocks; a line that is not an object is rejected, not the file."""

import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import IO, Any

import orjson
import pyarrow as pa

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks
from contacthub.core.tabular.blocks import (
    Block,
    Reject,
    TableFile,
    as_text,
    find_nested,
    make_block,
    printable,
)
from contacthub.core.tabular.encodings import find_encoding, read_as_utf8


def open_json_lines(path: Path, *, columns: Sequence[str], nested: Collection[str]) -> TableFile:
    """Open a file of JSON Lines. `nested` columns may hold lists and objects, which come as JSON text."""
    stream = path.open("rb")
    encoding = find_encoding(stream)
    read_as_utf8(stream, encoding)
    if encoding.name != "utf-8":
        stream.close()
        raise Invalid(f"{path.name} is UTF-16; JSON Lines are UTF-8.", field="encoding")
    return _read_table(stream, path.stat().st_size, columns, nested)


def open_rows(
    rows: Iterable[dict[str, Any]], *, columns: Sequence[str], nested: Collection[str]
) -> TableFile:
    """Read rows that are in memory already as if they had come in a file of JSON Lines."""
    lines = b"\n".join(map(orjson.dumps, rows))
    return _read_table(io.BytesIO(lines), len(lines), columns, nested)


def _read_table(
    stream: IO[bytes], size: int, columns: Sequence[str], nested: Collection[str]
) -> TableFile:
    names: set[str] = set()
    found = _read_blocks(stream, columns, set(columns) - set(nested), names)
    return TableFile("jsonl", None, size, found, names, stream.close)


@dataclass
class _Rows:
    """The rows of one block while it is read."""

    lines: list[int] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= blocks.BLOCK_ROWS or self.size >= blocks.BLOCK_BYTES

    def add(self, line: int, raw: bytes) -> None:
        """Take in a line, or reject it."""
        self.size += len(raw)
        value, reason = _read_row(raw)
        if reason is not None:
            self.rejects.append(Reject(line, reason, printable(_decode(raw))))
            return
        self.lines.append(line)
        self.raws.append(raw)
        self.values.append(value)

    def reject_nested(self, flat: Collection[str]) -> None:
        """Reject the rows that hold a list or an object in one of the `flat` columns."""
        kept = _Rows(rejects=self.rejects)
        for line, raw, value in zip(self.lines, self.raws, self.values, strict=True):
            reason = find_nested(value, flat)
            if reason is None:
                kept.lines.append(line)
                kept.raws.append(raw)
                kept.values.append(value)
            else:
                kept.rejects.append(Reject(line, reason, printable(_decode(raw))))
        self.lines, self.raws, self.values = kept.lines, kept.raws, kept.values
        self.rejects = sorted(kept.rejects)


def _read_blocks(
    stream: IO[bytes], columns: Sequence[str], flat: Collection[str], names: set[str]
) -> Iterator[Block]:
    rows = _Rows()
    for line, raw in enumerate(_lines(stream), start=1):
        if raw.strip():
            rows.add(line, raw)
        if rows.is_full:
            yield _finish(rows, columns, flat, names, stream.tell())
            rows = _Rows()
    yield _finish(rows, columns, flat, names, stream.tell())


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines; of one that is too long only the start, so that it cannot fill the memory."""
    while line := stream.readline(blocks.MOST_ROW_BYTES + 1):
        rest = line
        while len(rest) > blocks.MOST_ROW_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(blocks.MOST_ROW_BYTES + 1)
        yield line


def _read_row(raw: bytes) -> tuple[dict[str, Any], str | None]:
    """Return a line's object, or why it cannot be used."""
    if len(raw) > blocks.MOST_ROW_BYTES:
        return {}, f"is longer than {blocks.MOST_ROW_BYTES:,} bytes"
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return {}, f"is not JSON: {error.msg}"
    if not isinstance(value, dict):
        return {}, "is not a JSON object"
    return value, None


def _finish(
    rows: _Rows, columns: Sequence[str], flat: Collection[str], names: set[str], position: int
) -> Block:
    for value in rows.values:
        names.update(value)
    wanted = [name for name in columns if name in names]
    found = {name: [value.get(name) for value in rows.values] for name in wanted}
    kinds = {name: set(map(type, values)) for name, values in found.items()}
    # Whole columns are checked at once: rows one by one would take longer than parsing them.
    if any(kinds[name] & {list, dict} for name in wanted if name in flat):
        rows.reject_nested(flat)
        return _finish(rows, columns, flat, names, position)
    arrays = {
        name: pa.array(
            values if kinds[name] <= {str, NoneType} else list(map(as_text, values)), pa.string()
        )
        for name, values in found.items()
    }
    return make_block(
        columns,
        arrays,
        len(rows.lines),
        find_lines=lambda: rows.lines,
        find_raw=lambda index: _decode(rows.raws[index]),
        rejects=rows.rejects,
        position=position,
    )


def _decode(raw: bytes) -> str:
    return raw[: 4 * blocks.RAW_CHARACTERS].decode("utf-8", "surrogateescape").rstrip("\r\n")
