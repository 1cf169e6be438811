"""The columns of a result file: those of the input as they came, then which contact each row is, the outcome, the
values."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from contacthub.enrichment.models import EnrichmentBatch, MatchKey, Outcome, Section
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
        *([] if batch.is_by_ids else MATCH),
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


def _match_columns() -> list[Column]:
    """Return what a row was matched as and by which key; a list of nothing but ids needs none of it."""
    words = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(key.value), sql.Literal(key.label))
        for key in MatchKey
        if key != MatchKey.CHOSEN
    )
    return [
        _text(
            "match",
            "CASE WHEN chunk.problem IN ('malformed', 'empty') THEN 'rejected' "
            "WHEN chunk.problem = 'ambiguous' THEN 'ambiguous' "
            "WHEN chunk.matched_by <> '' THEN 'matched' ELSE 'no match' END",
        ),
        _text(
            "matched_by",
            sql.SQL(
                "CASE chunk.matched_by WHEN 'chosen' THEN 'chosen by ' || chunk.chosen_by_name {} END"
            ).format(words),
        ),
        # A person found only at a vendor gets an id with the answer.
        _text(
            "matched_contact_id",
            "CASE WHEN chunk.matched_by <> '' OR chunk.outcome = 'found' "
            "THEN 'id_' || lpad(to_hex(chunk.contact_key), 16, '0') END",
        ),
    ]


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


MATCH = _match_columns()
VALUES: dict[Section, list[Column]] = {
    Section.PII: [_text(name, f"(chunk.pii ->> '{name}')") for name in PII_FIELDS],
    Section.EMAILS: _email_columns(),
    Section.PHONES: _phone_columns(),
}
