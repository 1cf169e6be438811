"""Read the first visible sheet with cells of an XLSX workbook: `python -m …uploads.workbooks.reader PATH`.

A program of its own, with limits on memory and time: what a stranger's file does to it, it does not do to a worker.

Writes JSON lines: first `{"sheet": …, "count": …}` (of how many visible sheets), then `[row number, [cells]]`; and
`{"error": …}` wherever it stops.
"""

import resource
import sys
from collections.abc import Iterator
from itertools import chain

import orjson

from contacthub.enrichment.uploads.workbooks.container import DAMAGES, Container
from contacthub.enrichment.uploads.workbooks.parts import Workbook, read_workbook
from contacthub.enrichment.uploads.workbooks.sheet import Row, read_rows
from contacthub.enrichment.uploads.workbooks.xml import DAMAGED, Refused

MOST_MEMORY = 768 * 1024 * 1024
MOST_SECONDS = 240
# Of empty sheets before the first one with cells.
MOST_SHEETS = 100
WRITE_BYTES = 256 * 1024


def main(path: str) -> None:
    """Write the rows of a workbook to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with Container(path) as container:
            container.check()
            workbook = read_workbook(container)
            name, rows = open_sheet(container, workbook)
            write({"sheet": name, "count": len(workbook.sheets)})
            write_rows(rows)
    except Refused as error:
        write({"error": str(error)})
    except DAMAGES:
        write({"error": DAMAGED})


def open_sheet(container: Container, workbook: Workbook) -> tuple[str, Iterator[Row]]:
    """Return the first sheet that holds something: its name and its rows. Raises `Refused`."""
    for name, target in workbook.sheets[:MOST_SHEETS]:
        part = container.open(target)
        if part is None:
            continue
        rows = read_rows(part, workbook, most_characters=container.most_bytes)
        first = next(rows, None)
        if first is not None:
            return name, chain([first], rows)
    raise Refused("The workbook has no visible sheet with cells in it.")


def write_rows(rows: Iterator[Row]) -> None:
    """Write rows, many at once."""
    lines: list[bytes] = []
    size = 0
    try:
        for row in rows:
            lines.append(orjson.dumps(row) + b"\n")
            size += len(lines[-1])
            if size > WRITE_BYTES:
                sys.stdout.buffer.write(b"".join(lines))
                lines, size = [], 0
    finally:
        sys.stdout.buffer.write(b"".join(lines))


def write(message: dict[str, object]) -> None:
    """Write what is not a row."""
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
