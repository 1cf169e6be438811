"""The columns of a result file: those of the input as they came, then the outcome, then the values."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from contacthub.enrichment.models import EnrichmentBatch, Outcome, Section
from contacthub.enrichment.sql.answers import MOST_VALUES
from contacthub.formats import Column, Kind

PII_FIELDS = (
    "first_name",
    "last_name",
    "gender",
    "age_range",
    "address",
    "city",
    "state",
    "postal_code",
    "country",
)
HASHES = ("md5", "sha1", "sha256")
# Postgres cuts the names of columns after this many bytes, and JSON Lines is written with them.
MOST_NAME_BYTES = 63


def columns_of(batch: EnrichmentBatch) -> list[Column]:
    """Return the columns of a list's result file, made of the table `chunk` of `sql.answers`."""
    added = [
        _text("outcome", _words("chunk.outcome")),
        *(column for section in Section if section in batch.sections for column in VALUES[section]),
        *(_text(f"{section}_outcome", _words(f"chunk.{section}_outcome")) for section in Section),
    ]
    names = unique_names(batch.header, taken=[column.name for column in added])
    kept = [
        Column(name, sql.SQL("nullif(chunk.cells[{}], '')").format(sql.Literal(place)))
        for place, name in enumerate(names, start=1)
    ]
    return kept + added


def unique_names(header: Sequence[str], *, taken: Iterable[str]) -> list[str]:
    """Return the input's names, changed where one stands twice or is one of ours: `name (2)`, at most 63 bytes."""
    used = {name.casefold() for name in taken}
    names = []
    for original in header:
        name, count = _cut(original, MOST_NAME_BYTES), 1
        while name.casefold() in used:
            count += 1
            mark = f" ({count})"
            name = _cut(original, MOST_NAME_BYTES - len(mark)) + mark
        used.add(name.casefold())
        names.append(name)
    return names


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _text(name: str, expression: str | sql.Composable) -> Column:
    return Column(name, sql.SQL(expression) if isinstance(expression, str) else expression)


def _words(code: str) -> sql.Composable:
    """Return the expression that writes an outcome in the words of `Outcome`."""
    cases = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(outcome.value), sql.Literal(outcome.label))
        for outcome in Outcome
    )
    return sql.SQL("CASE {} {} END").format(sql.SQL(code), cases)


def _email_columns() -> list[Column]:
    columns = []
    for place in range(1, MOST_VALUES + 1):
        columns += [
            _text(f"email_{place}", f"chunk.addresses[{place}]"),
            _text(f"email_{place}_status", f"chunk.statuses[{place}]"),
            Column(f"email_{place}_checked_on", sql.SQL(f"chunk.checked_on[{place}]"), Kind.DATE),
        ]
        if place == 1:
            columns += [_text(f"email_1_{n}", f"encode(chunk.{n}, 'hex')") for n in HASHES]
    return columns


def _phone_columns() -> list[Column]:
    return [
        column
        for place in range(1, MOST_VALUES + 1)
        for column in (
            _text(f"phone_{place}", f"chunk.phone_numbers[{place}]"),
            _text(f"phone_{place}_type", f"chunk.phone_types[{place}]"),
            _text(f"phone_{place}_do_not_call", f"chunk.do_not_call[{place}]"),
        )
    ]


VALUES: dict[Section, list[Column]] = {
    Section.PII: [_text(name, f"(chunk.pii ->> '{name}')") for name in PII_FIELDS],
    Section.EMAILS: _email_columns(),
    Section.PHONES: _phone_columns(),
}
