"""The columns of an intent file and what each may hold. docs/import-format.md says the same in words."""

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from contacthub.core.errors import Invalid
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tabular import Block, Reject, clean_column, clean_text

DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]",
    re.ASCII,
)


@dataclass(frozen=True)
class IntakeColumn:
    """One column of the file; its name is also the record's column, except `contact_id`, kept as a key."""

    name: str
    sql_type: str = "text"
    most: int = 200
    is_required: bool = False
    make_cleaner: Callable[[dt.date], Callable[[str], str]] | None = None


def _day(today: dt.date) -> Callable[[str], str]:
    def clean(value: str) -> str:
        try:
            day = _read_day(value)
        except ValueError as error:
            raise ValueError("is neither a date like 2026-11-20 nor an ISO time") from error
        if day > today:
            raise ValueError("is in the future")
        if day.year < 2000:
            raise ValueError("is before the year 2000")
        return day.isoformat()

    return clean


def _read_day(value: str) -> dt.date:
    if not value.isascii():
        raise ValueError(value)
    if len(value) == 10:
        return dt.datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    if "T" not in value and " " not in value:
        raise ValueError(value)
    moment = dt.datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).date()


def _domain(_: dt.date) -> Callable[[str], str]:
    def clean(value: str) -> str:
        domain = value.lower().rstrip(".")
        if not domain.isascii():
            try:
                domain = domain.encode("idna").decode()
            except UnicodeError as error:
                raise ValueError("is not a domain like example.com") from error
        if DOMAIN.fullmatch(domain) is None:
            raise ValueError("is not a domain like example.com")
        return domain

    return clean


def _score(_: dt.date) -> Callable[[str], str]:
    def clean(value: str) -> str:
        try:
            number = float(value) if value.isascii() and "_" not in value else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or abs(number) > 1e9:
            raise ValueError("is not a number")
        return repr(number)

    return clean


def _contact_id(_: dt.date) -> Callable[[str], str]:
    def clean(value: str) -> str:
        try:
            return str(parse_contact_id(value))
        except Invalid as error:
            raise ValueError("is not id_ or cb_ followed by 16 lower-case hex digits") from error

    return clean


PII_COLUMNS = (
    "first_name",
    "last_name",
    "address",
    "city",
    "state",
    "postal_code",
    "country",
    "gender",
    "age_range",
)
BUSINESS_COLUMNS = ("linkedin_url", "job_title", "company_domain", "seniority")
COLUMNS = (
    IntakeColumn("observed_on", sql_type="date", is_required=True, make_cleaner=_day),
    IntakeColumn("domain", is_required=True, make_cleaner=_domain),
    IntakeColumn("topic", is_required=True),
    IntakeColumn("score", sql_type="double precision", make_cleaner=_score),
    IntakeColumn("company_name"),
    IntakeColumn("industry"),
    IntakeColumn("contact_id", sql_type="bigint", make_cleaner=_contact_id),
    *(IntakeColumn(name, most=500 if name == "address" else 200) for name in PII_COLUMNS),
    *(IntakeColumn(name, most=500) for name in BUSINESS_COLUMNS),
)
NAMES = tuple(column.name for column in COLUMNS)


def clean_block(block: Block, *, today: dt.date) -> tuple[dict[str, pa.Array], list[Reject]]:
    """Check and normalise a block of rows. Returns the columns of the good rows and the rejected rows with reasons."""
    cleaned: dict[str, pa.Array] = {}
    bad: dict[int, list[str]] = {}
    for column in COLUMNS:
        array = block.columns[column.name]
        if column.make_cleaner is None:
            result, reasons = clean_text(array, most=column.most)
        else:
            result, reasons = clean_column(array, column.make_cleaner(today))
        if column.is_required:
            missing = pc.indices_nonzero(pc.is_null(result)).to_pylist()
            reasons = dict.fromkeys(missing, "is missing") | reasons
        for row, reason in reasons.items():
            bad.setdefault(row, []).append(f"{column.name} {reason}")
        cleaned[column.name] = result
    if not bad:
        return cleaned, block.rejects
    lines = block.find_lines()
    rejects = [
        Reject(lines[row], "; ".join(reasons), block.find_raw(row))
        for row, reasons in sorted(bad.items())
    ]
    keep = pa.array([row not in bad for row in range(block.row_count)])
    return {name: array.filter(keep) for name, array in cleaned.items()}, sorted(
        block.rejects + rejects
    )
