"""Check and normalize whole columns of text at once: every distinct value is looked at one time."""

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from contacthub.core.tabular.blocks import Block, Reject
from contacthub.core.text import INVISIBLE, normalize

# Control characters have no place in a value; tab and line ends do. NUL cannot even be stored, and those from 80 to
# 9F are what quotes and dashes become when a file is read in the wrong encoding.
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}]"

Cleaner = Callable[[str], str | None]


def clean_column(array: pa.Array, cleaner: Cleaner) -> tuple[pa.Array, dict[int, str]]:
    """Apply `cleaner` to each distinct value. Returns the new column and, by row, why a value cannot be used.

    `cleaner` gets text in its stored form (`core.text.normalize`) without outer white space, never an empty one, and
    raises `ValueError` with a reason.
    """
    encoded = pc.dictionary_encode(pc.utf8_trim_whitespace(array))
    cleaned: list[str | None] = []
    bad: dict[int, str] = {}
    for index, value in enumerate(encoded.dictionary.to_pylist()):
        try:
            text = normalize(value).strip()
            cleaned.append(cleaner(text) if text else None)
        except ValueError as error:
            cleaned.append(None)
            bad[index] = str(error)
    column = pa.array(cleaned, pa.string()).take(encoded.indices)
    if not bad:
        return column, {}
    indices = encoded.indices
    rows = pc.indices_nonzero(
        pc.fill_null(pc.is_in(indices, pa.array(list(bad), indices.type)), False)
    )
    return column, {row: bad[indices[row].as_py()] for row in rows.to_pylist()}


def clean_text(array: pa.Array, *, most: int) -> tuple[pa.Array, dict[int, str]]:
    """Return a column of free text trimmed and normalized, at most `most` characters without control characters."""
    trimmed = pc.utf8_normalize(pc.utf8_trim_whitespace(array), "NFC")
    if pc.any(pc.match_substring_regex(trimmed, INVISIBLE.pattern)).as_py():
        return clean_column(trimmed, partial(check_text, most=most))
    is_odd = pc.any(pc.match_substring_regex(trimmed, CONTROL)).as_py()
    longest = pc.max(pc.utf8_length(trimmed)).as_py() or 0
    if is_odd or longest > most:
        return clean_column(trimmed, partial(check_text, most=most))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed), {}


def check_text(value: str, *, most: int) -> str:
    """Return a normalized text of at most `most` characters without control characters.

    Raises `ValueError` with the reason.
    """
    value = normalize(value)
    if len(value) > most:
        raise ValueError(f"is longer than {most:,} characters")
    if not value.isprintable() and any(is_control(character) for character in value):
        raise ValueError("holds a control character")
    return value


def is_control(character: str) -> bool:
    """Return whether a character is one of CONTROL."""
    code = ord(character)
    return (code < 32 and character not in "\t\r\n") or 127 <= code <= 159


def drop_rows(
    block: Block, columns: dict[str, pa.Array], bad: dict[int, list[str]]
) -> tuple[dict[str, pa.Array], list[Reject]]:
    """Take the rows with reasons out of cleaned columns. Returns the rest, and all rejects of the block in order."""
    if not bad:
        return columns, block.rejects
    lines = block.find_lines()
    rejects = [
        Reject(lines[row], "; ".join(reasons), block.find_raw(row))
        for row, reasons in sorted(bad.items())
    ]
    keep = pa.array([row not in bad for row in range(block.row_count)])
    return {name: array.filter(keep) for name, array in columns.items()}, sorted(
        block.rejects + rejects
    )


def as_csv(columns: dict[str, pa.Array]) -> bytes:
    """Format columns of text as CSV for COPY: null as nothing, text quoted."""
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.table(columns), sink, pyarrow.csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue().to_pybytes())
