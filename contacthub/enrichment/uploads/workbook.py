"""Read the first sheet of an XLSX workbook, as a program of its own: `python -m …uploads.workbook PATH`.

The library reads a sheet whole into memory, as a rectangle: two cells in opposite corners, 500 bytes of file, ask for
half a terabyte, and the library ends the process when it does not get it. So the process is not the web server's: this
one has limits on memory and time, and whatever it does to itself, the upload is refused and nothing else happens.

Writes JSON lines: first `{"sheet": …, "count": …}` or `{"error": …}`, then `[row number, [cells]]`.
Source: PKWARE APPNOTE 6.3 (the zip container), ECMA-376 part 1 (the workbook).
"""

import copy
import datetime as dt
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook
from python_calamine import SheetTypeEnum as SheetType
from python_calamine import SheetVisibleEnum as Visibility

MOST_MEMORY = 1536 * 1024 * 1024
MOST_SECONDS = 60
MOST_BYTES = 400_000_000
# Sheets of text shrink to a tenth, repetitive ones to a fiftieth; more is made to fill a disk.
MOST_RATIO = 100
RATIO_FREE_BYTES = 10_000_000
MOST_ENTRIES = 5000
CHUNK = 1024 * 1024


class Refused(Exception):
    """The workbook is not read; the text says why."""


def main(path: str) -> None:
    """Write the rows of a workbook to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        check_container(path)
        sheet, count = open_sheet(path)
    except Refused as error:
        out.write(orjson.dumps({"error": str(error)}) + b"\n")
        return
    out.write(orjson.dumps({"sheet": sheet.name, "count": count}) + b"\n")
    for row in read_rows(sheet):
        out.write(orjson.dumps(row) + b"\n")


# --- The container --------------------------------------------------------------------------------


def check_container(path: str) -> None:
    """Unpack every part once without keeping it. Raises `Refused` past the limits and for what is no workbook.

    The sizes that a zip file states about itself are not believed.
    """
    try:
        with zipfile.ZipFile(path) as container:
            entries = container.infolist()
            if len(entries) > MOST_ENTRIES:
                raise Refused("This workbook has too many parts.")
            if any(entry.flag_bits & 1 for entry in entries):
                raise Refused("This file is protected with a password. Save it without one.")
            if "xl/workbook.xml" not in container.namelist():
                raise Refused(
                    "This is a zip file but no XLSX workbook. Save the sheet as XLSX or CSV."
                )
            _count_bytes(container, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Refused("This workbook is damaged. Save it again and upload the new file.") from error


def _count_bytes(container: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    packed = sum(entry.compress_size for entry in entries)
    most = min(MOST_BYTES, RATIO_FREE_BYTES + MOST_RATIO * packed)
    total = 0
    for entry in entries:
        endless = copy.copy(entry)
        endless.file_size = 1 << 62
        with container.open(endless) as part:
            while piece := part.read(CHUNK):
                total += len(piece)
                if total > most:
                    raise Refused(
                        f"Unpacked, this workbook is larger than {most // 1_000_000:,} MB. Save the sheet as CSV."
                    )


# --- The sheet ------------------------------------------------------------------------------------


def open_sheet(path: str) -> tuple[CalamineSheet, int]:
    """Return the first visible sheet that holds something, and how many visible sheets there are."""
    try:
        workbook = CalamineWorkbook.from_path(path)
        names = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetType.WorkSheet and sheet.visible == Visibility.Visible
        ]
        sheets = (workbook.get_sheet_by_name(name) for name in names)
        found = next((sheet for sheet in sheets if sheet.height), None)
    except (CalamineError, OSError, ValueError) as error:
        raise Refused("This workbook is damaged. Save it again and upload the new file.") from error
    if found is None:
        raise Refused("The workbook has no visible sheet with cells in it.")
    return found, len(names)


def read_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Yield the sheet's rows with their numbers, without those at the end that are empty."""
    last = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if not any(cell != "" for cell in cells):
            continue
        # Empty rows between others keep their places.
        yield from ((empty, [""]) for empty in range(last + 1, number) if last)
        yield number, [cell if type(cell) is str else spell(cell) for cell in cells]
        last = number


def spell(value: Any) -> str:
    """Write a cell that is no text: 5 for 5.0, 2026-11-20 for a date, TRUE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
    return str(value)


if __name__ == "__main__":
    main(sys.argv[1])
