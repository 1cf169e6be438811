"""Statements that answer the rows of a list, a chunk at a time."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from psycopg import sql

from contacthub.enrichment.models import EnrichmentBatch, Section
from contacthub.formats import Column, Format

# Addresses and phones of one contact in a file; the contact's page has all of them.
MOST_VALUES = 3

# Why not the ORM: outcomes and file must come from one reading of the catalog, or the file could say "found" where
# the page says "no record". So a chunk is read once into a table of this session, and both are written from there.
# An organization's own document takes the place of the shared one, as everywhere, and the contact that stays that of a
# merged one.
READ_CHUNK = """
CREATE TEMPORARY TABLE enrichment_chunk AS
WITH read AS MATERIALIZED (
    SELECT asked.ordinal, asked.cells, contact.key AS contact_key, asked.problem, asked.matched_by,
        asked.chosen_by_name,
        CASE asked.problem WHEN 'ambiguous' THEN 'not_asked' WHEN 'no_match' THEN 'no_record' ELSE 'malformed' END
            AS without_key,
        document.pii::jsonb AS pii, document.emails, document.phones, email.*, phone.*,
        vendor.*
    FROM enrichment_enrichmentrow AS asked
    LEFT JOIN contacts_renamed_keys({organization}) AS renamed ON renamed.old_key = asked.contact_key
    CROSS JOIN LATERAL (SELECT coalesce(renamed.new_key, asked.contact_key) AS key) AS contact
    LEFT JOIN LATERAL (
        SELECT contact_id, {pii} AS pii, {emails} AS emails, {phones} AS phones FROM (
            (SELECT * FROM contacts_contactdocument WHERE key = contact.key AND organization_id = {organization})
            UNION ALL
            (SELECT * FROM contacts_contactdocument WHERE key = contact.key AND organization_id IS NULL)
            LIMIT 1
        ) AS visible
    ) AS document ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(address) AS addresses, array_agg(status) AS statuses,
            array_agg(checked_on) AS checked_on, (array_agg(md5))[1] AS md5, (array_agg(sha1))[1] AS sha1,
            (array_agg(sha256))[1] AS sha256
        FROM (
            SELECT * FROM contacts_contactemail WHERE contact_id = document.contact_id
            ORDER BY position, id LIMIT {most}
        ) AS listed
    ) AS email ON document.emails <> '[]'
    LEFT JOIN LATERAL (
        SELECT array_agg(phone) AS phone_numbers, array_agg(type) AS phone_types,
            array_agg(CASE WHEN is_do_not_call THEN 'yes' ELSE 'no' END) AS do_not_call
        FROM (
            SELECT * FROM contacts_contactphone WHERE contact_id = document.contact_id
            ORDER BY position, id LIMIT {most}
        ) AS listed
    ) AS phone ON document.phones <> '[]'
    LEFT JOIN LATERAL (
        SELECT {vendor_pii} AS vendor_pii, {vendor_emails} AS vendor_emails, {vendor_phones} AS vendor_phones
        FROM enrichment_vendoranswer WHERE batch_id = {batch} AND contact_key IN (asked.contact_key, contact.key)
    ) AS vendor ON {asks_vendors}
    WHERE asked.batch_id = {batch} AND asked.ordinal > {after} AND asked.ordinal <= {last}
), judged AS (
    SELECT *,
        CASE WHEN NOT {asks_pii} THEN 'not_asked' WHEN contact_key IS NULL THEN without_key
             WHEN jsonb_strip_nulls(pii - 'contact_id') <> '{{}}' THEN 'found'
             WHEN vendor_pii IS NOT NULL THEN vendor_pii
             WHEN pii IS NULL THEN 'no_record' ELSE 'empty' END AS pii_outcome,
        CASE WHEN NOT {asks_emails} THEN 'not_asked' WHEN contact_key IS NULL THEN without_key
             WHEN emails <> '[]' THEN 'found' WHEN vendor_emails IS NOT NULL THEN vendor_emails
             WHEN emails IS NULL THEN 'no_record' ELSE 'empty' END AS emails_outcome,
        CASE WHEN NOT {asks_phones} THEN 'not_asked' WHEN contact_key IS NULL THEN without_key
             WHEN phones <> '[]' THEN 'found' WHEN vendor_phones IS NOT NULL THEN vendor_phones
             WHEN phones IS NULL THEN 'no_record' ELSE 'empty' END AS phones_outcome
    FROM read
)
SELECT *,
    CASE WHEN contact_key IS NULL THEN without_key
         WHEN 'found' IN (pii_outcome, emails_outcome, phones_outcome) THEN 'found'
         WHEN 'failed' IN (pii_outcome, emails_outcome, phones_outcome) THEN 'failed'
         WHEN 'blocked' IN (pii_outcome, emails_outcome, phones_outcome) THEN 'blocked'
         WHEN 'empty' IN (pii_outcome, emails_outcome, phones_outcome) THEN 'empty'
         ELSE 'no_record' END AS outcome
FROM judged
"""
# The worst that a vendor said of a section: one that failed, or did not let us, may know what the others do not.
WORST = "CASE WHEN bool_or({section} = 'failed') THEN 'failed' WHEN bool_or({section} = 'blocked') THEN 'blocked' END"
DROP_CHUNK = "DROP TABLE IF EXISTS enrichment_chunk"


def read_chunk(*, batch: EnrichmentBatch, after: int, last: int) -> None:
    """Read rows `after` + 1 … `last` with what is known of their contacts into the session's table of the chunk."""
    asked = {
        section.value: sql.Identifier(section.value)
        if section in batch.sections
        else sql.SQL("NULL::text")
        for section in Section
    }
    asks = {f"asks_{section}": sql.Literal(section in batch.sections) for section in Section}
    worst = {
        f"vendor_{section}": sql.SQL(WORST).format(section=sql.Identifier(section.value))
        for section in Section
    }
    statement = sql.SQL(READ_CHUNK).format(
        batch=sql.Literal(batch.pk),
        organization=sql.Literal(batch.organization_id),
        after=sql.Literal(after),
        last=sql.Literal(last),
        most=sql.Literal(MOST_VALUES),
        asks_vendors=sql.Literal(batch.asks_vendors),
        **asked,
        **asks,
        **worst,
    )
    with connection.cursor() as cursor:
        cursor.execute(DROP_CHUNK)
        cursor.execute(statement)


def copy_chunk(*, columns: Sequence[Column], format: Format) -> list[bytes]:
    """Return the rows of the chunk, each one written for `format` and ended by a line feed."""
    # Why not the ORM: Postgres writes rows three times faster than Python can build them.
    source = sql.SQL("FROM enrichment_chunk AS chunk ORDER BY chunk.ordinal")
    with (
        connection.cursor() as cursor,
        cursor.copy(format.copy_statement(columns, source)) as copy,
    ):
        return [bytes(line) for line in copy]


def drop_chunk() -> None:
    """Forget the chunk: it holds personal values, and the session lives on."""
    with connection.cursor() as cursor:
        cursor.execute(DROP_CHUNK)


# Why not the ORM: thousands of outcomes are saved and counted in one statement. Where a file is written again from its
# first row, its outcomes were deleted before.
SAVE_ANSWERS = """
WITH saved AS (
    INSERT INTO enrichment_enrichmentanswer (batch_id, ordinal, outcome, pii, emails, phones)
    SELECT %(batch)s, ordinal, outcome, pii_outcome, emails_outcome, phones_outcome
    FROM enrichment_chunk ORDER BY ordinal
    RETURNING outcome
), counted AS (
    SELECT count(*) FILTER (WHERE outcome = 'found') AS found, count(*) FILTER (WHERE outcome = 'empty') AS empty,
        count(*) FILTER (WHERE outcome = 'no_record') AS no_record,
        count(*) FILTER (WHERE outcome = 'malformed') AS unusable,
        count(*) FILTER (WHERE outcome = 'failed') AS failed, count(*) FILTER (WHERE outcome = 'blocked') AS blocked,
        count(*) FILTER (WHERE outcome = 'not_asked') AS left_out
    FROM saved
)
UPDATE enrichment_enrichmentbatch AS batch
SET found_count = found_count + found, empty_count = empty_count + counted.empty,
    no_record_count = no_record_count + no_record, unusable_count = unusable_count + unusable,
    failed_count = failed_count + failed, blocked_count = blocked_count + blocked,
    left_out_count = left_out_count + left_out
FROM counted WHERE batch.id = %(batch)s
"""


def save_answers(*, batch_id: UUID) -> None:
    """Save the outcomes of the chunk and add them to the list's counts."""
    with connection.cursor() as cursor:
        cursor.execute(SAVE_ANSWERS, {"batch": batch_id})


def note_growth() -> None:
    """Tell the planner that many answers have come, see `sql.list_rows.ANALYZE_FROM`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrichment_note_answers()")
