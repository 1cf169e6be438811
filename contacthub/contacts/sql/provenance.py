"""Where values came from, written by the import that brings them: what sources gave, and values that lost."""

import datetime as dt
from typing import Any

from django.db import connection
from psycopg import sql

from contacthub.contacts.models import Load
from contacthub.contacts.value_fields import FIELDS, OF_CONTACT, OF_PROFILE, ValueField

# Why not the ORM: a million rows in one statement each. Only rows that differ are looked at field by field; the first
# comparison, of whole rows, costs a hundredth of that.
FIND_CHANGES = """
CREATE TEMPORARY TABLE contact_value_change ON COMMIT DROP AS
SELECT match.id AS contact_id, change.bit, change.field, change.was, change.value
FROM contact_match AS match
JOIN contact_stage AS staged ON staged.key = match.key
JOIN contacts_contact AS stored ON stored.id = match.id
CROSS JOIN LATERAL (VALUES {changes}) AS change (bit, field, was, value)
WHERE NOT match.is_new
AND (({stored}) IS DISTINCT FROM ({merged}) OR NOT coalesce(stored.pii, '{{}}') @> coalesce(staged.pii, '{{}}'))
AND change.was <> change.value AND change.was <> ''
"""
ADD_CANDIDATES = """
INSERT INTO contacts_candidate AS candidate (
    contact_id, organization_id, field, value, source, load_id, source_name, status, type, confidence, first_seen,
    last_seen, replaced_on
)
SELECT {rows}
ON CONFLICT (contact_id, field, MD5(value), source) DO UPDATE SET
    load_id = coalesce(EXCLUDED.load_id, candidate.load_id),
    last_seen = greatest(EXCLUDED.last_seen, candidate.last_seen),
    confidence = coalesce(EXCLUDED.confidence, candidate.confidence), replaced_on = EXCLUDED.replaced_on
"""
# What every source that had given the former value gave, and one without a source where none is known.
FORMER_VALUES = """
    change.contact_id, %(organization)s::bigint, change.field, change.was, record.source, record.load_id, '', '', '',
    record.confidence, record.first_seen, record.last_seen, %(today)s::date
FROM contact_value_change AS change
LEFT JOIN contacts_sourcerecord AS record
    ON record.contact_id = change.contact_id AND record.given & (1::bigint << change.bit) <> 0
"""
FORGET_FORMER = """
UPDATE contacts_sourcerecord AS record SET given = record.given & ~change.bits
FROM (
    SELECT contact_id, bit_or(1::bigint << bit) AS bits FROM contact_value_change GROUP BY contact_id
) AS change
WHERE record.contact_id = change.contact_id AND record.source <> %(source)s AND record.given & change.bits <> 0
"""
SAVE_SOURCES = """
INSERT INTO contacts_sourcerecord AS record
    (contact_id, source, organization_id, load_id, given, confidence, first_seen, last_seen)
SELECT match.id, %(source)s, %(organization)s::bigint, %(load)s, {given}, staged.confidence, %(today)s, %(today)s
FROM contact_match AS match JOIN contact_stage AS staged ON staged.key = match.key
WHERE match.is_new
"""
# A source that says the same again on another day was seen again; on the same day nothing is written. What needs no
# change is left out by a join: a conflict that changes nothing would still write to the row.
UPDATE_SOURCES = """
INSERT INTO contacts_sourcerecord AS record
    (contact_id, source, organization_id, load_id, given, confidence, first_seen, last_seen)
SELECT given.id, %(source)s, %(organization)s::bigint, %(load)s, given.bits, given.confidence, %(today)s, %(today)s
FROM (
    SELECT match.id, {given} AS bits, staged.confidence
    FROM contact_match AS match JOIN contact_stage AS staged ON staged.key = match.key
    WHERE NOT match.is_new
) AS given
LEFT JOIN contacts_sourcerecord AS known ON known.contact_id = given.id AND known.source = %(source)s
WHERE known.contact_id IS NULL OR known.last_seen < %(today)s OR known.given | given.bits <> known.given
ON CONFLICT (contact_id, source) DO UPDATE SET
    load_id = EXCLUDED.load_id, given = record.given | EXCLUDED.given, last_seen = EXCLUDED.last_seen,
    confidence = coalesce(EXCLUDED.confidence, record.confidence)
"""


def save_provenance(
    *,
    load: Load,
    today: dt.date,
    is_profile_only: bool,
) -> None:
    """Write down what the stage's source gave, and the values that are about to be replaced, with their sources.

    Call it before the stored contacts are changed. `is_profile_only`: what the stage says besides the profile is what
    was known before.
    """
    fields = OF_PROFILE if is_profile_only else FIELDS
    values = describe_load(load, today)
    with connection.cursor() as cursor:
        cursor.execute(_find_changes())
        _run(cursor, ADD_CANDIDATES, values, rows=sql.SQL(FORMER_VALUES))
        _run(cursor, FORGET_FORMER, values)
        for statement in (SAVE_SOURCES, UPDATE_SOURCES):
            _run(cursor, statement, values, given=_given(fields))


def describe_load(load: Load, today: dt.date) -> dict[str, Any]:
    """Return what statements write of a load."""
    return {
        "organization": load.organization_id,
        "source": load.source,
        "load": load.pk,
        "today": today,
    }


def _run(cursor: Any, statement: str, values: dict[str, Any], **parts: sql.Composable) -> None:
    cursor.execute(sql.SQL(statement).format(**parts), values)


def _find_changes() -> sql.Composed:
    plain = [field.column for field in OF_CONTACT if field.name != "company"]
    stored = [sql.SQL("stored.{}").format(sql.Identifier(name)) for name in plain]
    merged = [
        sql.SQL("coalesce(staged.{0}, stored.{0})").format(sql.Identifier(name)) for name in plain
    ]
    return sql.SQL(FIND_CHANGES).format(
        changes=sql.SQL(", ").join(map(_change, FIELDS)),
        stored=sql.SQL(", ").join([*stored, sql.SQL("stored.company_id")]),
        merged=sql.SQL(", ").join(
            [*merged, sql.SQL("coalesce(match.company_id, stored.company_id)")]
        ),
    )


def _change(field: ValueField) -> sql.Composable:
    """Return the row of a field: its bit and name, the stored value and the one that takes its place."""
    name = sql.Literal(field.name)
    if field.pii:
        return sql.SQL("({0}, {1}, stored.pii ->> {2}, staged.pii ->> {2})").format(
            sql.Literal(field.bit), name, sql.Literal(field.pii)
        )
    if field.name == "company":
        return sql.SQL("({}, {}, stored.company_id::text, match.company_id::text)").format(
            sql.Literal(field.bit), name
        )
    return sql.SQL("({0}, {1}, stored.{2}, staged.{2})").format(
        sql.Literal(field.bit), name, sql.Identifier(field.column)
    )


def _given(fields: tuple[ValueField, ...]) -> sql.Composable:
    """Return the bits of the fields that a row of the stage has."""
    return sql.SQL(" + ").join(
        sql.SQL("CASE WHEN {} IS NULL THEN 0 ELSE {}::bigint END").format(
            _staged(field), sql.Literal(field.mask)
        )
        for field in fields
    )


def _staged(field: ValueField) -> sql.Composable:
    if field.pii:
        return sql.SQL("staged.pii -> {}").format(sql.Literal(field.pii))
    if field.name == "company":
        return sql.SQL("match.company_id")
    return sql.SQL("staged.{}").format(sql.Identifier(field.column))
