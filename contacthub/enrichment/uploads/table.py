"""An uploaded table: what its columns are called, how it was read, and its rows one after another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contacthub.core.errors import TooLarge
from contacthub.core.public_ids import CONTACT_ID
from contacthub.core.tabular.csv_start import clean_header
from contacthub.core.tabular.encodings import Encoding
from contacthub.core.text import normalize
from contacthub.enrichment.keys.forms import find_form
from contacthub.enrichment.keys.guessing import UNMISTAKABLE

MOST_ROWS = 1_000_000
MOST_COLUMNS = 250
ID_LENGTH = 19
# One row. A quote that is never closed would make the rest of a file one value.
MOST_ROW_CHARACTERS = 1_000_000


class InputRow(NamedTuple):
    """A row as it came, and the line (of a workbook: the sheet's row) on which it starts, from 1."""

    line: int
    cells: list[str]


@dataclass
class UploadedTable:
    """An opened upload. Its rows can be read once, and reading may still raise `Invalid` or `TooLarge`.

    `header` is empty if the first line holds a key already and so is a row.
    """

    header: list[str]
    rows: Iterator[InputRow]
    reading: str
    # Of text: its encoding, and whether that is a guess, and its delimiter.
    encoding: Encoding | None = None
    delimiter: str = ""


def split_header(rows: Iterator[InputRow]) -> tuple[list[str], Iterator[InputRow]]:
    """Take the header off the rows. A first row that holds a key is none and stays among them."""
    first = next(rows, None)
    if first is None:
        return [], iter(())
    if holds_key(first.cells):
        return [], _prepend(first, rows)
    return clean_header(first.cells), rows


def _prepend(first: InputRow, rows: Iterator[InputRow]) -> Iterator[InputRow]:
    yield first
    yield from rows


def holds_key(cells: Sequence[str]) -> bool:
    """Return whether a cell of a row is a key that no header looks like: an id, e-mail, hash or profile link."""
    return any(find_form(cell) in UNMISTAKABLE for cell in cells)


def is_id(cell: str) -> bool:
    """Return whether a cell is a contact id, as imports read one. `sql.intake` judges the rows of a list alike.

    White space around it and invisible characters anywhere, which copying leaves in a text, make no difference.
    """
    if len(cell) < ID_LENGTH or "_" not in cell:
        return False
    return CONTACT_ID.fullmatch(normalize(cell).strip()) is not None


def check_width(cells: list[str], line: int) -> list[str]:
    """Return a row without the empty cells at its end that spreadsheets add. Raises `TooLarge` past MOST_COLUMNS."""
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise TooLarge(
            f"Line {line:,} has {len(cells):,} columns; {MOST_COLUMNS} is the limit. "
            "Keep the columns with keys and those you need."
        )
    return cells
