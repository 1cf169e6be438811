"""What is learned about a list while its rows stream into the database, and how it writes them for COPY."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from contacthub.core.errors import Invalid, TooLarge
from contacthub.core.tabular.excel import original_text
from contacthub.enrichment.keys.forms import find_form
from contacthub.enrichment.keys.guessing import UNMISTAKABLE, Samples, guess_columns
from contacthub.enrichment.keys.row_keys import NAME_AND_COMPANY
from contacthub.enrichment.models import ColumnUse
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
    """Reads the rows of a list once: counts them, looks at what is in each column, and gives them away as COPY text.

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
        self._samples = Samples()

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
            self._samples.look_at(row.cells for row in rows)
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
            return [self._name_only_column()]
        return [clean_name(name) or f"Column {place}" for place, name in enumerate(names, start=1)]

    def _name_only_column(self) -> str:
        """Return what the only column of a list without a header holds."""
        forms = self._samples.columns[0].forms if self._samples.columns else {}
        keys = {use: forms.get(use.value, 0) for use in UNMISTAKABLE}
        best = max(keys, key=lambda use: keys[use])
        return str(best.value) if keys[best] else str(ColumnUse.CONTACT_ID.value)

    @property
    def guesses(self) -> list[tuple[str, int]]:
        """Return for each column the use that it seems to have, and how certain that is in percent."""
        return guess_columns(self.header, self._samples)

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


SEPARATORS = re.compile(r"[\s,;|\"'\[\]]+")
LONGEST_KEY = 500


def split_ids(text: str) -> Iterator[InputRow]:
    """Yield pasted ids, separated by anything that an id cannot hold, with the line each stands on."""
    for number, line in enumerate(text.split("\n"), start=1):
        for word in SEPARATORS.split(line):
            if word:
                yield InputRow(number, [_storable(word[:200])])


def split_keys(text: str) -> Iterator[InputRow]:
    """Yield pasted keys of any kind, with the line each stands on.

    Ids, addresses, hashes and links may stand on one line, separated by anything they cannot hold. Phone numbers, and
    names with a company behind a comma, take a line each.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        words = [word for word in SEPARATORS.split(line) if word]
        has_keys = any(find_form(word) in UNMISTAKABLE for word in words)
        whole = line.strip()
        for key in words if has_keys else [whole] if whole else []:
            yield InputRow(number, [_storable(key[:LONGEST_KEY])])


def holds_other_keys(rows: Iterable[InputRow]) -> bool:
    """Return whether pasted rows are more than contact ids and what is none of them."""
    return any(_is_other_key(row.cells[0]) for row in rows)


def _is_other_key(cell: str) -> bool:
    form = find_form(cell)
    if form == ColumnUse.KEPT:
        return NAME_AND_COMPANY.fullmatch(cell) is not None
    return form not in (ColumnUse.CONTACT_ID, ColumnUse.DOMAIN)


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
