"""Read JSON Lines (one object a line, UTF-8) in blocks; a line that is no object is rejected, not the file."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
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
from contacthub.core.tabular.encodings import open_text


def open_json_lines(path: Path, *, columns: Sequence[str], nested: Collection[str]) -> TableFile:
    """Open a file of JSON Lines. `nested` columns may hold lists and objects, which come as JSON text."""
    stream, reader = open_text(path, None)
    if reader is not stream:
        stream.close()
        raise Invalid(f"{path.name} is UTF-16; JSON Lines are UTF-8.", field="encoding")
    names: set[str] = set()
    found = _read_blocks(stream, columns, set(columns) - set(nested), names)
    return TableFile("jsonl", None, path.stat().st_size, found, names, stream.close)


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

    def add(self, line: int, raw: bytes, flat: Collection[str]) -> None:
        self.size += len(raw)
        value, reason = _read_row(raw, flat)
        if reason is not None:
            self.rejects.append(Reject(line, reason, printable(_decode(raw))))
            return
        self.lines.append(line)
        self.raws.append(raw)
        self.values.append(value)


def _read_blocks(
    stream: IO[bytes], columns: Sequence[str], flat: Collection[str], names: set[str]
) -> Iterator[Block]:
    rows = _Rows()
    for line, raw in enumerate(_lines(stream), start=1):
        if raw.strip():
            rows.add(line, raw, flat)
        if rows.is_full:
            yield _finish(rows, columns, names, stream.tell())
            rows = _Rows()
    yield _finish(rows, columns, names, stream.tell())


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines; of one that is too long only the start, so that it cannot fill the memory."""
    while line := stream.readline(blocks.MOST_ROW_BYTES + 1):
        rest = line
        while len(rest) > blocks.MOST_ROW_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(blocks.MOST_ROW_BYTES + 1)
        yield line


def _read_row(raw: bytes, flat: Collection[str]) -> tuple[dict[str, Any], str | None]:
    """Return a line's object, or why it cannot be used."""
    if len(raw) > blocks.MOST_ROW_BYTES:
        return {}, f"is longer than {blocks.MOST_ROW_BYTES:,} bytes"
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return {}, f"is not JSON: {error.msg}"
    if not isinstance(value, dict):
        return {}, "is not a JSON object"
    return value, find_nested(value, flat)


def _finish(rows: _Rows, columns: Sequence[str], names: set[str], position: int) -> Block:
    for value in rows.values:
        names.update(value)
    arrays = {
        name: pa.array([as_text(value.get(name)) for value in rows.values], pa.string())
        for name in columns
        if name in names
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
