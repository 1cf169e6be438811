"""Values that people settled, kept from imports: what a file says instead becomes the rule's value and a candidate."""

import datetime as dt
from typing import Any

from django.db import connection
from psycopg import sql

from contacthub.contacts.models import Load
from contacthub.contacts.sql.observations import EMAILS, PHONES, Kind
from contacthub.contacts.sql.provenance import ADD_CANDIDATES, describe_load
from contacthub.contacts.sql.united import describe_stored
from contacthub.contacts.value_fields import BY_NAME, EMAIL, PHONE, ValueField

# Why not the ORM: the stage and its matches are temporary tables.
LIST_SETTLED = """
SELECT DISTINCT settled.field FROM contacts_settlement AS settled
JOIN contact_match AS match ON match.id = settled.contact_id
"""
SETTLED = """
FROM contacts_settlement AS settled
JOIN contact_match AS match ON match.id = settled.contact_id
JOIN contact_stage AS staged ON staged.key = match.key
WHERE settled.field = %(field)s AND {staged} IS NOT NULL
"""
KEEP_RULE = """
UPDATE contacts_settlement AS target SET rule_value = given.value
FROM (SELECT settled.id, to_jsonb({staged}) AS value {settled}) AS given WHERE given.id = target.id
"""
REFUSED_VALUES = """
    settled.contact_id, %(organization)s::bigint, settled.field, {staged}::text, %(source)s::uuid, %(load)s::bigint,
    '', '', '', staged.confidence, %(today)s::date, %(today)s::date, NULL::date
{settled} AND {staged}::text <> settled.value
"""
FORGET_BIT = """
UPDATE contacts_sourcerecord AS record SET given = given & ~{mask}::bigint
FROM (SELECT settled.contact_id {settled} AND {staged}::text <> settled.value) AS given
WHERE record.contact_id = given.contact_id AND record.source = %(source)s
"""
LEAVE_OUT = """
UPDATE {table} AS target SET {change}
FROM (SELECT match.key {settled} AND {staged}::text <> settled.value) AS given
WHERE target.key = given.key
"""
# The chosen address stays the first one, also of a list that lacks it: then as it is stored.
KEEP_FIRST = """
UPDATE contact_stage AS target SET {list} = jsonb_build_array(coalesce(given.item, given.stored)) || given.others
FROM (
    SELECT match.key,
        (SELECT item FROM jsonb_array_elements(staged.{list}) AS item WHERE item ->> {key} = settled.value) AS item,
        (SELECT jsonb_build_object({stored}) FROM {table} AS stored
            WHERE stored.contact_id = match.id AND stored.{column} = settled.value) AS stored,
        coalesce((SELECT jsonb_agg(item ORDER BY place) FROM jsonb_array_elements(staged.{list})
            WITH ORDINALITY AS listed (item, place) WHERE item ->> {key} <> settled.value), '[]') AS others
    {settled}
) AS given
WHERE target.key = given.key AND coalesce(given.item, given.stored) IS NOT NULL
"""
KINDS = {EMAIL: EMAILS, PHONE: PHONES}


def hold_settled(*, load: Load | None, today: dt.date) -> None:
    """Take out of the stage what contradicts a settled value, after writing down that it was given."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_SETTLED)
        for (name,) in cursor.fetchall():
            values = {"field": name} | (describe_load(load, today) if load else {})
            if name in KINDS:
                _hold_first(cursor, KINDS[name], values)
            elif name in BY_NAME:
                _hold(cursor, BY_NAME[name], values, has_load=load is not None)


def _hold(cursor: Any, field: ValueField, values: dict[str, Any], *, has_load: bool) -> None:
    parts = {"staged": _staged(field), "mask": sql.Literal(field.mask), **_change(field)}
    _run(cursor, KEEP_RULE, values, parts)
    if has_load:
        refused = sql.SQL(REFUSED_VALUES).format(**_join(parts))
        _run(cursor, ADD_CANDIDATES, values, {"rows": refused})
        _run(cursor, FORGET_BIT, values, parts)
    _run(cursor, LEAVE_OUT, values, parts)


def _hold_first(cursor: Any, kind: Kind, values: dict[str, Any]) -> None:
    listed = sql.SQL("jsonb_path_query_array(staged.{}, {})").format(
        sql.Identifier(kind.staged), sql.Literal(f"$[*].{kind.item_key}")
    )
    parts = {
        "staged": sql.SQL("staged.{}").format(sql.Identifier(kind.staged)),
        "list": sql.Identifier(kind.staged),
        "key": sql.Literal(kind.item_key),
        "column": sql.Identifier(kind.key),
        "table": sql.Identifier(kind.table),
        "stored": describe_stored(kind),
    }
    _run(cursor, KEEP_RULE, values, parts | {"staged": listed})
    _run(cursor, KEEP_FIRST, values, parts)


def _run(
    cursor: Any, statement: str, values: dict[str, Any], parts: dict[str, sql.Composable]
) -> None:
    cursor.execute(sql.SQL(statement).format(**_join(parts)), values)


def _join(parts: dict[str, sql.Composable]) -> dict[str, sql.Composable]:
    """Add the join of settled values with the rows of the stage that name them."""
    return {
        "settled": sql.SQL(SETTLED).format(staged=parts.get("staged", sql.SQL("NULL"))),
        **parts,
    }


def _staged(field: ValueField) -> sql.Composable:
    if field.pii:
        return sql.SQL("(staged.pii ->> {})").format(sql.Literal(field.pii))
    if field.name == "company":
        return sql.SQL("match.company_id")
    return sql.SQL("staged.{}").format(sql.Identifier(field.column))


def _change(field: ValueField) -> dict[str, sql.Composable]:
    """Return the temporary table that holds a field, and how it is left out there."""
    if field.pii:
        change = sql.SQL("pii = target.pii - {}").format(sql.Literal(field.pii))
        return {"table": sql.Identifier("contact_stage"), "change": change}
    if field.name == "company":
        return {
            "table": sql.Identifier("contact_match"),
            "change": sql.SQL("company_id = NULL"),
        }
    change = sql.SQL("{} = NULL").format(sql.Identifier(field.column))
    return {"table": sql.Identifier("contact_stage"), "change": change}
