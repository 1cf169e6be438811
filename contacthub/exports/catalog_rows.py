"""The rows of a frozen selection, in its order: contacts with their company, addresses and phones, or companies."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg import sql

from contacthub.formats import Column

# Why not the ORM: Postgres writes the rows (COPY). A row that is gone, or that the organization no longer sees, is left
# out. The keys stand in the statement, so that the planner knows how many there are; rows are looked up in the order of
# keys, in which they lie in their tables and indexes. Measured: 7.5 microseconds a row instead of 12.3.
CONTACTS = """
FROM (SELECT * FROM unnest({ids}::bigint[]) WITH ORDINALITY AS given (id, place) ORDER BY id) AS frozen
JOIN contacts_contact AS contact
    ON contact.id = frozen.id AND (contact.organization_id IS NULL OR contact.organization_id = {owner})
{joins}
ORDER BY frozen.place
"""
COMPANIES = """
FROM (SELECT * FROM unnest({ids}::bigint[]) WITH ORDINALITY AS given (id, place) ORDER BY id) AS frozen
JOIN contacts_company AS company
    ON company.id = frozen.id AND (company.organization_id IS NULL OR company.organization_id = {owner})
ORDER BY frozen.place
"""
# The first address and phone are found by their value, of which the contact has a copy: one entry of an index.
JOINS = {
    "company": "LEFT JOIN contacts_company AS company ON company.id = contact.company_id",
    "email": "LEFT JOIN contacts_contactemail AS email"
    " ON email.contact_id = contact.id AND email.address = contact.email",
    "phone": "LEFT JOIN contacts_contactphone AS phone"
    " ON phone.contact_id = contact.id AND phone.phone = contact.phone",
    "emails": """
LEFT JOIN LATERAL (
    SELECT array_agg(address ORDER BY position, id) AS addresses, array_agg(status ORDER BY position, id) AS statuses,
        array_agg(source ORDER BY position, id) AS source, array_agg(checked_on ORDER BY position, id) AS checked_on,
        array_agg(confidence ORDER BY position, id) AS confidence,
        array_agg(first_seen ORDER BY position, id) AS first_seen,
        array_agg(last_seen ORDER BY position, id) AS last_seen,
        array_agg(observations ORDER BY position, id) AS observations
    FROM contacts_contactemail WHERE contact_id = contact.id
) AS emails ON true""",
    "phones": """
LEFT JOIN LATERAL (
    SELECT array_agg(phone ORDER BY position, id) AS numbers, array_agg(type ORDER BY position, id) AS types,
        array_agg(is_do_not_call ORDER BY position, id) AS refusals, array_agg(source ORDER BY position, id) AS source,
        array_agg(confidence ORDER BY position, id) AS confidence,
        array_agg(first_seen ORDER BY position, id) AS first_seen,
        array_agg(last_seen ORDER BY position, id) AS last_seen,
        array_agg(observations ORDER BY position, id) AS observations
    FROM contacts_contactphone WHERE contact_id = contact.id
) AS phones ON true""",
}


def from_ids(
    *, ids: Sequence[int], of_companies: bool, owner: int, needs: Collection[str]
) -> sql.Composable:
    """Return the FROM clause of some contacts or companies by primary key, in this order, with some joins."""
    return sql.SQL(COMPANIES if of_companies else CONTACTS).format(
        ids=sql.Literal("{" + ",".join(map(str, ids)) + "}"),
        owner=sql.Literal(owner),
        joins=sql.SQL("\n").join(sql.SQL(text) for name, text in JOINS.items() if name in needs),
    )


# Every other way reads a whole table for each part.
BY_KEYS = "SET LOCAL enable_{} = off"
OTHER_WAYS = ("seqscan", "hashjoin", "mergejoin", "memoize")


@contextmanager
def by_keys() -> Iterator[None]:
    """Let Postgres find rows by their keys while the block runs.

    Measured for 10,000 of 50,000 rows: 0.36 s, where the plans that the planner prefers take 0.71 s and more.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            for way in OTHER_WAYS:
                cursor.execute(BY_KEYS.format(way))
        yield


def list_needs(columns: Collection[Column], fields: Collection[tuple[str, str]]) -> set[str]:
    """Return the joins that some columns need, of the joins that each column by name needs."""
    named = {column.name for column in columns}
    return {needs for name, needs in fields if needs and name in named}
