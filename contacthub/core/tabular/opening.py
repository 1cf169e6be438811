"""Open a table of any format."""

from collections.abc import Collection, Sequence
from pathlib import Path

from contacthub.core.errors import Invalid
from contacthub.core.tabular.blocks import TableFile
from contacthub.core.tabular.csv import open_csv
from contacthub.core.tabular.encodings import check_encoding
from contacthub.core.tabular.json_lines import open_json_lines
from contacthub.core.tabular.parquet import open_parquet

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


def open_table(
    path: Path,
    *,
    columns: Sequence[str],
    nested: Collection[str] = (),
    format: str | None = None,
    encoding: str | None = None,
) -> TableFile:
    """Open a file to read `columns` from it. Raises `Invalid` if nothing in it can be read.

    The format comes from the name unless given. `nested` columns may hold lists and objects in JSON Lines and
    Parquet, which come as JSON text; in any other column they reject the row. `encoding` is for CSV without a byte
    order mark; the default, UTF-8, rejects rows that are something else rather than guess.
    """
    format = format or FORMATS.get(path.suffix.lower())
    if format not in ("csv", "jsonl", "parquet"):
        raise Invalid(f"{path.name}: name the format: csv, jsonl or parquet.", field="format")
    if format != "csv" and encoding and check_encoding(encoding) != "utf-8":
        raise Invalid(
            f"An encoding is for CSV only; {path.name} is UTF-8 by definition.", field="encoding"
        )
    if not path.is_file():
        raise Invalid(
            f"{path}: {'is not a file' if path.exists() else 'there is no such file'}.",
            field="file",
        )
    try:
        if format == "csv":
            return open_csv(path, columns=columns, encoding=encoding)
        opener = open_json_lines if format == "jsonl" else open_parquet
        return opener(path, columns=columns, nested=nested)
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror}.", field="file") from error
