"""Statements about contact jobs: freezing what they read, copying it out, and the guarded account of transactions."""

from django.db import connection
from psycopg import sql

from contacthub.contact_jobs.layouts import Layout
from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.records import DETAILS, EXTRACT, Conditions
from contacthub.contacts.sql.conditions import Values, compose
from contacthub.contacts.sql.search_pages import CONTACTS

# --- What a job reads -----------------------------------------------------------------------------

# Why not the ORM: a million records must be as of one moment, and one statement sees exactly that. Each is written as
# JSON where it is found, so that the fragments are written from text without reading the catalog again. An
# organization's own contact takes the place of the shared one with the same key, whether it fits or not.
FREEZE_EXTRACT = """
INSERT INTO contact_jobs_frozenrow (contact_job_id, ordinal, record)
SELECT {job}, row_number() OVER (ORDER BY contact.id), (SELECT row_to_json(r) FROM (SELECT {cells}) AS r)
FROM (
    SELECT contact_id FROM {table} AS facts WHERE owner IN (0, %(owner)s) AND {matches} AND {is_visible}
) AS chosen
JOIN contacts_contact AS contact ON contact.id = chosen.contact_id
"""


def freeze_extract(*, job: ContactJob, conditions: Conditions) -> int:
    """Freeze the contacts that fit, in the order in which they were first saved. Returns how many."""
    matches, values = compose(conditions.filters(), owner=job.organization_id)
    statement = sql.SQL(FREEZE_EXTRACT).format(
        job=sql.Literal(job.pk),
        cells=_cells(EXTRACT),
        table=CONTACTS.table,
        matches=matches,
        is_visible=CONTACTS.is_visible,
    )
    return _freeze(statement, values | {"owner": job.organization_id})


# Why not the ORM: as above. A number that another organization's contact has is as unknown as one that no contact has;
# that of a contact which was merged leads to the one that stayed.
FREEZE_DETAILS = """
INSERT INTO contact_jobs_frozenrow (contact_job_id, ordinal, record)
SELECT {job}, asked.ordinal, (SELECT row_to_json(r) FROM (SELECT {cells}) AS r)
FROM (
    SELECT coalesce(merged.into_number, given.number) AS number, given.ordinal
    FROM unnest({numbers}::bigint[]) WITH ORDINALITY AS given (number, ordinal)
    LEFT JOIN contacts_merged_numbers({organization}::bigint) AS merged ON merged.number = given.number
) AS asked
LEFT JOIN LATERAL (
    (SELECT * FROM contacts_contact WHERE number = asked.number AND organization_id = {organization})
    UNION ALL
    (SELECT shared.* FROM contacts_contact AS shared
        WHERE shared.number = asked.number AND shared.organization_id IS NULL AND NOT EXISTS (
            SELECT FROM contacts_contact AS own
            WHERE own.key = shared.key AND own.organization_id = {organization}
        ))
    LIMIT 1
) AS contact ON true
LEFT JOIN contacts_company AS company ON company.id = contact.company_id
"""


def freeze_details(*, job: ContactJob) -> int:
    """Freeze the details of the requested numbers, one row each in the order of the request. Returns how many."""
    statement = sql.SQL(FREEZE_DETAILS).format(
        job=sql.Literal(job.pk),
        organization=sql.Literal(job.organization_id),
        numbers=sql.Literal(job.numbers),
        cells=_cells(DETAILS),
    )
    return _freeze(statement, {})


def _cells(columns: dict[str, str]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.SQL(value), sql.Identifier(name))
        for name, value in columns.items()
    )


def _freeze(statement: sql.Composable, values: Values) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


# Why not the ORM: as above; the layout says how Postgres writes a row.
ROWS = """
SELECT ordinal, record FROM contact_jobs_frozenrow
WHERE contact_job_id = {job} AND ordinal > {after} AND ordinal <= {last}
"""


def copy_rows(*, job: ContactJob, layout: Layout, after: int, last: int) -> list[bytes]:
    """Return the frozen rows `after` + 1 … `last`, each one written for the layout and ended by a line feed."""
    rows = sql.SQL(ROWS).format(
        job=sql.Literal(job.pk), after=sql.Literal(after), last=sql.Literal(last)
    )
    with connection.cursor() as cursor, cursor.copy(layout.copy_statement(rows)) as copy:
        return [bytes(line) for line in copy]


# Why not the ORM: it would read the keys of a model with a composite key first.
FORGET = """
DELETE FROM contact_jobs_frozenrow WHERE contact_job_id = %s AND ordinal <= coalesce(%s, ordinal)
"""


def forget_rows(*, job: ContactJob, last: int | None = None) -> None:
    """Delete the frozen rows up to `last`, or all."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [job.pk, last])


# --- Transactions ---------------------------------------------------------------------------------

# Why not the ORM: test, update and ledger entry in one statement, so that no two jobs pass one check.
HOLD = """
WITH taken AS (
    UPDATE contact_jobs_transactionaccount SET held = held + %(count)s
    WHERE organization_id = %(organization)s
    AND (transaction_limit IS NULL OR used + held + %(count)s <= transaction_limit)
    RETURNING organization_id, used, held, transaction_limit
)
INSERT INTO contact_jobs_transactionentry
    (account_id, kind, used, held, used_after, held_after, limit_after, contact_job_id, actor_name, note, at)
SELECT organization_id, 'hold', 0, %(count)s, used, held, transaction_limit, %(job)s, %(actor)s, '', now()
FROM taken
"""


def hold(*, job: ContactJob, actor: str) -> bool:
    """Hold what a job costs. Returns False and changes nothing if too few transactions are left."""
    return _move(HOLD, job, actor)


# Why not the ORM: as above. What is held was tested when it was held: a limit lowered since takes nothing away.
USE = """
WITH taken AS (
    UPDATE contact_jobs_transactionaccount SET held = held - %(count)s, used = used + %(count)s
    WHERE organization_id = %(organization)s
    RETURNING organization_id, used, held, transaction_limit
)
INSERT INTO contact_jobs_transactionentry
    (account_id, kind, used, held, used_after, held_after, limit_after, contact_job_id, actor_name, note, at)
SELECT organization_id, 'use', %(count)s, -%(count)s, used, held, transaction_limit, %(job)s, %(actor)s, '', now()
FROM taken
"""


def use(*, job: ContactJob, actor: str) -> None:
    """Use what a job holds."""
    _move(USE, job, actor)


# Why not the ORM: as above.
RELEASE = """
WITH taken AS (
    UPDATE contact_jobs_transactionaccount SET held = held - %(count)s
    WHERE organization_id = %(organization)s
    RETURNING organization_id, used, held, transaction_limit
)
INSERT INTO contact_jobs_transactionentry
    (account_id, kind, used, held, used_after, held_after, limit_after, contact_job_id, actor_name, note, at)
SELECT organization_id, 'release', 0, -%(count)s, used, held, transaction_limit, %(job)s, %(actor)s, '', now()
FROM taken
"""


def release(*, job: ContactJob, actor: str) -> None:
    """Give back what a job holds."""
    _move(RELEASE, job, actor)


def _move(statement: str, job: ContactJob, actor: str) -> bool:
    values: dict[str, int | str] = {
        "organization": job.organization_id,
        "count": job.price,
        "job": job.pk,
        "actor": actor[:200],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount == 1)
