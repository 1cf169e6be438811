"""How the pieces of a result are cut, so that each stored piece serves twice.

A stored fragment is a run of bytes of the whole file, and holds the rows of one fragment that a program can ask for by
number. Whole, the fragments are joined as they are. Alone, each is a file of its own: what joins it to its neighbors
has a fixed length, and is taken off or replaced.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from psycopg import sql

from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.records import DETAILS, EXTRACT
from contacthub.formats import Column
from contacthub.formats.base import VERBATIM
from contacthub.formats.csv import CSV


class Layout(ABC):
    """How rows become a file."""

    suffix: str
    content_type: str

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    @abstractmethod
    def copy_statement(self, rows: sql.Composable) -> sql.Composable:
        """Return the COPY that writes rows of `ordinal` and `record`."""

    @abstractmethod
    def join(self, lines: list[bytes], *, is_first: bool, is_last: bool) -> bytes:
        """Return the piece of the whole file that these rows are; each one ends with a line feed."""

    @abstractmethod
    def cut(self, piece: bytes, *, is_first: bool, is_last: bool) -> bytes:
        """Return the same rows as a file of their own."""


class CsvLayout(Layout):
    """RFC 4180, one header at the top of the file and of each fragment."""

    suffix, content_type = "csv", CSV.content_type

    # Why not the ORM: Postgres writes rows three times faster than Python can; each record is taken apart once.
    COPY = """
    COPY (SELECT {cells} FROM ({rows}) AS frozen, json_to_record(record::json) AS cell ({definition}) ORDER BY ordinal)
    TO STDOUT (FORMAT csv)
    """

    def copy_statement(self, rows: sql.Composable) -> sql.Composable:
        """Format each value as its JSON does, and null as nothing."""
        cells = [sql.SQL("cell.{}").format(sql.Identifier(name)) for name in self.names]
        definition = [sql.SQL("{} text").format(sql.Identifier(name)) for name in self.names]
        return sql.SQL(self.COPY).format(
            cells=sql.SQL(", ").join(cells), rows=rows, definition=sql.SQL(", ").join(definition)
        )

    @property
    def _header(self) -> bytes:
        return CSV.open([Column(name, sql.SQL("")) for name in self.names]).begin()

    def join(self, lines: list[bytes], *, is_first: bool, is_last: bool) -> bytes:
        """Put the header in front of the first row."""
        body = CSV.open(()).encode(lines)
        return self._header + body if is_first else body

    def cut(self, piece: bytes, *, is_first: bool, is_last: bool) -> bytes:
        """Put the header in front of every fragment."""
        return piece if is_first else self._header + piece


class JsonLayout(Layout):
    """One array of objects, each on a line of its own."""

    suffix, content_type = "json", "application/json"
    # Before the first row and between two; a fragment begins with one of them, both are as long.
    OPENING, COMMA, CLOSING = b"[\n", b",\n", b"\n]"
    EMPTY = b"[]"

    # Why not the ORM: the records are text already.
    COPY = "COPY (SELECT record FROM ({rows}) AS frozen ORDER BY ordinal) TO STDOUT ({verbatim})"

    def copy_statement(self, rows: sql.Composable) -> sql.Composable:
        """Pass each record through."""
        return sql.SQL(self.COPY).format(rows=rows, verbatim=VERBATIM)

    def join(self, lines: list[bytes], *, is_first: bool, is_last: bool) -> bytes:
        """Separate the rows, and close the array behind the last one."""
        if not lines:
            return self.EMPTY
        opening = self.OPENING if is_first else self.COMMA
        body = self.COMMA.join(line[:-1] for line in lines)
        return opening + body + (self.CLOSING if is_last else b"")

    def cut(self, piece: bytes, *, is_first: bool, is_last: bool) -> bytes:
        """Make an array of the fragment's own rows."""
        if piece == self.EMPTY:
            return piece
        body = piece[len(self.COMMA) :]
        return self.OPENING + body + (b"" if is_last else self.CLOSING)


LAYOUTS: dict[str, type[Layout]] = {"csv": CsvLayout, "json": JsonLayout}
COLUMNS = {
    ContactJob.Kind.EXTRACT: tuple(EXTRACT),
    ContactJob.Kind.DETAILS: tuple(DETAILS),
}


def layout_of(job: ContactJob) -> Layout:
    """Return the layout of a job's result."""
    return LAYOUTS[job.format](COLUMNS[ContactJob.Kind(job.kind)])
