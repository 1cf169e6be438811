"""Statements that find contacts which may be one person: by a value that few have, or by a company in common."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

# A value that more contacts of one owner have says nothing about any two of them.
MOST_SHARING = 3
# Members of one company that are compared at most; names at larger ones meet too often anyway.
MOST_MEMBERS = 50_000

# Why not the ORM: half a million contacts of an import are noted by one statement, in its transaction.
CHECK_IMPORTED = """
INSERT INTO contacts_duplicatecheck (contact)
SELECT id FROM contact_match WHERE is_new UNION ALL SELECT id FROM contact_changed
"""
CHECK_GIVEN = "INSERT INTO contacts_duplicatecheck (contact) SELECT unnest(%s::bigint[])"


def check_imported_for_duplicates() -> None:
    """Note the contacts that the import of this transaction added or changed."""
    with connection.cursor() as cursor:
        cursor.execute(CHECK_IMPORTED)


def check_for_duplicates(*, contacts: Sequence[int]) -> None:
    """Note contacts that changed, given by primary key, in the transaction that changes them."""
    with connection.cursor() as cursor:
        cursor.execute(CHECK_GIVEN, [list(contacts)])


# Why not the ORM: a lock that no row stands for. "Dupl" in ASCII, in a key of one number: imports lock keys of two.
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
SCAN_LOCK = 0x4475706C
# Why not the ORM: rows that another transaction adds stay for the next part.
# A table that was just filled is thought to be tiny, and read as a whole for each of a thousand values.
BY_INDEX = "SET LOCAL enable_seqscan = off"
TAKE = """
DELETE FROM contacts_duplicatecheck WHERE id IN (
    SELECT id FROM contacts_duplicatecheck ORDER BY id LIMIT %s
) RETURNING contact
"""


def take_checks(*, most: int) -> list[int] | None:
    """Take contacts that are to be compared, by primary key, in the caller's transaction. None: another one does."""
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [SCAN_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(BY_INDEX)
        cursor.execute(TAKE, [most])
        return sorted({contact for (contact,) in cursor.fetchall()})


class Sharing(NamedTuple):
    """Contacts of one owner, by primary key, that have a value in common."""

    value: str
    contacts: list[int]


# Why not the ORM: for each value of some contacts the others that have it, by its index, and no more than are needed.
# OFFSET 0 and a look-up for each keep the planner from beginning with all contacts of the owner. An address is found by
# its plain form: most are plain themselves, the others have a small index of their own.
SHARED_EMAILS = """
WITH mine AS MATERIALIZED (
    SELECT DISTINCT facts.owner, contacts_plain_address(email.address) AS value
    FROM contacts_contactemail AS email JOIN contacts_contactfacts AS facts USING (contact_id)
    WHERE email.contact_id = ANY(%(contacts)s)
)
SELECT mine.value, array_agg(DISTINCT other.contact_id) FROM mine CROSS JOIN LATERAL (
    SELECT found.contact_id FROM (
        SELECT contact_id FROM contacts_contactemail WHERE address = mine.value
        UNION ALL
        SELECT contact_id FROM contacts_contactemail
        WHERE contacts_plain_address(address) = mine.value AND contacts_plain_address(address) <> address
        OFFSET 0
    ) AS found
    WHERE (SELECT owner FROM contacts_contactfacts AS facts WHERE facts.contact_id = found.contact_id) = mine.owner
    LIMIT %(limit)s
) AS other
GROUP BY mine.owner, mine.value HAVING count(DISTINCT other.contact_id) BETWEEN 2 AND %(most)s
"""
SHARED_PHONES = """
WITH mine AS MATERIALIZED (
    SELECT DISTINCT facts.owner, phone.phone AS value
    FROM contacts_contactphone AS phone JOIN contacts_contactfacts AS facts USING (contact_id)
    WHERE phone.contact_id = ANY(%(contacts)s)
)
SELECT mine.value, array_agg(DISTINCT other.contact_id) FROM mine CROSS JOIN LATERAL (
    SELECT found.contact_id, found.is_switchboard FROM (
        SELECT contact_id, coalesce(type = 'switchboard', false) AS is_switchboard
        FROM contacts_contactphone WHERE phone = mine.value OFFSET 0
    ) AS found
    WHERE (SELECT owner FROM contacts_contactfacts AS facts WHERE facts.contact_id = found.contact_id) = mine.owner
    LIMIT %(limit)s
) AS other
GROUP BY mine.owner, mine.value
HAVING count(DISTINCT other.contact_id) BETWEEN 2 AND %(most)s AND NOT bool_or(other.is_switchboard)
"""
SHARED_PROFILES = """
WITH mine AS MATERIALIZED (
    SELECT DISTINCT contact.organization_id AS owner, contact.linkedin_url AS value FROM contacts_contact AS contact
    WHERE contact.id = ANY(%(contacts)s) AND contact.linkedin_url !~ '/(company|school|showcase)/'
)
SELECT mine.value, array_agg(DISTINCT other.id) FROM mine CROSS JOIN LATERAL (
    SELECT found.id FROM (
        SELECT id, organization_id FROM contacts_contact WHERE linkedin_url = mine.value OFFSET 0
    ) AS found
    WHERE found.organization_id IS NOT DISTINCT FROM mine.owner LIMIT %(limit)s
) AS other
GROUP BY mine.owner, mine.value HAVING count(DISTINCT other.id) BETWEEN 2 AND %(most)s
"""


def list_sharing(statement: str, *, contacts: Sequence[int]) -> list[Sharing]:
    """List the values that some contacts have in common with others, of e-mails, phones or profiles."""
    values = {"contacts": list(contacts), "limit": MOST_SHARING + 1, "most": MOST_SHARING}
    return [Sharing(value, sorted(found)) for value, found in _fetch(statement, values)]


# Why not the ORM: a company is also the one that the other owner's import made of the same domain, and the one with the
# same name without its legal form, unless their domains differ by more than the country.
LINKED_COMPANIES = """
WITH mine AS MATERIALIZED (
    SELECT DISTINCT contact.owner, company.company_id, company.domain,
        contacts_company_key(company.company_text, company.domain) AS key
    FROM contacts_contactfacts AS contact JOIN contacts_companyfacts AS company USING (company_id)
    WHERE contact.contact_id = ANY(%(contacts)s)
)
SELECT owner, company_id, company_id FROM mine
UNION
SELECT mine.owner, mine.company_id, other.company_id FROM mine
JOIN contacts_companyfacts AS other ON other.domain = mine.domain AND other.owner IN (0, mine.owner)
UNION
SELECT mine.owner, mine.company_id, other.company_id FROM mine
JOIN contacts_companyfacts AS other ON contacts_company_key(other.company_text, other.domain) = mine.key
    AND other.owner IN (0, mine.owner)
WHERE other.domain IS NULL OR mine.domain IS NULL OR split_part(other.domain, '.', 1) = split_part(mine.domain, '.', 1)
"""
MEMBERS = """
SELECT owner, company_id, contact_id, full_name FROM contacts_contactfacts
WHERE company_id = ANY(%(companies)s) AND owner = ANY(%(owners)s) AND full_name <> ''
ORDER BY contact_id LIMIT %(most)s
"""


class Linked(NamedTuple):
    """A company of an owner's contacts, and one that is the same company, by primary keys. Owner 0: shared."""

    owner: int
    company: int
    same: int


class Member(NamedTuple):
    """A contact of an owner at a company, by primary keys."""

    owner: int
    company: int
    contact: int
    full_name: str


def list_linked_companies(*, contacts: Sequence[int]) -> list[Linked]:
    """List the companies of some contacts, each with every company that is the same one, itself included."""
    return [Linked(*row) for row in _fetch(LINKED_COMPANIES, {"contacts": list(contacts)})]


def list_members(*, companies: Sequence[int], owners: Sequence[int]) -> list[Member]:
    """List the contacts with a name at some companies, up to 50,000."""
    values = {"companies": list(companies), "owners": list(owners), "most": MOST_MEMBERS}
    return [Member(*row) for row in _fetch(MEMBERS, values)]


# Why not the ORM: addresses and phones come as arrays, with one row for a contact.
CARDS = """
SELECT contact.id, contact.key, coalesce(contact.organization_id, 0), contact.full_name, contact.job_title,
    contact.linkedin_url, contact.linkedin_handle,
    ARRAY(SELECT address FROM contacts_contactemail WHERE contact_id = contact.id),
    ARRAY(SELECT phone FROM contacts_contactphone
        WHERE contact_id = contact.id AND type IS DISTINCT FROM 'switchboard')
FROM contacts_contact AS contact WHERE contact.id = ANY(%(contacts)s)
"""


class CardRow(NamedTuple):
    """What is stored of a contact that is compared; owner 0: it is shared."""

    id: int
    key: int
    owner: int
    full_name: str
    job_title: str | None
    linkedin_url: str | None
    linkedin_handle: str | None
    addresses: list[str]
    phones: list[str]


def list_cards(*, contacts: Sequence[int]) -> list[CardRow]:
    """List what is compared of contacts, given by primary key; those that are gone are left out."""
    return [CardRow(*row) for row in _fetch(CARDS, {"contacts": list(contacts)})]


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
