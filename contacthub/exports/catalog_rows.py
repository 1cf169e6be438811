"""The rows of a frozen selection, in its order: contacts with their company, addresses and phones, or companies."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import connection
from psycopg import sql

from contacthub.formats import Column

# Why not the ORM: Postgres writes the rows (COPY). A part names up to 10,000 rows by primary key, so each is found by
# its key; a row that is gone, or that the organization no longer sees, is left out.
CONTACTS = """
FROM contacts_selectionpart AS part
CROSS JOIN LATERAL unnest(part.ids) WITH ORDINALITY AS frozen (id, place)
JOIN contacts_contact AS contact
    ON contact.id = frozen.id AND (contact.organization_id IS NULL OR contact.organization_id = {owner})
{joins}
WHERE part.selection_id = {selection} AND part.place = {part} AND frozen.place > {first} AND frozen.place <= {last}
ORDER BY frozen.place
"""
COMPANIES = """
FROM contacts_selectionpart AS part
CROSS JOIN LATERAL unnest(part.ids) WITH ORDINALITY AS frozen (id, place)
JOIN contacts_company AS company
    ON company.id = frozen.id AND (company.organization_id IS NULL OR company.organization_id = {owner})
WHERE part.selection_id = {selection} AND part.place = {part} AND frozen.place > {first} AND frozen.place <= {last}
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


def count_part(*, selection: uuid.UUID, part: int) -> int:
    """Return how many rows were frozen in a part, counted from 0; 0 if there is no such part."""
    # Why not the ORM: it would read the 10,000 numbers.
    statement = (
        "SELECT cardinality(ids) FROM contacts_selectionpart WHERE selection_id = %s AND place = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [selection, part])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return 0 if row is None else int(row[0])


def from_part(
    *,
    selection: uuid.UUID,
    of_companies: bool,
    owner: int,
    part: int,
    first: int,
    count: int,
    needs: Collection[str],
) -> sql.Composable:
    """Return the FROM clause of `count` rows of a part from place `first` on, both counted from 0, with some joins."""
    return sql.SQL(COMPANIES if of_companies else CONTACTS).format(
        selection=sql.Literal(selection),
        owner=sql.Literal(owner),
        part=sql.Literal(part),
        first=sql.Literal(first),
        last=sql.Literal(first + count),
        joins=sql.SQL("\n").join(sql.SQL(text) for name, text in JOINS.items() if name in needs),
    )


def list_needs(columns: Collection[Column], fields: Collection[tuple[str, str]]) -> set[str]:
    """Return the joins that some columns need, of the joins that each column by name needs."""
    named = {column.name for column in columns}
    return {needs for name, needs in fields if needs and name in named}
