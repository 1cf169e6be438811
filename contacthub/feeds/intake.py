"""The columns of an intent file and what each may hold. docs/import-format.md says the same in words."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from contacthub.core.domains import clean_domain, plain_domain
from contacthub.core.errors import Invalid
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tabular import Block, Cleaner, Reject, clean_column, clean_text, drop_rows
from contacthub.core.tabular.cleaning import check_text
from contacthub.core.tabular.values import clean_day, clean_number

FIRST_YEAR = 2000
MOST_SCORE = 1e9


@dataclass(frozen=True)
class IntakeColumn:
    """One column of the file; its name is also the record's column, except `contact_id`, kept as a key."""

    name: str
    sql_type: str = "text"
    most: int = 200
    is_required: bool = False
    make_cleaner: Callable[[dt.date], Cleaner] | None = None


def _day(today: dt.date) -> Cleaner:
    return partial(clean_day, last=today, first_year=FIRST_YEAR)


def _domain(_: dt.date) -> Cleaner:
    return clean_domain


def _named_domain(_: dt.date) -> Cleaner:
    return lambda value: check_text(plain_domain(value), most=500)


def _score(_: dt.date) -> Cleaner:
    return partial(clean_number, least=-MOST_SCORE, most=MOST_SCORE)


def _contact_id(_: dt.date) -> Cleaner:
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
    *(
        IntakeColumn(
            name, most=500, make_cleaner=_named_domain if name == "company_domain" else None
        )
        for name in BUSINESS_COLUMNS
    ),
)
NAMES = tuple(column.name for column in COLUMNS)
FORMER = "former"
# The stage's columns with their types.
STAGE = (*((column.name, column.sql_type) for column in COLUMNS), (FORMER, "jsonb"))


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
    cleaned[FORMER] = _find_former(block, cleaned)
    return drop_rows(block, cleaned, bad)


def _find_former(block: Block, cleaned: dict[str, pa.Array]) -> pa.Array:
    """Return for each row, as JSON, the texts that were stored otherwise before text was normalized, by column.

    Records are kept as they were delivered and charged, so that a file that was imported then is told by these.
    """
    former: dict[int, dict[str, str]] = {}
    for column in COLUMNS:
        if column.sql_type != "text" or column.name == "domain":
            continue
        before = pc.utf8_trim_whitespace(block.columns[column.name])
        same = pc.fill_null(pc.equal(before, cleaned[column.name]), False)
        differs = pc.and_(pc.fill_null(pc.not_equal(before, ""), False), pc.invert(same))
        for row in pc.indices_nonzero(differs).to_pylist():
            former.setdefault(row, {})[column.name] = before[row].as_py()
    return pa.array(
        [
            orjson.dumps(former[row]).decode() if row in former else None
            for row in range(block.row_count)
        ]
        if former
        else [None] * block.row_count,
        pa.string(),
    )
