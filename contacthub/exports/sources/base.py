"""What an export needs of the thing it is made of. Everything else is the same for every kind of export."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from psycopg.sql import Composable

from contacthub.core.errors import Invalid
from contacthub.exports.models import Export
from contacthub.exports.options import Quote
from contacthub.exports.orders import ExportOrder
from contacthub.formats import FORMATS, Column
from contacthub.jobs.lease import Lease
from contacthub.organizations.audit import Actor

LONGEST_STEM = 60


class Source(ABC):
    """What one export is made of: a frozen search of a feed, or a frozen selection of the catalog.

    It says which rows and columns there are, what they cost and what they are called. The steps that spend or give back
    run in the caller's transaction, after `lock`.
    """

    # Pages of the export in one fragment of its file.
    pages_per_fragment = 1
    # Every row that was counted is there when the file is written. Otherwise what is gone is left out and counted.
    is_certain = True

    def __init__(self, export: Export) -> None:
        self.export = export

    # --- Making it, and what it costs ---------------------------------------------------------------

    @abstractmethod
    def draft(self, *, actor: Actor, order: ExportOrder) -> None:
        """Lock, check the order and fill what the export is of, its columns and its counts. Spends nothing.

        Raises as `actions.create_export` does.
        """

    @abstractmethod
    def lock(self) -> None:
        """Let everything that spends on this source wait for the caller's transaction. The first of all locks."""

    @abstractmethod
    def check(self, *, actor: Actor) -> None:
        """Raise `NotAllowed`, `Invalid` or `Conflict` if the export may not be made again."""

    @abstractmethod
    def quote(self) -> Quote:
        """Return what the export would hold and cost now."""

    def renew(self, quote: Quote) -> None:
        """Prepare a cancelled or failed export for another run, with the counts of the quote."""
        self.export.matched_rows, self.export.total_rows = quote.matched_rows, quote.total_rows
        self.export.charged_rows = quote.charged_rows

    @abstractmethod
    def charge(self, *, actor: Actor) -> None:
        """Reserve the rows. Last, because others wait for what it locks. Raises `QuotaExceeded`."""

    @abstractmethod
    def settle(self, *, actor: Actor) -> None:
        """Make the charge final."""

    @abstractmethod
    def give_back(self, *, actor: Actor, note: str) -> int:
        """Undo what is held for an export without a file. Returns the rows that were given back."""

    # --- Words --------------------------------------------------------------------------------------

    @abstractmethod
    def describe(self) -> str:
        """Return the question in words, for the audit log."""

    @abstractmethod
    def name_file(self) -> str:
        """Return the words of the file's name: what it is of, and what limits it."""

    # --- Rows ---------------------------------------------------------------------------------------

    @abstractmethod
    def make_column(self, name: str) -> Column:
        """Return how a column is written. Raises `KeyError` for one that there is not."""

    def columns(self) -> list[Column]:
        """Return the columns of the file, in its order."""
        return [self.make_column(name) for name in self.export.columns]

    @contextmanager
    def open(self, lease: Lease) -> Iterator[None]:
        """See to it that a worker can read rows while the block runs. Raises `ContactHubError` if it cannot."""
        yield

    @abstractmethod
    def fetch(self, last: int) -> None:
        """See to it that the pages up to `last` are here."""

    @abstractmethod
    def count_done(self, page: int) -> int:
        """Return how many rows are done when the pages up to one are written."""

    @abstractmethod
    def find_rows(
        self, *, first: int, last: int, columns: Sequence[Column]
    ) -> tuple[Composable, int]:
        """Return the FROM clause of pages `first` … `last`, and how many rows were counted there."""

    def reading(self) -> AbstractContextManager[None]:
        """Return what must surround the reading of many rows."""
        return nullcontext()

    @abstractmethod
    def read_rows(self, *, first: int, count: int, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return some columns of rows from a place on, counted from 0, for a page that shows them."""


def choose_columns(
    available: Sequence[str], *, format: str | None, columns: Sequence[str] | None
) -> list[str]:
    """Return the columns of a file: the chosen ones in the chosen order, or all available ones. Raises `Invalid`."""
    if format is not None and format not in FORMATS:
        raise Invalid(f"A format is one of {', '.join(FORMATS)}.", field="format")
    if columns is None:
        return list(available)
    if unknown := [name for name in columns if name not in available]:
        raise Invalid(f"The column {unknown[0]} is not part of this export.", field="columns")
    if not columns or len(set(columns)) != len(columns):
        raise Invalid("Choose at least one column, and each one once.", field="columns")
    return list(columns)


def make_stem(words: str) -> str:
    """Return words in characters that the file names of every system take."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:LONGEST_STEM] or "export"
