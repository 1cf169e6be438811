"""What an import reports: how many rows became what, and a file of those that were left out."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from contacthub.core.errors import Invalid
from contacthub.core.tabular.blocks import Reject
from contacthub.core.tabular.excel import format_excel_rows

HEADER = ["line", "reason", "row"]


@dataclass
class ImportReport:
    """What became of a file's rows: all of them are in exactly one of the counts."""

    inserted: int = 0
    # There already, just so; always 0 in `updated` where rows are never changed.
    duplicates: int = 0
    rejected: int = 0
    updated: int = 0


class RejectSink(Protocol):
    """Takes rejected rows, and says how many they were."""

    @property
    def count(self) -> int:
        """Return how many rows came."""
        ...

    def write(self, rejects: list[Reject]) -> None:
        """Take some."""
        ...


@dataclass
class RejectList:
    """Keeps rejected rows in memory, for imports of a few."""

    items: list[Reject] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many rows came."""
        return len(self.items)

    def write(self, rejects: list[Reject]) -> None:
        """Take some."""
        self.items += rejects


class RejectFile:
    """Writes rejected rows as CSV (line, reason, row); afterwards a file is there only if there are any.

    Text is marked for spreadsheets as in `core.tabular.excel`. No byte order mark: scripts read these files too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._stream: IO[str] | None = None

    @classmethod
    def beside(cls, table: Path, path: Path | None) -> "RejectFile":
        """Return the reject file of an input: `path`, or the input's name with `.rejects.csv`.

        Raises `Invalid` if it would overwrite the input.
        """
        path = path or table.with_name(table.name + ".rejects.csv")
        if path.resolve() == table.resolve():
            raise Invalid("The reject file must not be the imported file.", field="rejects")
        return cls(path)

    def write(self, rejects: list[Reject]) -> None:
        """Append rejected rows. Raises `Invalid` if the file cannot be written."""
        if not rejects:
            return
        if self._stream is None:
            self._stream = self._open()
            self._stream.write(format_excel_rows([HEADER]))
        self._stream.write(format_excel_rows(rejects))
        self.count += len(rejects)

    def _open(self) -> IO[str]:
        try:
            # Rejected rows hold personal data like the others: only the owner may read them.
            return open(
                self.path,
                "w",
                newline="",
                encoding="utf-8",
                opener=lambda path, flags: os.open(path, flags, 0o600),
            )
        except OSError as error:
            raise Invalid(f"{self.path}: {error.strerror}.", field="rejects") from error

    def __enter__(self) -> "RejectFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the file, and remove what an earlier import left there if nothing was rejected now."""
        if self._stream is not None:
            self._stream.close()
        elif self._is_ours():
            self.path.unlink()

    def _is_ours(self) -> bool:
        if not self.path.is_file():
            return False
        with self.path.open("rb") as stream:
            return stream.readline().strip().decode(errors="replace").split(",") == HEADER
