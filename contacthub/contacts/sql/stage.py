"""The stage: a temporary table that holds a file's good rows until they are compared with what is stored."""

from collections.abc import Iterable, Iterator, Sequence

from django.db import connection
from psycopg import sql

# "Cont" in ASCII: the advisory locks of imports, beside those that others may take.
LOCK_CLASS = 0x436F6E74

# Why not the ORM: COPY into a stage is thirty times faster than inserting model instances.
# A transaction may hold several imports.
DROP_STAGE = (
    "DROP TABLE IF EXISTS contact_stage, contact_reject, company_stage, contact_match, contact_changed,"
    " contact_value_change"
)
CREATE_STAGE = "CREATE TEMPORARY TABLE contact_stage ({columns}) ON COMMIT DROP"
COPY_STAGE = "COPY contact_stage FROM STDIN (FORMAT csv)"
CREATE_REJECTS = "CREATE TEMPORARY TABLE contact_reject (place bigint, reason text) ON COMMIT DROP"


def create_stage(columns: Iterable[tuple[str, str]]) -> None:
    """Make the temporary tables that an import fills, the stage from column names and SQL types."""
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t)) for n, t in columns
    )
    with connection.cursor() as cursor:
        cursor.execute(DROP_STAGE)
        cursor.execute(sql.SQL(CREATE_STAGE).format(columns=definition))
        cursor.execute(CREATE_REJECTS)


def fill_stage(
    blocks: Iterable[bytes], *, keys: Sequence[str] = ("key", "number", "company_ref")
) -> None:
    """Copy blocks of CSV rows into the stage. `keys` are the columns that the planner must know."""
    with connection.cursor() as cursor:
        with cursor.copy(COPY_STAGE) as copy:
            for block in blocks:
                copy.write(block)
        names = sql.SQL(", ").join(map(sql.Identifier, keys))
        cursor.execute(sql.SQL("ANALYZE contact_stage ({})").format(names))


# Why not the ORM: a lock that no row stands for. Private imports copy from shared rows, so these must hold still too.
LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(%s, 0)"
LOCK = "SELECT pg_advisory_xact_lock(%s, %s)"


def lock_imports(*, organization: int | None) -> None:
    """Wait for other imports into the same organization, or into the shared rows, to the end of the transaction."""
    with connection.cursor() as cursor:
        if organization is not None:
            cursor.execute(LOCK_SHARED, [LOCK_CLASS])
        cursor.execute(LOCK, [LOCK_CLASS, organization or 0])


# Why not the ORM: one pass over the stage. A vendor that counts its contacts and gives no contact id keeps its count
# when an address changes.
MATCH_NUMBERS = """
UPDATE contact_stage AS staged SET key = known.key
FROM (
    SELECT DISTINCT ON (number) number, key FROM (
        SELECT number, into_key AS key, 0 AS place FROM contacts_merged_numbers(%(organization)s::bigint)
        WHERE number IN (SELECT number FROM contact_stage WHERE NOT is_key_given)
        UNION ALL
        SELECT number, key, CASE WHEN organization_id IS NULL THEN 1 ELSE 0 END FROM contacts_contact
        WHERE number IN (SELECT number FROM contact_stage WHERE NOT is_key_given)
        AND (organization_id IS NULL OR organization_id = %(organization)s)
    ) AS stored
    ORDER BY number, place
) AS known
WHERE staged.number = known.number AND NOT staged.is_key_given
"""
# A contact keeps its number where a file names it by that of one that was merged into it.
FORGET_MERGED = """
UPDATE contact_stage AS staged SET number = NULL
FROM contacts_merged_numbers(%(organization)s::bigint) AS merged
WHERE merged.number = staged.number AND merged.into_key = staged.key
"""


def match_numbers(*, organization: int | None) -> None:
    """Give rows without a contact id the key of the contact that has their number, or had it until it was merged."""
    with connection.cursor() as cursor:
        cursor.execute(MATCH_NUMBERS, {"organization": organization})
        cursor.execute(FORGET_MERGED, {"organization": organization})


# Why not the ORM: as above. Files keep naming contacts by the ids that they had.
MATCH_RENAMED = """
UPDATE contact_stage AS staged SET key = renamed.new_key
FROM contacts_renamed_keys(%(organization)s::bigint) AS renamed WHERE renamed.old_key = staged.key
"""


def match_renamed(*, organization: int | None) -> None:
    """Give rows with a former contact id the key that the contact has now."""
    with connection.cursor() as cursor:
        cursor.execute(MATCH_RENAMED, {"organization": organization})


# Why not the ORM: rows are compared with each other as wholes.
LEAVE_OUT_REPEATED = """
WITH last_of AS (
    SELECT key, max(place) AS place FROM contact_stage GROUP BY key HAVING count(*) > 1
), removed AS (
    DELETE FROM contact_stage AS earlier USING last_of, contact_stage AS kept
    WHERE earlier.key = last_of.key AND earlier.place < last_of.place AND kept.place = last_of.place
    RETURNING earlier.place, to_jsonb(earlier) - 'place' <> to_jsonb(kept) - 'place' AS is_other
)
INSERT INTO contact_reject
SELECT place, 'is about the same contact as a later row, which counts' FROM removed WHERE is_other
"""
# Why not the ORM: the same, within the stage and against what is stored.
LEAVE_OUT_TAKEN = """
WITH removed AS (
    DELETE FROM contact_stage AS staged USING contacts_contact AS stored
    WHERE stored.number = staged.number AND stored.key <> staged.key
    AND stored.organization_id IS NOT DISTINCT FROM %(organization)s
    RETURNING staged.place
)
INSERT INTO contact_reject SELECT place, 'id belongs to another contact' FROM removed
"""
LEAVE_OUT_MERGED = """
WITH removed AS (
    DELETE FROM contact_stage AS staged USING contacts_merged_numbers(%(organization)s::bigint) AS merged
    WHERE merged.number = staged.number AND merged.into_key <> staged.key
    RETURNING staged.place
)
INSERT INTO contact_reject SELECT place, 'id belongs to a contact that was merged into another one' FROM removed
"""
LEAVE_OUT_CLAIMED = """
WITH removed AS (
    DELETE FROM contact_stage AS staged USING contact_stage AS earlier
    WHERE earlier.number = staged.number AND earlier.place < staged.place
    RETURNING staged.place
)
INSERT INTO contact_reject SELECT DISTINCT place, 'id stands in an earlier row about another contact' FROM removed
"""


def leave_out_contradictions(*, organization: int | None) -> int:
    """Take rows out of the stage that a later row replaces, or whose number is another contact's.

    Of several rows about one contact the last counts; of several contacts with one number the one that has it stored,
    else the first. Returns the number of rejected rows; rows that repeat another one exactly are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEAVE_OUT_REPEATED)
        count: int = cursor.rowcount
        for statement in (LEAVE_OUT_TAKEN, LEAVE_OUT_MERGED):
            cursor.execute(statement, {"organization": organization})
            count += cursor.rowcount
        cursor.execute(LEAVE_OUT_CLAIMED)
        count += cursor.rowcount
    return count


# Why not the ORM: the table is temporary.
LIST_REJECTS = (
    "SELECT place, reason FROM contact_reject WHERE place >= %s AND place < %s ORDER BY place"
)


def list_rejects(first: int, after: int) -> Iterator[tuple[int, str]]:
    """List the rows among some places that were taken out of the stage, with the reason."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_REJECTS, [first, after])
        yield from cursor.fetchall()
