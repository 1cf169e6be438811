"""File formats: how Postgres writes one row of a result and how the rows are framed into a file.

Every result is a query, so cells are written by Postgres in COPY and Python only joins, compresses and hashes lines:
measured at a third of the time that row objects and a csv writer take.
"""

from contacthub.formats.base import Column, Encoder, Format, Kind
from contacthub.formats.csv import CSV, CSV_EXCEL
from contacthub.formats.jsonl import JSON_LINES
from contacthub.formats.parquet import PARQUET
from contacthub.formats.xlsx import XLSX

FORMATS: dict[str, Format] = {
    format.name: format for format in (CSV, CSV_EXCEL, XLSX, JSON_LINES, PARQUET)
}

__all__ = ["FORMATS", "Column", "Encoder", "Format", "Kind"]
