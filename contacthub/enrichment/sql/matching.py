"""Statements that find the contacts of rows by their keys: one statement for each kind of key, over all rows at once.

The rows' keys are copied into a temporary table. A key finds the contacts that the organization sees: its own before
shared ones, and no shared one whose place an own contact takes.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from psycopg import sql

from contacthub.enrichment.keys.row_keys import RowKeys
from contacthub.enrichment.models import EnrichmentRow, MatchKey

# Contacts of one row among which a person may choose; a switchboard has thousands.
MOST_CANDIDATES = 20
STAGED = (
    "ordinal", "contact_key", "email", "digest", "link", "phone", "name", "domain", "company", "email_key",
    "link_key", "name_key", "stranger_key", "problem",
)  # fmt: skip
# The first fields of `RowKeys`, which are staged as they are.
KEY_COLUMNS = 11
# Why not the ORM: the keys of a million rows are compared with millions of contacts.
CREATE_STAGE = """
DROP TABLE IF EXISTS match_stage;
CREATE TEMPORARY TABLE match_stage (
    ordinal integer, contact_key bigint, email text, digest bytea, link text, phone text, name text, domain text,
    company text, email_key bigint, link_key bigint, name_key bigint, stranger_key bigint, problem text,
    matched_by text NOT NULL DEFAULT '', found bigint, candidates bigint[], candidates_by text
) ON COMMIT DROP
"""
COPY_STAGE = "COPY match_stage ({}) FROM STDIN"
# Files keep naming contacts by the ids that they had.
RENAME = """
UPDATE match_stage AS staged SET contact_key = new_key
FROM contacts_renamed_keys(%(organization)s::bigint) WHERE old_key = staged.contact_key
"""
# A private contact takes the place of the shared one with its key or number, also where its values do not match, and
# after it was merged into another one.
FIND = """
WITH asked AS MATERIALIZED (
    SELECT DISTINCT ON ({value}) {value} AS value, {parts} FROM match_stage AS staged
    WHERE {value} IS NOT NULL AND matched_by = ''
), hits AS MATERIALIZED (
    {hits}
), visible AS (
    SELECT hits.value, contact.key, contact.organization_id IS NOT NULL AS is_own
    FROM hits JOIN contacts_contact AS contact ON contact.id = hits.id
    WHERE contact.organization_id = %(organization)s OR (
        contact.organization_id IS NULL
        AND NOT EXISTS (
            SELECT FROM contacts_contact AS own
            WHERE own.organization_id = %(organization)s AND own.key = contact.key
        ) AND NOT EXISTS (
            SELECT FROM contacts_contact AS own
            WHERE own.organization_id = %(organization)s AND own.number = contact.number
        ) AND NOT EXISTS (
            SELECT FROM contacts_mergedrow AS former
            WHERE former.kind = 'contact' AND former.organization_id = %(organization)s
            AND former.key = contact.key
        ) AND NOT EXISTS (
            SELECT FROM contacts_mergedrow AS former
            WHERE former.kind = 'contact' AND former.organization_id = %(organization)s
            AND former.number = contact.number
        )
    )
), found AS (
    SELECT value, (array_agg(DISTINCT key))[:%(most)s] AS keys
    FROM (SELECT *, bool_or(is_own) OVER (PARTITION BY value) AS has_own FROM visible) AS ranked
    WHERE is_own = has_own GROUP BY value
)
UPDATE match_stage AS staged SET
    matched_by = CASE WHEN cardinality(keys) = 1 THEN %(key)s ELSE '' END,
    found = CASE WHEN cardinality(keys) = 1 THEN keys[1] END,
    candidates = coalesce(candidates, CASE WHEN cardinality(keys) > 1 THEN keys END),
    candidates_by = coalesce(candidates_by, CASE WHEN cardinality(keys) > 1 THEN %(key)s END)
FROM found WHERE {value} = found.value AND matched_by = ''
"""
# A contact that is known by nothing but this key carries it in its id.
MADE = "SELECT value, contact.id FROM asked JOIN contacts_contact AS contact ON contact.key = asked.made"
BY_ID = "SELECT value, contact.id FROM asked JOIN contacts_contact AS contact ON contact.key = asked.value"
BY_EMAIL = f"""
SELECT value, email.contact_id AS id FROM asked JOIN contacts_contactemail AS email ON email.address = asked.value
UNION {MADE}
"""  # noqa: S608 - put together of our own words
BY_HASH = " UNION ALL ".join(
    f"""
    SELECT value, email.contact_id AS id FROM asked JOIN contacts_contactemail AS email ON email.{column} = asked.value
    WHERE octet_length(asked.value) = {size}
    """  # noqa: S608 - as above
    for column, size in (("md5", 16), ("sha1", 20), ("sha256", 32))
)
BY_LINK = f"""
SELECT value, contact.id FROM asked JOIN contacts_contact AS contact ON contact.linkedin_url = asked.value
UNION {MADE}
"""  # noqa: S608 - as above
# Spreadsheets drop the plus of a number.
BY_PHONE = """
SELECT DISTINCT value, phone.contact_id AS id FROM (
    SELECT value, value AS form FROM asked UNION ALL SELECT value, '+' || value FROM asked WHERE value NOT LIKE '+%%'
) AS written JOIN contacts_contactphone AS phone ON phone.phone = written.form
"""
BY_DOMAIN = f"""
SELECT value, facts.contact_id AS id FROM asked
JOIN contacts_companyfacts AS company ON company.domain = asked.domain AND company.owner IN (0, %(organization)s)
JOIN contacts_contactfacts AS facts ON facts.company_id = company.company_id AND facts.name_text = asked.name
UNION {MADE}
"""  # noqa: S608 - as above
BY_COMPANY = """
SELECT DISTINCT value, facts.contact_id AS id FROM asked
JOIN contacts_companyfacts AS company
    ON contacts_company_key(company.company_text, company.domain) = asked.company
    AND company.owner IN (0, %(organization)s)
JOIN contacts_contactfacts AS facts ON facts.company_id = company.company_id AND facts.name_text = asked.name
"""


class _Kind(NamedTuple):
    """How contacts are found by a key: the expression of its value, further columns, and the contacts that have it."""

    key: MatchKey
    value: str
    parts: str
    hits: str


KINDS = (
    _Kind(MatchKey.CONTACT_ID, "staged.contact_key", "0 AS made", BY_ID),
    _Kind(MatchKey.EMAIL, "staged.email", "email_key AS made", BY_EMAIL),
    _Kind(MatchKey.EMAIL_HASH, "staged.digest", "0 AS made", BY_HASH),
    _Kind(MatchKey.LINKEDIN, "staged.link", "link_key AS made", BY_LINK),
    _Kind(MatchKey.PHONE, "staged.phone", "0 AS made", BY_PHONE),
    _Kind(
        MatchKey.NAME_DOMAIN,
        "(staged.name || chr(31) || staged.domain)",
        "name, domain, name_key AS made",
        BY_DOMAIN,
    ),
    _Kind(
        MatchKey.NAME_COMPANY,
        "(staged.name || chr(31) || staged.company)",
        "name, company, 0 AS made",
        BY_COMPANY,
    ),
)


def create_stage() -> None:
    """Make the temporary table of the rows' keys, for the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STAGE)


def fill_stage(rows: Iterable[tuple[int, RowKeys]]) -> None:
    """Copy the keys of some rows, each with its place in the list, into the stage."""
    columns = sql.SQL(", ").join(map(sql.Identifier, STAGED))
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL(COPY_STAGE).format(columns)) as copy,
    ):
        for ordinal, keys in rows:
            problem = "" if keys.has_key else _problem_of(keys)
            copy.write_row((ordinal, *keys[:KEY_COLUMNS], keys.stranger_key, problem))


def _problem_of(keys: RowKeys) -> str:
    problems = EnrichmentRow.Problem
    return str(problems.MALFORMED.value if keys.faults else problems.EMPTY.value)


def find_contacts(*, organization: int) -> None:
    """Find the contacts of all staged rows, key by key. What one key decides is not looked up by the next ones."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE match_stage")
        cursor.execute(RENAME, {"organization": organization})
        for kind in KINDS:
            statement = FIND.format(value=kind.value, parts=kind.parts, hits=kind.hits)
            values: dict[str, int | str] = {
                "organization": organization,
                "most": MOST_CANDIDATES,
                "key": kind.key.value,
            }
            if _is_given(kind):
                cursor.execute(statement, values)


def _is_given(kind: _Kind) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM match_stage AS staged WHERE {kind.value} IS NOT NULL)"  # noqa: S608
        )
        return bool(cursor.fetchone()[0])


# Why not the ORM: as above. A row that names a contact by an id that the catalog does not have is known by it all the
# same: a vendor may have it.
SAVE = """
WITH judged AS (
    SELECT ordinal, problem, candidates, candidates_by,
        CASE WHEN matched_by = '' AND contact_key IS NOT NULL AND candidates IS NULL THEN 'contact_id'
             ELSE matched_by END AS matched_by,
        CASE WHEN matched_by <> '' THEN found WHEN candidates IS NOT NULL THEN NULL
             ELSE coalesce(contact_key, stranger_key) END AS key
    FROM match_stage
), numbered AS (
    SELECT *, key IS NOT NULL AND row_number() OVER (PARTITION BY key ORDER BY ordinal) > 1 AS is_later FROM judged
)
UPDATE enrichment_enrichmentrow AS listed SET
    contact_key = numbered.key,
    matched_by = numbered.matched_by,
    candidates = CASE WHEN numbered.matched_by = '' THEN numbered.candidates END,
    candidates_by = CASE WHEN numbered.matched_by = '' THEN coalesce(numbered.candidates_by, '') ELSE '' END,
    is_clear = FALSE,
    chosen_by_name = '',
    problem = CASE WHEN numbered.problem <> '' THEN numbered.problem
        WHEN is_later THEN 'duplicate'
        WHEN numbered.matched_by <> '' THEN ''
        WHEN numbered.candidates IS NOT NULL THEN 'ambiguous'
        ELSE 'no_match' END
FROM numbered WHERE listed.batch_id = %(batch)s AND listed.ordinal = numbered.ordinal
"""


def save_matches(*, batch_id: UUID) -> None:
    """Write what was found to the rows of a list, and drop the stage."""
    with connection.cursor() as cursor:
        cursor.execute(SAVE, {"batch": batch_id})
        cursor.execute("DROP TABLE match_stage")


# Why not the ORM: read from the temporary table.
READ = "SELECT matched_by, found, candidates, candidates_by FROM match_stage"


class Match(NamedTuple):
    """What one row's keys found: the key that decided and its contact, or the candidates and what found them."""

    matched_by: str
    contact_key: int | None
    candidates: Sequence[int] | None
    candidates_by: str | None


def read_match() -> Match:
    """Return what was found for the only staged row, and drop the stage."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        found = Match._make(cursor.fetchone())
        cursor.execute("DROP TABLE match_stage")
        return found
