"""What a format is: how COPY writes rows, and an encoder that frames them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import sql


class Kind(StrEnum):
    """The type of a column's values in Postgres."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """One column of a result: its heading, the SQL expression of its value, and the value's type."""

    name: str
    expression: sql.Composable
    kind: Kind = Kind.TEXT


class Encoder(ABC):
    """Frames lines of COPY into the bytes of one file, piece by piece.

    `state` is JSON and is saved with each piece, so that a new encoder opened with it continues where this one stopped.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> None:
        self.columns = columns
        # Rows of the whole file; None if that is not known.
        self.row_count = row_count
        self.state: dict[str, Any] = state if state is not None else {}

    @property
    def cut_count(self) -> int:
        """Return how many texts the format could not hold whole."""
        return 0

    def begin(self) -> bytes:
        """Return what stands before the first row."""
        return b""

    @abstractmethod
    def encode(self, lines: list[bytes]) -> bytes:
        """Return the bytes of these rows, each written by Postgres and ended by a line feed. May hold some back."""

    def end(self) -> bytes:
        """Return what stands after the last row."""
        return b""


@dataclass(frozen=True)
class Format(ABC):
    """A file format that people can choose."""

    name: str
    label: str
    hint: str
    suffix: str
    content_type: str
    # The bytes are dense already: fragments are stored as they are.
    is_compressed: bool = False
    # A new encoder can continue from the saved state; otherwise the file is written again from its first row.
    is_resumable: bool = True
    # Raised when the bytes of a format change: a file that an older version began is written again from its first row.
    version: int = 1

    def copy_statement(self, columns: Sequence[Column], source: sql.Composable) -> sql.Composable:
        """Return the COPY that writes the rows of `source`, a `FROM …` clause with its conditions and order."""
        return sql.SQL("COPY (SELECT {cells} {source}) TO STDOUT ({options})").format(
            cells=self.cells(columns), source=source, options=self.copy_options()
        )

    @abstractmethod
    def cells(self, columns: Sequence[Column]) -> sql.Composable:
        """Return the select list that writes one row."""

    def copy_options(self) -> sql.Composable:
        """Return the options of COPY."""
        return sql.SQL("FORMAT csv")

    def can_continue(self, checkpoint: dict[str, Any]) -> bool:
        """Return whether the file of a job with this checkpoint can be continued, or begun; False: start over."""
        is_ours = "encoder" not in checkpoint or checkpoint.get("format_version", 1) == self.version
        return self.is_resumable and is_ours

    @abstractmethod
    def open(
        self,
        columns: Sequence[Column],
        state: dict[str, Any] | None = None,
        row_count: int | None = None,
    ) -> Encoder:
        """Return an encoder for a new file of `row_count` rows, or one that continues from a saved state."""


# For formats whose rows are one text that Postgres has written to the end: the quote and the delimiter are control
# characters, which neither JSON nor XML text ever holds raw, so COPY writes the text untouched.
VERBATIM = sql.SQL("FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'")
