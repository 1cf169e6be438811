"""How many contacts or companies that match are on each of some lists: read from the lists, which are short."""

from collections.abc import Sequence

from django.db import connection
from psycopg import sql

from contacthub.contacts.sql.conditions import compose
from contacthub.contacts.sql.facets import Counting
from contacthub.contacts.sql.page_numbers import hidden_rows

# Why not the ORM: it shares its conditions with the searches.
BY_LIST = """
SELECT listed.listed_on, count(*) FROM ({members}) AS listed
JOIN {table} AS facts ON facts.{column} = listed.listed_item
WHERE owner IN (0, %(owner)s) AND {matches} AND {id} NOT IN (SELECT id FROM ({hidden}) AS hidden)
GROUP BY listed.listed_on
"""
PEOPLE = """
SELECT member.list_id AS listed_on, member.item AS listed_item FROM lists_listmember AS member
WHERE member.list_id = ANY(%(lists)s::bigint[])
"""
# Contacts of a shared company count as those of the own one that hides it, as in the filter.
COMPANIES = """
SELECT member.list_id AS listed_on, named.company_id AS listed_item FROM lists_listmember AS member
JOIN contacts_companyfacts AS named ON named.number = member.item AND named.owner IN (0, %(owner)s)
WHERE member.list_id = ANY(%(lists)s::bigint[])
UNION
SELECT member.list_id, shared.company_id FROM lists_listmember AS member
JOIN contacts_companyfacts AS own ON own.number = member.item AND own.owner = %(owner)s
JOIN contacts_companyfacts AS shared ON shared.domain = own.domain AND shared.owner = 0
WHERE member.list_id = ANY(%(lists)s::bigint[])
"""


def count_listed(counting: Counting, *, lists: Sequence[int], of_companies: bool) -> dict[int, int]:
    """Return how many rows that match are on each list, by primary key; of lists of companies, those of a company."""
    matches, values = compose(counting.filters, owner=counting.owner)
    statement = sql.SQL(BY_LIST).format(
        members=sql.SQL(COMPANIES if of_companies else PEOPLE),
        column=sql.Identifier("company_id" if of_companies else "key"),
        table=counting.kind.table,
        id=counting.kind.id,
        matches=matches,
        hidden=hidden_rows(counting.kind),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"owner": counting.owner, "lists": [*lists]})
        return dict(cursor.fetchall())
