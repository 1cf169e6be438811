"""Companies of the stage: found by domain, by number or by name, changed where the file knows better, or added."""

import datetime as dt

from django.db import connection
from psycopg import sql

from contacthub.contacts.intake.columns import COMPANY
from contacthub.contacts.sql.lists import each

# How the company of a reference is recognized, in the order in which references are worked on: a row with a domain
# may say which number it has, and then rows with that number alone mean the same company.
MATCHES = {
    "domain": "stored.domain = staged.domain",
    "number": "stored.number = staged.number",
    "name": "stored.domain IS NULL AND lower(stored.name) = lower(staged.name)",
}
# Where the own rule finds nothing: a company that had no domain so far; the own version of a shared company.
SECOND_MATCHES = {
    "domain": "stored.domain IS NULL AND stored.number = staged.number",
    "number": "stored.domain = (SELECT domain FROM contacts_company AS shared "
    "WHERE shared.organization_id IS NULL AND shared.number = staged.number)",
}
# A number is not a value like the others: it moves from one company to another.
VALUES = tuple(column for column in COMPANY if column.name != "number")


# Why not the ORM: rows about one company are merged, the last row that says something of a column winning.
CREATE_COMPANIES = """
CREATE TEMPORARY TABLE company_stage ON COMMIT DROP AS
SELECT company_ref AS ref, split_part(company_ref, ':', 1) AS kind, NULL::bigint AS id, false AS is_new,
    (array_agg(company_number ORDER BY place DESC) FILTER (WHERE company_number IS NOT NULL))[1] AS number,
    max(place) FILTER (WHERE company_number IS NOT NULL) AS number_place, {latest}
FROM contact_stage WHERE company_ref IS NOT NULL GROUP BY company_ref
"""
LATEST = "(array_agg({staged}::text ORDER BY place DESC) FILTER (WHERE {staged} IS NOT NULL))[1]::{type} AS {name}"
# Why not the ORM: the number goes to the last company that claims it, here and among what is stored.
DROP_EARLIER_CLAIMS = """
UPDATE company_stage AS staged SET number = NULL FROM company_stage AS later
WHERE staged.kind = 'domain' AND later.kind = 'domain'
AND later.number = staged.number AND later.number_place > staged.number_place
"""
RELEASE_NUMBERS = """
UPDATE contacts_company AS stored SET source_number = NULL, imported_at = %(now)s FROM company_stage AS staged
WHERE staged.kind = 'domain' AND stored.number = staged.number AND stored.id IS DISTINCT FROM staged.id
AND stored.organization_id IS NOT DISTINCT FROM %(organization)s
"""
# Why not the ORM: a set-based join by one of several rules. Two companies may share a name; then it is the first one.
FIND_COMPANIES = """
UPDATE company_stage AS target SET id = found.id
FROM (
    SELECT staged.ref, min(stored.id) AS id FROM company_stage AS staged
    JOIN contacts_company AS stored ON {match} AND stored.organization_id IS NOT DISTINCT FROM %(organization)s
    WHERE staged.kind = %(kind)s AND staged.id IS NULL GROUP BY staged.ref
) AS found
WHERE found.ref = target.ref
"""
NUMBER_NEW_COMPANIES = """
UPDATE company_stage SET id = nextval(pg_get_serial_sequence('contacts_company', 'id')), is_new = true
WHERE kind = %(kind)s AND id IS NULL
"""
# Why not the ORM: what the file leaves open stays as it is, column by column; equal rows are not written.
CHANGE_COMPANIES = """
UPDATE contacts_company AS stored
SET source_number = coalesce(staged.number, stored.source_number), {changes}, imported_at = %(now)s
FROM company_stage AS staged
WHERE stored.id = staged.id AND staged.kind = %(kind)s AND NOT staged.is_new
AND (stored.source_number, {stored}) IS DISTINCT FROM (coalesce(staged.number, stored.source_number), {merged})
"""
# Why not the ORM: a private company starts as the shared one that it takes the place of. It takes its number too,
# unless that stands for another of the organization's companies.
ADD_COMPANIES = """
INSERT INTO contacts_company (id, organization_id, source_number, {names}, imported_at)
SELECT staged.id, %(organization)s::bigint, coalesce(staged.number, shared.free_number), {values}, %(now)s
FROM company_stage AS staged
LEFT JOIN LATERAL (
    SELECT stored.*, CASE WHEN NOT EXISTS (
        SELECT FROM contacts_company AS own
        WHERE own.number = stored.number AND own.organization_id = %(organization)s
    ) AND NOT EXISTS (SELECT FROM company_stage AS other WHERE other.number = stored.number)
    THEN stored.number END AS free_number
    FROM contacts_company AS stored
    WHERE %(organization)s::bigint IS NOT NULL AND stored.organization_id IS NULL AND {match}
    ORDER BY stored.id LIMIT 1
) AS shared ON true
WHERE staged.is_new AND staged.kind = %(kind)s
"""


def save_companies(*, organization: int | None, now: dt.datetime) -> tuple[int, int]:
    """Add and change the companies of the stage. Returns how many were added and how many changed."""
    added = changed = 0
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(CREATE_COMPANIES).format(latest=each(LATEST, VALUES, prefix="company_"))
        )
        cursor.execute(DROP_EARLIER_CLAIMS)
        cursor.execute("ANALYZE company_stage (ref, kind, number, domain)")
        for kind, match in MATCHES.items():
            values = {"organization": organization, "kind": kind, "now": now}
            for rule in (match, SECOND_MATCHES.get(kind, "false")):
                cursor.execute(sql.SQL(FIND_COMPANIES).format(match=sql.SQL(rule)), values)
            cursor.execute(NUMBER_NEW_COMPANIES, values)
            added += cursor.rowcount
            if kind == "domain":
                cursor.execute(RELEASE_NUMBERS, values)
            cursor.execute(_change_statement(), values)
            changed += cursor.rowcount
            cursor.execute(_add_statement(match), values)
    return added, changed


# Why not the ORM: both tables are temporary.
LIST_COMPANIES = """
SELECT staged.place, company.id FROM contact_stage AS staged
JOIN company_stage AS company ON company.ref = staged.company_ref
"""


def list_saved_companies() -> dict[int, int]:
    """Return the primary key of the company of each row of the stage, by the row's place."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_COMPANIES)
        return dict(cursor.fetchall())


def _change_statement() -> sql.Composed:
    return sql.SQL(CHANGE_COMPANIES).format(
        changes=each("{name} = coalesce(staged.{name}, stored.{name})", VALUES),
        stored=each("stored.{name}", VALUES),
        merged=each("coalesce(staged.{name}, stored.{name})", VALUES),
    )


def _add_statement(match: str) -> sql.Composed:
    return sql.SQL(ADD_COMPANIES).format(
        names=each("{name}", VALUES),
        values=each("coalesce(staged.{name}, shared.{name}, {default})", VALUES),
        match=sql.SQL(match),
    )
