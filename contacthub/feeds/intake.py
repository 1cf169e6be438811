"""The columns of an intent file and what each may hold. docs/import-format.md says the same in words."""

import datetime as dt
from functools import partial

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from contacthub.core.domains import clean_domain
from contacthub.core.tabular import Block, Reject, drop_rows
from contacthub.core.tabular.columns import (
    Reasons,
    clean_columns,
    make_column,
    make_contact_id,
    make_day,
)
from contacthub.core.tabular.values import clean_if_domain, clean_number

FIRST_YEAR = 2000
MOST_SCORE = 1e9
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
_score = partial(clean_number, least=-MOST_SCORE, most=MOST_SCORE)
# A column's name is also the record's, except `contact_id`, kept as a key.
COLUMNS = (
    make_day("observed_on", first_year=FIRST_YEAR, is_required=True),
    make_column("domain", clean=clean_domain, is_required=True),
    make_column("topic", is_required=True),
    make_column("score", clean=_score, sql_type="double precision"),
    make_column("company_name"),
    make_column("industry"),
    make_contact_id("contact_id"),
    *(make_column(name, most=500 if name == "address" else 200) for name in PII_COLUMNS),
    make_column("linkedin_url", most=500),
    make_column("job_title", most=500),
    make_column("company_domain", clean=partial(clean_if_domain, most=500)),
    make_column("seniority", most=500),
)
NAMES = tuple(column.name for column in COLUMNS)
FORMER = "former"
# The stage's columns with their types.
STAGE = (*((column.name, column.sql_type) for column in COLUMNS), (FORMER, "jsonb"))


def clean_block(block: Block, *, today: dt.date) -> tuple[dict[str, pa.Array], list[Reject]]:
    """Check and normalize a block of rows. Returns the columns of the good rows and the rejected rows with reasons."""
    bad: Reasons = {}
    cleaned = clean_columns(COLUMNS, block.columns, bad, today=today)
    cleaned[FORMER] = _find_former(block, cleaned)
    return drop_rows(block, cleaned, bad)


def _find_former(block: Block, cleaned: dict[str, pa.Array]) -> pa.Array:
    """Return for each row, as JSON, the texts that were stored otherwise before text was normalized, by column.

    Records are kept as they were delivered and charged, so that a file imported then is recognized by these.
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
