"""Open an upload by what it is, whatever its name ends in."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

import contacthub
from contacthub.core.errors import Invalid
from contacthub.enrichment.uploads.table import InputRow, UploadedTable, check_width, split_header
from contacthub.enrichment.uploads.text import open_text_upload

ZIP = b"PK\x03\x04"
# Compound files: XLS, and XLSX with a password.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
COPY_BYTES = 1024 * 1024
SOURCE_FOLDER = Path(contacthub.__file__).resolve().parent.parent


def is_text(start: bytes) -> bool:
    """Return whether a file that starts so is read as text."""
    return not start.startswith((ZIP, COMPOUND))


@contextmanager
def open_upload(
    stream: IO[bytes], *, encoding: str = "", delimiter: str = ""
) -> Iterator[UploadedTable]:
    """Open an uploaded CSV or XLSX file by its first bytes; its name is not believed.

    A CSV file is read in `encoding` and with `delimiter` where a person chose them.
    Raises `Invalid` for anything else, with what to do about it. Rows can be read inside the block only.
    """
    stream.seek(0)
    start = stream.read(COPY_BYTES)
    if start.startswith(ZIP):
        with _run_reader(stream) as lines:
            yield _open_workbook(lines)
    elif start.startswith(COMPOUND):
        raise Invalid(
            "This workbook is protected with a password. Save it without one."
            if ENCRYPTED in start
            else "This is an old workbook format (XLS). Save it as XLSX or CSV.",
            field="file",
        )
    else:
        if not start.strip():
            raise Invalid("The file is empty.", field="file")
        yield open_text_upload(stream, encoding=encoding, delimiter=delimiter)


def _open_workbook(lines: Iterator[Any]) -> UploadedTable:
    opening = next(lines)
    reading = f"XLSX, sheet “{opening['sheet']}”"
    if opening["count"] > 1:
        reading += f" of {opening['count']:,}"
    rows = (InputRow(line, check_width(cells, line)) for line, cells in lines)
    header, rows_below = split_header(rows)
    return UploadedTable(header, rows_below, reading)


@contextmanager
def _run_reader(stream: IO[bytes]) -> Iterator[Iterator[Any]]:
    """Start the program that reads workbooks, and end it with the block whatever it is doing."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as workbook:
        stream.seek(0)
        while piece := stream.read(COPY_BYTES):
            workbook.write(piece)
        workbook.flush()
        # Nothing of our environment goes along: what reads the files of strangers needs no secret for it.
        process = subprocess.Popen(
            [sys.executable, "-m", "contacthub.enrichment.uploads.workbooks.reader", workbook.name],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=SOURCE_FOLDER,
            env={},
        )
        with process:
            try:
                yield _read_lines(process)
            finally:
                process.kill()


def _read_lines(process: "subprocess.Popen[bytes]") -> Iterator[Any]:
    for line in process.stdout or ():
        # A line that does not end is where the program was stopped.
        if not line.endswith(b"\n"):
            break
        read = orjson.loads(line)
        if isinstance(read, dict) and "error" in read:
            raise Invalid(read["error"], field="file")
        yield read
    if process.wait() != 0:
        raise Invalid(
            "This workbook needs more memory than one upload gets, or it is damaged. "
            "Save the sheet as CSV and upload that.",
            field="file",
        )
