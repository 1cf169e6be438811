"""The rows of one sheet, one after another, as text."""

import re
from collections.abc import Iterator
from typing import IO

from contacthub.enrichment.uploads.workbooks.formats import format_number
from contacthub.enrichment.uploads.workbooks.parts import TRUE, Workbook, unescape
from contacthub.enrichment.uploads.workbooks.xml import DAMAGED, Handler, Refused, parse

PLACE = re.compile(r"([A-Z]{1,3})[0-9]*")
MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576
# Empty rows between two others keep their places; so many more are a slip, or made to fill a disk.
MOST_EMPTY_ROWS = 100_000
# In a cell a text may have 32,767 characters; a formula's may have as many.
MOST_TEXT = 1_000_000

Row = tuple[int, list[str]]


def read_rows(part: IO[bytes], workbook: Workbook, *, most_characters: int) -> Iterator[Row]:
    """Yield the sheet's rows with their numbers, from the first to the last that holds something.

    Empty rows between them are one empty cell. Raises `Refused` for damage, for cells that are too far apart and for
    more than `most_characters` altogether.
    """
    cells = _Cells(workbook, most_characters)
    last = 0
    for _ in parse(part, cells):
        for number, row in cells.take():
            if last and number - last > MOST_EMPTY_ROWS:
                raise Refused(
                    f"Between rows {last:,} and {number:,} the sheet is empty: read whole, it needs more memory than "
                    "one upload gets. Delete the empty rows."
                )
            yield from ((empty, [""]) for empty in range(last + 1, number) if last)
            yield number, row
            last = number


class _Cells(Handler):
    """Gathers the cells of each row. Rows and cells may leave out where they stand: then each follows the last."""

    def __init__(self, workbook: Workbook, most_characters: int) -> None:
        super().__init__()
        self._texts = workbook.texts
        self._formatters = {str(place): each for place, each in enumerate(workbook.formatters)}
        self._left = most_characters
        self._rows: list[Row] = []
        self._number = 0
        self._row: list[str] = []
        self._next_column = 0
        self._kind = self._style = ""
        self._value: str | None = None
        self._runs: list[str] = []
        self._is_phonetic = False
        self._columns: dict[str, int] = {}

    def take(self) -> list[Row]:
        """Return the rows that have ended since the last call."""
        rows, self._rows = self._rows, []
        return rows

    # --- Elements, the most frequent first ---

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where a cell stands, and gather the text of its value."""
        if name == "c":
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._value, self._runs = None, []
            place = attributes.get("r")
            if place is not None:
                self._next_column = self._find_column(place)
        elif name == "v" or (name == "t" and not self._is_phonetic):
            self.collect()
        elif name == "row":
            self._begin_row(attributes.get("r"))
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        """Keep a value, a cell or a row."""
        if name == "v":
            self._value = self.stop()
        elif name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()
        elif name == "t" and not self._is_phonetic:
            self._runs.append(self.stop())
        elif name == "rPh":
            self._is_phonetic = False

    def _find_column(self, place: str) -> int:
        match = PLACE.match(place)
        letters = match[1] if match else ""
        if letters not in self._columns:
            self._columns[letters] = _count_column(letters)
        return self._columns[letters]

    def _begin_row(self, stated: str | None) -> None:
        number = self._number + 1
        if stated is not None and stated.isascii() and stated.isdigit() and len(stated) < 9:
            # Never back: each number is given once.
            number = max(number, int(stated))
        if number > MOST_ROWS:
            raise Refused(DAMAGED)
        self._number, self._row, self._next_column = number, [], 0

    def _end_row(self) -> None:
        # A row of blanks alone is empty.
        if any(self._row) and any(map(str.strip, self._row)):
            self._rows.append((self._number, self._row))

    def _end_cell(self) -> None:
        column, self._next_column = self._next_column, self._next_column + 1
        text = self._read()
        if not text:
            return
        self._left -= len(text)
        if self._left < 0 or len(text) > MOST_TEXT or column >= MOST_COLUMNS:
            raise Refused("The texts of this workbook are larger than one upload may be.")
        row = self._row
        if column > len(row):
            row.extend([""] * (column - len(row)))
        if column == len(row):
            row.append(text)
        else:
            row[column] = text

    def _read(self) -> str:
        kind, value = self._kind, self._value
        if kind == "s":
            return self._find_text(value)
        if kind == "inlineStr":
            return unescape("".join(self._runs))
        if not value:
            return ""
        if kind == "n":
            return self._formatters.get(self._style, format_number)(value.strip())
        if kind == "b":
            return "TRUE" if value.strip() in TRUE else "FALSE"
        return _format_day(value) if kind == "d" else unescape(value)

    def _find_text(self, value: str | None) -> str:
        index = (value or "").strip()
        if not (index.isascii() and index.isdigit() and len(index) < 9):
            return ""
        return self._texts[int(index)] if int(index) < len(self._texts) else ""


def _count_column(letters: str) -> int:
    """Return a column's place from 0: A is 0, AA is 26."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    if not 1 <= column <= MOST_COLUMNS:
        raise Refused(DAMAGED)
    return column - 1


def _format_day(text: str) -> str:
    """Write an ISO 8601 cell as other dates are written: without a time that is midnight, without fractions."""
    day, _, time = text.strip().partition("T")
    time = time.rstrip("Z")[:8]
    return day if time in ("", "00:00:00") else f"{day} {time}"
