"""Addresses and phones of the stage: a row that names any replaces the contact's, keeping what is known of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from psycopg import sql


@dataclass(frozen=True)
class Kind:
    """A table of observations, the stage's column that fills it, and what it holds of each."""

    table: str
    staged: str
    key: str
    # The key's name in a file.
    item_key: str
    # Beside the key, with their types: what the stage leaves open stays as it is.
    facts: dict[str, str]
    # Digests of the key, in hex in the stage.
    hashes: tuple[str, ...] = ()
    # The fact that stands under the name `guess` in the stage where no source gives it.
    guessed: str = ""


_SHARED_FACTS = {
    "confidence": "double precision", "source": "text", "first_seen": "date", "last_seen": "date",
    "observations": "integer",
}  # fmt: skip
EMAILS = Kind(
    "contacts_contactemail",
    "emails",
    "address",
    "email",
    {"type": "text", "status": "text", "checked_on": "date", **_SHARED_FACTS},
    ("md5", "sha1", "sha256"),
)
PHONES = Kind(
    "contacts_contactphone",
    "phones",
    "phone",
    "phone",
    {"type": "text", "is_do_not_call": "boolean", **_SHARED_FACTS},
    guessed="type",
)

# Why not the ORM: set-based moves over temporary tables. The first two mark the stored contacts that they change.
REMOVE = """
WITH removed AS (
    DELETE FROM {table} AS stored USING contact_match AS match, contact_stage AS staged
    WHERE stored.contact_id = match.id AND NOT match.is_new AND staged.key = match.key
    AND NOT staged.{staged} @> jsonb_build_array(jsonb_build_object({item_key}, stored.{key}))
    RETURNING stored.*
), kept AS (
    INSERT INTO contacts_candidate (
        contact_id, organization_id, field, value, source_name, status, type, checked_on, confidence, first_seen,
        last_seen
    )
    SELECT contact_id, contact.organization_id, {field}, removed.{key}, coalesce(removed.source, ''), {status},
        coalesce(removed.type, ''), {checked_on}, removed.confidence, removed.first_seen, removed.last_seen
    FROM removed JOIN contacts_contact AS contact ON contact.id = contact_id
    ON CONFLICT (contact_id, field, MD5(value), source) DO NOTHING
)
INSERT INTO contact_changed SELECT contact_id FROM removed ON CONFLICT DO NOTHING
"""
ADD = """
INSERT INTO {table} AS stored (contact_id, position, {key}, {facts}{hashes})
SELECT match.id, item.position, item.{key}, {item_facts}{item_hashes}
FROM contact_match AS match
JOIN contact_stage AS staged ON staged.key = match.key
CROSS JOIN LATERAL ROWS FROM (jsonb_to_recordset(staged.{staged}) AS ({item})) WITH ORDINALITY
    AS item ({key}, {facts}{hashes}{guess}, position)
WHERE match.is_new = {is_new}
"""
MERGE = """
WITH saved AS (
    {add}
    ON CONFLICT (contact_id, {key}) DO UPDATE SET position = EXCLUDED.position, {changes}
    WHERE (stored.position, {stored}) IS DISTINCT FROM (EXCLUDED.position, {merged})
    RETURNING contact_id
)
INSERT INTO contact_changed SELECT contact_id FROM saved ON CONFLICT DO NOTHING
"""
# Behind all that sources say: a guess takes the place of nothing.
FILL = """
WITH filled AS (
    UPDATE {table} AS stored SET {guessed} = item.guess
    FROM contact_match AS match
    JOIN contact_stage AS staged ON staged.key = match.key
    CROSS JOIN LATERAL jsonb_to_recordset(staged.{staged}) AS item ({key} text, guess text)
    WHERE stored.contact_id = match.id AND stored.{key} = item.{key} AND stored.{guessed} IS NULL
    AND item.guess IS NOT NULL AND NOT match.is_new
    RETURNING stored.contact_id
)
INSERT INTO contact_changed SELECT contact_id FROM filled ON CONFLICT DO NOTHING
"""
# A new private contact of which the file names none starts with those of the shared one.
COPY = """
INSERT INTO {table} (contact_id, position, {key}, {facts}{hashes})
SELECT match.id, stored.position, stored.{key}, {stored}{stored_hashes}
FROM contact_match AS match
JOIN contact_stage AS staged ON staged.key = match.key
JOIN {table} AS stored ON stored.contact_id = match.shared_id
WHERE match.is_new AND staged.{staged} IS NULL
"""


def save_observations(kind: Kind) -> None:
    """Update the stored addresses, or phones, from the stage. Those that go become values that lost."""
    parts = _parts(kind)
    add = sql.SQL(ADD)
    merge = sql.SQL(MERGE).format(add=add.format(is_new=sql.SQL("false"), **parts), **parts)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(REMOVE).format(**parts))
        cursor.execute(merge)
        # Those of new contacts collide with nothing: looking whether they do would take a fifth of the time.
        cursor.execute(add.format(is_new=sql.SQL("true"), **parts | _guess(kind)))
        if kind.guessed:
            cursor.execute(sql.SQL(FILL).format(guessed=sql.Identifier(kind.guessed), **parts))
        cursor.execute(sql.SQL(COPY).format(**parts))


def _guess(kind: Kind) -> dict[str, sql.Composable]:
    """Return what a new contact's rows take: a guess where the file says nothing."""
    if not kind.guessed:
        return {}
    facts = [
        sql.SQL("coalesce(item.{}, item.guess)" if name == kind.guessed else "item.{}").format(
            sql.Identifier(name)
        )
        for name in kind.facts
    ]
    return {"item_facts": sql.SQL(", ").join(facts)}


def _parts(kind: Kind) -> dict[str, sql.Composable]:
    """Return what the statements name differently for addresses and for phones."""
    definition = {kind.item_key: "text", **kind.facts, **dict.fromkeys(kind.hashes, "text")}
    definition |= {"guess": "text"} if kind.guessed else {}
    columns = (
        sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t)) for n, t in definition.items()
    )
    return {
        "table": sql.Identifier(kind.table),
        "staged": sql.Identifier(kind.staged),
        "key": sql.Identifier(kind.key),
        "item_key": sql.Literal(kind.item_key),
        "field": sql.Literal(kind.item_key),
        "status": sql.SQL("coalesce(removed.status, '')" if "status" in kind.facts else "''"),
        "checked_on": sql.SQL("removed.checked_on" if "checked_on" in kind.facts else "NULL::date"),
        "item": sql.SQL(", ").join(columns),
        "facts": _names(kind.facts, "{}"),
        "item_facts": _names(kind.facts, "item.{}"),
        "stored": _names(kind.facts, "stored.{}"),
        "changes": _names(kind.facts, "{0} = coalesce(EXCLUDED.{0}, stored.{0})"),
        "merged": _names(kind.facts, "coalesce(EXCLUDED.{0}, stored.{0})"),
        "hashes": _more(kind.hashes, "{}"),
        "guess": _more(("guess",) if kind.guessed else (), "{}"),
        "item_hashes": _more(kind.hashes, "decode(item.{}, 'hex')"),
        "stored_hashes": _more(kind.hashes, "stored.{}"),
    }


def _names(names: Iterable[str], template: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(template).format(sql.Identifier(name)) for name in names)


def _more(names: tuple[str, ...], template: str) -> sql.Composable:
    return sql.SQL(", ") + _names(names, template) if names else sql.SQL("")
