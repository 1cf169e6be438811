"""The zip file around a workbook: checked before a part is read, and its parts by name.

Source: PKWARE APPNOTE 6.3.
"""

import copy
import zipfile
import zlib
from typing import IO

from contacthub.enrichment.uploads.workbooks.xml import DAMAGED, Refused

MOST_BYTES = 400_000_000
# Sheets of text shrink to a tenth, repetitive ones to a fiftieth; more is made to fill a disk.
MOST_RATIO = 100
RATIO_FREE_BYTES = 10_000_000
MOST_ENTRIES = 5000
CHUNK = 1024 * 1024
DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


class Container:
    """An opened workbook. A context manager."""

    def __init__(self, path: str) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGES as error:
            raise Refused(DAMAGED) from error
        # Some programs write the separators of Windows, or a name in another case than they refer to it.
        self._parts = {_normalize(entry.filename): entry for entry in self._zip.infolist()}
        packed = sum(entry.compress_size for entry in self._zip.infolist())
        # Also the most text that all cells may hold: a cell refers to its text, and a million may refer to one.
        self.most_bytes = min(MOST_BYTES, RATIO_FREE_BYTES + MOST_RATIO * packed)

    def __enter__(self) -> "Container":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def check(self) -> None:
        """Raise `Refused` past the limits and for what is not a workbook: first by the sizes that the file states
        itself.

        These are not believed: every part is unpacked once without keeping it.
        """
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise Refused("This workbook has too many parts.")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refused("This file is protected with a password. Save it without one.")
        if not any(name.startswith("xl/") for name in self._parts):
            raise Refused(
                "This is a zip file but not an XLSX workbook. Save the sheet as XLSX or CSV."
            )
        self._check_total(sum(entry.file_size for entry in entries))
        total = 0
        for entry in entries:
            with self._open(entry) as part:
                total = self._count(part, total)

    def _count(self, part: IO[bytes], total: int) -> int:
        try:
            while piece := part.read(CHUNK):
                total += len(piece)
                self._check_total(total)
        except DAMAGES as error:
            raise Refused(DAMAGED) from error
        return total

    def _check_total(self, total: int) -> None:
        if total > self.most_bytes:
            most = self.most_bytes // 1_000_000
            raise Refused(
                f"Unpacked, this workbook is larger than {most:,} MB. Save the sheet as CSV."
            )

    def _open(self, entry: zipfile.ZipInfo) -> IO[bytes]:
        # The module stops at the size that the directory states; what the parts really hold is to be seen.
        endless = copy.copy(entry)
        endless.file_size = 1 << 62
        try:
            return self._zip.open(endless)
        except DAMAGES as error:
            raise Refused(DAMAGED) from error

    def open(self, name: str) -> IO[bytes] | None:
        """Open a part by its name in any case; None if it is missing."""
        entry = self._parts.get(_normalize(name))
        return None if entry is None else self._open(entry)


def _normalize(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
