"""What every reader hands out: blocks of rows as columns of text, and rows that cannot be used."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from contacthub.core.errors import Invalid

BLOCK_BYTES = 8 * 1024 * 1024
BLOCK_ROWS = 20_000
# A quote that is never closed makes the rest of a file one value, a file without line ends one line: neither may fill
# the memory. One row of a file is never longer than this.
MOST_ROW_BYTES = 16 * 1024 * 1024
RAW_CHARACTERS = 2000


class Reject(NamedTuple):
    """A row that was left out: its line (for Parquet its row), counted from 1, why, and its text."""

    line: int
    reason: str
    raw: str


@dataclass
class Block:
    """Some rows of a file: one array of text per requested column (null means absent), all of one length."""

    columns: dict[str, pa.Array]
    row_count: int
    find_lines: Callable[[], Sequence[int]]
    find_raw: Callable[[int], str]
    rejects: list[Reject] = field(default_factory=list)
    # Bytes of the file (for Parquet: rows) that have been read up to the end of this block.
    position: int = 0


@dataclass
class TableFile:
    """An opened file: what it calls its columns, how big it is (bytes; Parquet: rows), and its blocks in order.

    To be closed by its opener, most simply by `with`.
    """

    format: str
    # None for JSON Lines, which has none: every row names its own.
    header: list[str] | None
    size: int
    blocks: Iterator[Block]
    # Every column name met so far: the header, or the names in the lines of JSON that have been read.
    names: set[str]
    close: Callable[[], None]

    def __enter__(self) -> "TableFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    """Raise `Invalid` if a file has one of the requested columns twice."""
    for name in columns:
        if header.count(name) > 1:
            raise Invalid(
                f"{path.name}: the column {name} appears twice in the header.", field="file"
            )


def make_block(
    columns: Sequence[str],
    arrays: dict[str, pa.Array],
    row_count: int,
    *,
    find_lines: Callable[[], Sequence[int]],
    find_raw: Callable[[int], str],
    rejects: list[Reject] | None = None,
    position: int = 0,
) -> Block:
    """Make a block of the arrays that a reader found: columns it lacks are null, and so is empty text."""
    nothing = pa.scalar(None, pa.string())
    complete = {
        name: pc.if_else(pc.equal(arrays[name], ""), nothing, arrays[name])
        if name in arrays
        else pa.nulls(row_count, pa.string())
        for name in columns
    }
    return Block(
        complete, row_count, find_lines, lambda i: printable(find_raw(i)), rejects or [], position
    )


def as_text(value: Any) -> str | None:
    """Format a value as text: text as it is, anything else as compact JSON (so true, 0.5, ["a"], 2026-11-20)."""
    if isinstance(value, str) or value is None:
        return value
    return orjson.dumps(value, default=_format_rare).decode().strip('"')


def _format_rare(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def find_nested(row: dict[str, Any], flat: Collection[str]) -> str | None:
    """Return why a row cannot be used where it holds a list or an object in one of the `flat` columns."""
    for name, value in row.items():
        # Neither parser makes subclasses, and isinstance is slower than everything else here.
        kind = type(value)
        if (kind is list or kind is dict) and name in flat:
            return f"{name} holds {'a list' if kind is list else 'an object'} instead of one value"
    return None


def is_text(text: str) -> bool:
    """Return whether all bytes of a text that was decoded with surrogateescape were UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(raw: str) -> str:
    """Return at most RAW_CHARACTERS of a row for the reject file, with everything unprintable escaped."""
    return (
        raw[:RAW_CHARACTERS].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
    )
