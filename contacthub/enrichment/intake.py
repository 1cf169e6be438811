"""What is learned about a list while its rows stream into the database, and how it writes them for COPY."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from contacthub.core.errors import Invalid, TooLarge
from contacthub.core.tabular.excel import original_text
from contacthub.enrichment.rejects import ADDED_COLUMNS
from contacthub.enrichment.uploads.table import MOST_ROWS, InputRow, is_id

BLOCK_ROWS = 2000
# Names of a column of ids, for files in which none of its values is one.
ID_NAMES = re.compile(r"(contact|kontakt|cb|buyer)[ _-]?(id|key|nummer|token)s?|id", re.IGNORECASE)
# A text array inside COPY's text format: the array wants quotes and backslashes escaped, COPY wants backslashes and
# line ends. NUL cannot be stored and is shown as what it is, a broken character.
ODD = re.compile(r'["\\\t\n\r\x00]')
ESCAPES = str.maketrans(
    {
        "\\": r"\\\\",
        '"': r"\\" + '"',
        "\t": r"\t",
        "\n": r"\n",
        "\r": r"\r",
        "\0": "\N{REPLACEMENT CHARACTER}",
    }
)


class Intake:
    """Reads the rows of a list once: counts them and the ids in each column, and gives them away as COPY text.

    Raises `TooLarge` at the row after MOST_ROWS, and whatever the reader of the file raises.
    """

    def __init__(self, header: list[str], rows: Iterable[InputRow]) -> None:
        # A list of rejected rows comes back: take off what was put on for the spreadsheet.
        if header[: len(ADDED_COLUMNS)] == ADDED_COLUMNS:
            header = [original_text(name) for name in header]
            rows = (InputRow(row.line, [original_text(c) for c in row.cells]) for row in rows)
        self._header = header
        self._rows = iter(rows)
        self.row_count = 0
        self._fits: list[int] = [0] * len(header)

    def blocks(self) -> Iterator[str]:
        """Yield the rows as lines of `ordinal, line, cells` in COPY's text format."""
        while rows := list(islice(self._rows, BLOCK_ROWS)):
            if self.row_count + len(rows) > MOST_ROWS:
                raise TooLarge(
                    f"A list has up to {MOST_ROWS:,} rows; this one has more. Split it and upload the parts."
                )
            yield "".join(
                f"{ordinal}\t{row.line}\t{format_array(row.cells)}\n"
                for ordinal, row in enumerate(rows, start=self.row_count + 1)
            )
            self.row_count += len(rows)
            for row in rows:
                self._look_at(row.cells)

    def _look_at(self, cells: list[str]) -> None:
        if len(cells) > len(self._fits):
            self._fits += [0] * (len(cells) - len(self._fits))
        for place, cell in enumerate(cells):
            if is_id(cell):
                self._fits[place] += 1

    @property
    def fit_counts(self) -> list[int]:
        """Return per column the rows that hold a contact id there."""
        return self._fits

    @property
    def header(self) -> list[str]:
        """Return the columns' names; a column without one is called by its place."""
        names = self._header + [""] * (len(self._fits) - len(self._header))
        if names == [""]:
            return ["contact_id"]
        return [clean_name(name) or f"Column {place}" for place, name in enumerate(names, start=1)]

    def guess_column(self) -> int | None:
        """Return the column with the most ids, counted from 0, else one that is called like one of ids."""
        if not self.row_count:
            raise Invalid("There are no rows below the header.", field="file")
        most = max(self._fits, default=0)
        if most:
            return self._fits.index(most)
        named = [place for place, name in enumerate(self.header) if ID_NAMES.fullmatch(name)]
        return named[0] if named else 0 if len(self._fits) == 1 else None


def format_array(cells: list[str]) -> str:
    """Write cells as a text array of Postgres, escaped for COPY's text format."""
    joined = "\x1f".join(cells)
    if joined.count("\x1f") == len(cells) - 1 and not ODD.search(joined):
        return '{"' + joined.replace("\x1f", '","') + '"}'
    return '{"' + '","'.join([cell.translate(ESCAPES) for cell in cells]) + '"}'


def clean_name(name: str) -> str:
    """Return a column's name in one line, without control characters."""
    words = "".join(letter if letter.isprintable() else " " for letter in name).split()
    return " ".join(words)[:200]


def split_ids(text: str) -> Iterator[InputRow]:
    """Yield pasted ids, separated by anything that an id cannot hold, with the line each stands on."""
    for number, line in enumerate(text.split("\n"), start=1):
        for word in re.split(r"[\s,;|\"'\[\]]+", line):
            if word:
                yield InputRow(number, [word[:200].replace("\0", "\N{REPLACEMENT CHARACTER}")])
