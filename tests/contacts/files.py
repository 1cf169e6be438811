"""Write contacts to a file of any format and import it."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from contacthub.contacts import actions
from contacthub.contacts.runner import ContactReport
from contacthub.organizations.models import Organization

KEY = 0x3F2A8D1B9C0E5F47
ID = "id_3f2a8d1b9c0e5f47"
Row = dict[str, Any]


def write_jsonl(path: Path, *rows: Row) -> Path:
    """Write rows as JSON Lines."""
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def write_csv(path: Path, *rows: Row) -> Path:
    """Write rows as CSV: objects as dotted columns, lists of text with `|`, other lists as JSON."""
    flat = [_flatten(row) for row in rows]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in flat for name in row)))
        writer.writeheader()
        writer.writerows(flat)
    return path


def write_parquet(path: Path, *rows: Row) -> Path:
    """Write rows as Parquet with real lists and structs."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def _flatten(row: Row, prefix: str = "") -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = _cell(value)
    return flat


def _cell(value: Any) -> Any:
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, str) and "|" not in item for item in value)
    ):
        return "|".join(value)
    return json.dumps(value) if isinstance(value, list | dict | bool) else value


def take_in(
    folder: Path, *rows: Row, organization: Organization | None = None, format: str = "jsonl"
) -> ContactReport:
    """Import rows from a file and return the report."""
    path = WRITERS[format](folder / f"contacts.{format}", *rows)
    report, _ = actions.import_contacts(path=path, organization=organization)
    return report


def counts(report: ContactReport) -> tuple[int, int, int, int]:
    """Return the new, changed, known and rejected rows of a report."""
    return report.inserted, report.updated, report.duplicates, report.rejected


def read_rejects(folder: Path, format: str = "jsonl") -> list[tuple[int, str]]:
    """Return lines and reasons of the reject file of the last import."""
    with (folder / f"contacts.{format}.rejects.csv").open(newline="", encoding="utf-8") as stream:
        return [(int(row["line"]), row["reason"]) for row in csv.DictReader(stream)]
