"""Read Parquet in blocks, every column as the text that CSV and JSON Lines would hold."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from contacthub.core.errors import Invalid
from contacthub.core.tabular import blocks
from contacthub.core.tabular.blocks import (
    Block,
    Reject,
    TableFile,
    as_text,
    check_header,
    find_nested,
    make_block,
)

# What a file may unfold to: row groups state their size before they are packed.
MOST_RATIO, FREE_BYTES = 100, 100_000_000


def open_parquet(path: Path, *, columns: Sequence[str], nested: Collection[str]) -> TableFile:
    """Open a Parquet file. `nested` columns may hold lists, maps and structs, which come as JSON text."""
    try:
        schema = pyarrow.parquet.read_schema(path)
        texts = [field.name for field in schema if field.type in (pa.string(), pa.large_string())]
        # Read as it is needed: a row group may be the whole file. A text that many rows share is kept once, so that a
        # file of a kilobyte cannot unfold to a gigabyte before its rows are counted.
        file = pyarrow.parquet.ParquetFile(
            path,
            pre_buffer=False,
            buffer_size=blocks.BLOCK_BYTES // 8,
            read_dictionary=[name for name in texts if name in columns],
        )
    except (pa.ArrowException, OSError) as error:
        raise Invalid(f"{path.name} is not a Parquet file.", field="file") from error
    header = list(file.schema_arrow.names)
    try:
        check_header(path, header, columns)
        _check_size(path, file.metadata)
    except Invalid:
        file.close()
        raise
    wanted = [name for name in columns if name in header]
    found = _read_blocks(path, file, wanted, columns, set(wanted) - set(nested))
    return TableFile("parquet", header, file.metadata.num_rows, found, set(header), file.close)


def _check_size(path: Path, metadata: Any) -> None:
    """Raise `Invalid` for a file that unfolds to far more than any real one: more is made to fill the memory."""
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if size > FREE_BYTES + MOST_RATIO * path.stat().st_size:
        raise Invalid(
            f"{path.name} unfolds to {size // 1_000_000:,} MB, more than {MOST_RATIO} times its size.",
            field="file",
        )


def _read_blocks(
    path: Path, file: Any, wanted: list[str], columns: Sequence[str], flat: Collection[str]
) -> Iterator[Block]:
    row = 1
    batches = file.iter_batches(batch_size=_choose_batch_rows(file.metadata), columns=wanted)
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as error:
            raise Invalid(f"{path.name} is damaged after row {row - 1:,}.", field="file") from error
        if batch is None:
            return
        for piece in _split(batch):
            yield _make_block(piece, row, wanted, columns, flat)
            row += piece.num_rows


def _split(batch: Any) -> Iterator[Any]:
    """Yield a batch in pieces whose texts, written out for every row, are no larger than a row may be."""
    if batch.num_rows > 1 and _measure(batch) > blocks.MOST_ROW_BYTES:
        half = batch.num_rows // 2
        yield from _split(batch.slice(0, half))
        yield from _split(batch.slice(half))
    else:
        yield batch


def _measure(batch: Any) -> int:
    """Return the bytes of all shared texts, written out for every row."""
    total = 0
    for array in batch.columns:
        if pa.types.is_dictionary(array.type):
            lengths = pc.binary_length(array.dictionary).cast(pa.int64())
            total += pc.sum(lengths.take(array.indices)).as_py() or 0
    return total


def _choose_batch_rows(metadata: Any) -> int:
    """Return how many rows to read at once: fewer where they are wide."""
    size: int = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    rows: int = metadata.num_rows
    return max(1, min(blocks.BLOCK_ROWS, blocks.BLOCK_BYTES * rows // max(size, 1)))


def _make_block(
    batch: Any, first: int, wanted: list[str], columns: Sequence[str], flat: Collection[str]
) -> Block:
    rejects = _find_rejects(batch, first, flat)
    rows = [first + i for i in range(batch.num_rows)]
    if rejects:
        bad = {reject.line for reject in rejects}
        batch = batch.filter(pa.array([row not in bad for row in rows]))
        rows = [row for row in rows if row not in bad]
    return make_block(
        columns,
        {name: _as_text(batch.column(name)) for name in wanted},
        batch.num_rows,
        find_lines=lambda: rows,
        find_raw=lambda index: _format_row(batch, index),
        rejects=rejects,
        position=first + batch.num_rows + len(rejects) - 1,
    )


def _find_rejects(batch: Any, first: int, flat: Collection[str]) -> list[Reject]:
    """Return the rows with lists or structs where they have no place, as a line of JSON with them would be."""
    odd = [name for name in flat if pa.types.is_nested(batch.column(name).type)]
    if not odd:
        return []
    reasons = (
        find_nested(row, flat) for row in batch.select(odd).to_pylist(maps_as_pydicts="lossy")
    )
    return [
        Reject(first + i, reason, _format_row(batch, i))
        for i, reason in enumerate(reasons)
        if reason is not None
    ]


def _format_row(batch: Any, index: int) -> str:
    row = batch.slice(index, 1).to_pylist(maps_as_pydicts="lossy")[0]
    return as_text({name: value for name, value in row.items() if value is not None}) or ""


# --- Values ----------------------------------------------------------------------------------------------------------


def _as_text(array: pa.Array) -> pa.Array:
    """Format an Arrow array of any type as text: moments in UTC, lists and structs as JSON, NaN as absent."""
    if pa.types.is_dictionary(array.type):
        return _as_text(array.dictionary_decode())
    formatter = next((formatter for is_kind, formatter in FORMATTERS if is_kind(array.type)), None)
    if formatter is not None:
        return formatter(array)
    try:
        return array.cast(pa.string())
    except pa.ArrowException:
        return _one_by_one(array)


def _moments(array: pa.Array) -> pa.Array:
    text = pc.strftime(
        array.cast(pa.timestamp("us", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ"
    )
    return pc.replace_substring_regex(text, r"\.0+Z$", "Z")


def _floats(array: pa.Array) -> pa.Array:
    # A table library writes a missing number as NaN.
    return _one_by_one(pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array))


def _days(array: pa.Array) -> pa.Array:
    return array.cast(pa.timestamp("ms")).cast(pa.date32()).cast(pa.string())


def _one_by_one(array: pa.Array) -> pa.Array:
    keywords = {"maps_as_pydicts": "lossy"} if pa.types.is_nested(array.type) else {}
    return pa.array([as_text(value) for value in array.to_pylist(**keywords)], pa.string())


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


FORMATTERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pa.types.is_nested, _one_by_one),
    (pa.types.is_timestamp, _moments),
    (pa.types.is_date64, _days),
    (pa.types.is_floating, _floats),
    (_is_bytes, _one_by_one),
)
