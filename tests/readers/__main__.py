"""Write a file of every format, and read them with programs that people use: `make readers`.

exceljs, xlsx and read-excel-file come from npm, xlsx2csv from PyPI, into a folder that is removed at the end.
LibreOffice (on Debian: apt-get install libreoffice-calc-nogui) opens the CSV for Excel with its default settings.
Prints each reader and the values that it does not give back, and fails where there are any.
"""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from contacthub.core import embedded

NPM = ["exceljs", "xlsx", "read-excel-file"]
OFFICE = shutil.which("soffice")


def main() -> int:
    """Start a database, write the files and let everybody read them."""
    folder = Path(tempfile.mkdtemp(prefix="contacthub-readers-"))
    postgres = embedded.start_postgres(folder / "postgres", is_scratch=True)
    try:
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "CONTACTHUB_VAR": str(folder / "var"),
            "DJANGO_SETTINGS_MODULE": "contacthub.settings",
            "SECRET_KEY": "readers",
            "LOG_LEVEL": "WARNING",
        }
        import django

        django.setup()
        return Readers(folder).run()
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Readers:
    """The files, and who reads them."""

    def __init__(self, folder: Path) -> None:
        from tests.readers.files import ODD_TEXTS, TEXTS, write_files

        self.folder = folder
        self.rows = write_files(folder, TEXTS + ODD_TEXTS)
        self.plain = set(TEXTS)
        self.failures = 0

    def run(self) -> int:
        """Read all, and return the exit status."""
        self._run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", *NPM]
        )
        script = Path(__file__).with_name("read_xlsx.mjs")
        for reader in NPM:
            command = ["node", str(script), reader, "table.xlsx", str(self.folder)]
            self.compare(reader, lambda command=command: json.loads(self._run(command)))  # type: ignore[misc]
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        self._run([*pip, "--target", "tools", "xlsx2csv"])
        command = [sys.executable, "tools/xlsx2csv.py", "-f", "%Y-%m-%d", "table.xlsx"]
        self.compare("xlsx2csv", lambda: self._read_csv(self._run(command)))
        if OFFICE is None:
            print("LibreOffice is not installed: it was NOT asked.")
            return 1
        self.compare("LibreOffice, XLSX", lambda: self._office("table.xlsx"))
        self.compare("LibreOffice, CSV", lambda: self._office("table.excel.csv"), is_marked=True)
        return 1 if self.failures else 0

    def compare(
        self, reader: str, read: Callable[[], Iterable[list[object]]], *, is_marked: bool = False
    ) -> None:
        """Say how the rows of a reader differ from ours."""
        from tests.readers.files import NAMES, as_row

        header, *found = read()
        rows = [as_row(row) for row in found]
        wrong = [] if header == NAMES else [f"header {header}"]
        if len(rows) != len(self.rows):
            wrong.append(f"{len(rows)} rows instead of {len(self.rows)}")
        for ours, theirs in zip(self.rows, rows, strict=False):
            if is_marked and ours.note not in self.plain:
                continue
            # LibreOffice ends all lines of a cell alike.
            unix = replace(ours, note=ours.note.replace("\r\n", "\n"))
            if not {ours, unix} & {theirs, replace(theirs, note=_unescape(theirs.note))}:
                wrong.append(f"{_short(ours)} became {_short(theirs)}")
        print(f"{'ok ' if not wrong else 'BAD'} {reader}", *wrong, sep="\n      ")
        self.failures += bool(wrong)

    def _office(self, name: str) -> list[list[object]]:
        """Let LibreOffice open a file and save what it shows as CSV."""
        out = self.folder / "office"
        comma, quote, utf8, shown, no = "44", "34", "76", "true", "false"
        # Of a CSV only its encoding is said: without a window LibreOffice does not look at the mark.
        given = (
            [f"--infilter=Text - txt - csv (StarCalc):{comma},{quote},{utf8}"]
            if name.endswith("csv")
            else []
        )
        wanted = f"csv:Text - txt - csv (StarCalc):{comma},{quote},{utf8},1,,0,{no},{shown},{no}"
        profile = f"-env:UserInstallation=file://{self.folder}/profile"
        self._run(
            [
                str(OFFICE),
                "--headless",
                profile,
                *given,
                "--convert-to",
                wanted,
                "--outdir",
                str(out),
                name,
            ]
        )
        return self._read_csv(
            (out / Path(name).with_suffix(".csv").name).read_text(encoding="utf-8")
        )

    def _read_csv(self, text: str) -> list[list[object]]:
        csv.field_size_limit(10_000_000)
        return [
            list(row) for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        ]

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode()[-2000:]}")
        return done.stdout.decode()


def _unescape(text: str) -> str:
    """Undo _xHHHH_ (ECMA-376, ST_Xstring), which some readers leave as it is."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def _short(row: object) -> str:
    return ascii(tuple(vars(row).values()))[:150]


if __name__ == "__main__":
    sys.exit(main())
