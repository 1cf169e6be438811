"""Contacts of the stage: added, or changed where the file says something else."""

import datetime as dt

from django.db import connection
from psycopg import sql

from contacthub.contacts.intake.columns import CONTACT
from contacthub.contacts.sql.lists import each

# Why not the ORM: half a million rows get their ids in one join. `shared_id` is the shared contact that a new private
# one takes the place of; it starts as that one.
MATCH_CONTACTS = """
CREATE TEMPORARY TABLE contact_match ON COMMIT DROP AS
SELECT staged.key, stored.id IS NULL AS is_new, shared.id AS shared_id, company_stage.id AS company_id,
    coalesce(stored.id, nextval(pg_get_serial_sequence('contacts_contact', 'id'))) AS id
FROM contact_stage AS staged
LEFT JOIN contacts_contact AS stored
    ON stored.key = staged.key AND stored.organization_id IS NOT DISTINCT FROM %(organization)s::bigint
LEFT JOIN contacts_contact AS shared
    ON shared.key = staged.key AND shared.organization_id IS NULL AND stored.id IS NULL
    AND %(organization)s::bigint IS NOT NULL
LEFT JOIN company_stage ON company_stage.ref = staged.company_ref
"""
# Why not the ORM: the table is temporary.
LIST_MATCHED = "SELECT key FROM contact_match ORDER BY key"
CREATE_CHANGED = "CREATE TEMPORARY TABLE contact_changed (id bigint PRIMARY KEY) ON COMMIT DROP"


def match_contacts(*, organization: int | None) -> None:
    """Find the stored contact of each row of the stage, or the id that a new one will have."""
    with connection.cursor() as cursor:
        cursor.execute(MATCH_CONTACTS, {"organization": organization})
        cursor.execute(CREATE_CHANGED)
        cursor.execute("ANALYZE contact_match")


def list_matched() -> list[int]:
    """Return the keys of the contacts of the last import in this transaction, new, changed and unchanged ones."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_MATCHED)
        return [key for (key,) in cursor.fetchall()]


# Never before `created_at`, whatever a source says of both.
TAKEN = tuple(column for column in CONTACT if column.name != "updated_at")

# Why not the ORM: as above. The shared contact's number comes along unless it stands for another of the
# organization's contacts.
ADD_CONTACTS = """
INSERT INTO contacts_contact (
    id, organization_id, key, source_number, company_id, {names}, updated_at,
    email, email_status, email_checked_on, has_personal_email, has_email_record, phone, has_phone_record, pii, crm,
    imported_at
)
SELECT match.id, %(organization)s::bigint, match.key,
    coalesce(staged.number, CASE WHEN NOT EXISTS (
        SELECT FROM contacts_contact AS own
        WHERE own.number = shared.number AND own.organization_id = %(organization)s
    ) AND NOT EXISTS (SELECT FROM contact_stage AS other WHERE other.number = shared.number)
    THEN shared.number END),
    coalesce(match.company_id, shared.company_id), {values},
    greatest(
        coalesce(staged.updated_at, shared.updated_at, %(now)s),
        coalesce(staged.created_at, shared.created_at, least(%(now)s, staged.updated_at))
    ),
    coalesce(staged.email, shared.email),
    CASE WHEN staged.emails IS NULL THEN shared.email_status ELSE staged.email_status END,
    CASE WHEN staged.emails IS NULL THEN shared.email_checked_on ELSE staged.email_checked_on END,
    coalesce(staged.has_personal_email, staged.emails @> '[{{"type": "personal"}}]', shared.has_personal_email, false),
    staged.emails IS NOT NULL OR coalesce(shared.has_email_record, false),
    coalesce(staged.phone, shared.phone),
    staged.phones IS NOT NULL OR coalesce(shared.has_phone_record, false),
    CASE WHEN staged.pii IS NULL THEN shared.pii ELSE coalesce(shared.pii, '{{}}') || staged.pii END,
    coalesce(shared.crm, '{{}}') || coalesce(staged.crm, '{{}}'), %(now)s
FROM contact_match AS match
JOIN contact_stage AS staged ON staged.key = match.key
LEFT JOIN contacts_contact AS shared ON shared.id = match.shared_id
WHERE match.is_new
"""
# A source that says only when it changed a contact knew it by then.
DEFAULTS = {
    "full_name": "staged.first_name, staged.last_name, ''",
    "source": "'manual'",
    "created_at": "least(%(now)s, staged.updated_at)",
}


def add_contacts(*, organization: int | None, now: dt.datetime) -> int:
    """Add the contacts that are not stored yet. Returns how many."""
    statement = sql.SQL(ADD_CONTACTS).format(
        names=each("{name}", TAKEN),
        values=each("coalesce(staged.{name}, shared.{name}, {default})", TAKEN, defaults=DEFAULTS),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": organization, "now": now})
        count: int = cursor.rowcount
    return count


# Why not the ORM: what the file leaves open stays as it is, column by column; equal rows are not written. The copies of
# the first address and phone come from the tables that are their truth.
CHANGE_CONTACTS = """
WITH changed AS (
    UPDATE contacts_contact AS stored
    SET source_number = fresh.source_number, company_id = fresh.company_id, {changes},
        email = fresh.email, email_status = fresh.email_status, email_checked_on = fresh.email_checked_on,
        has_personal_email = fresh.has_personal_email, has_email_record = fresh.has_email_record,
        phone = fresh.phone, has_phone_record = fresh.has_phone_record, pii = fresh.pii, crm = fresh.crm,
        updated_at = greatest(coalesce(fresh.staged_updated_at, %(now)s), fresh.created_at), imported_at = %(now)s
    FROM (
        SELECT old.id, staged.updated_at AS staged_updated_at,
            coalesce(staged.number, old.source_number) AS source_number,
            coalesce(match.company_id, old.company_id) AS company_id,
            {merged},
            greatest(
                coalesce(staged.updated_at, old.updated_at), coalesce(staged.created_at, old.created_at)
            ) AS updated_at,
            email.address AS email, email.status AS email_status, email.checked_on AS email_checked_on,
            coalesce(staged.has_personal_email, CASE WHEN staged.emails IS NULL THEN old.has_personal_email ELSE
                EXISTS (SELECT FROM contacts_contactemail WHERE contact_id = old.id AND type = 'personal') END
            ) AS has_personal_email,
            old.has_email_record OR staged.emails IS NOT NULL AS has_email_record,
            phone.phone, old.has_phone_record OR staged.phones IS NOT NULL AS has_phone_record,
            CASE WHEN staged.pii IS NULL THEN old.pii ELSE coalesce(old.pii, '{{}}') || staged.pii END AS pii,
            old.crm || coalesce(staged.crm, '{{}}') AS crm
        FROM contact_match AS match
        JOIN contact_stage AS staged ON staged.key = match.key
        JOIN contacts_contact AS old ON old.id = match.id
        LEFT JOIN contacts_contactemail AS email ON email.contact_id = old.id AND email.position = 1
        LEFT JOIN contacts_contactphone AS phone ON phone.contact_id = old.id AND phone.position = 1
        WHERE NOT match.is_new
    ) AS fresh
    WHERE stored.id = fresh.id
    AND (stored.id IN (SELECT id FROM contact_changed) OR ({stored}) IS DISTINCT FROM ({fresh}))
    RETURNING stored.id
)
INSERT INTO contact_changed SELECT id FROM changed ON CONFLICT DO NOTHING
"""
# What a contact has besides the columns that are taken as they are.
DERIVED = (
    "source_number", "company_id", "email", "email_status", "email_checked_on", "has_personal_email",
    "has_email_record", "phone", "has_phone_record", "pii", "crm", "updated_at",
)  # fmt: skip


def change_contacts(*, now: dt.datetime) -> int:
    """Change the stored contacts of which the stage says something else, their addresses included. Returns how many."""
    derived = [sql.Identifier(name) for name in DERIVED]
    statement = sql.SQL(CHANGE_CONTACTS).format(
        changes=each("{name} = fresh.{name}", TAKEN),
        merged=each("coalesce(staged.{name}, old.{name}) AS {name}", TAKEN),
        stored=sql.SQL(", ").join(
            [each("stored.{name}", TAKEN), *(sql.SQL("stored.{}").format(n) for n in derived)]
        ),
        fresh=sql.SQL(", ").join(
            [each("fresh.{name}", TAKEN), *(sql.SQL("fresh.{}").format(n) for n in derived)]
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": now})
        # An address that changes marks its contact, and a marked contact is written here: the marks are the count.
        cursor.execute("SELECT count(*) FROM contact_changed")
        count: int = cursor.fetchone()[0]
    return count
