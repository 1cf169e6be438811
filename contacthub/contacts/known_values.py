"""Whether the catalog of an organization has a value at all, whatever else is filtered.

Existing is a read as a count is: shared rows and the organization's own are asked, nothing of others.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from contacthub.contacts.filters import Location
from contacthub.core.text import fold
from contacthub.organizations.models import Organization

# Why not the ORM: each value is looked up in an index, or among companies, and all of them in one statement.
OF_CONTACTS = (
    "EXISTS (SELECT FROM contacts_contactfacts WHERE owner IN (0, {owner}) AND {column} = {key})"
)
OF_COMPANIES = "EXISTS (SELECT FROM contacts_companyfacts WHERE owner IN (0, {owner}) AND {column} @> ARRAY[{key}])"


class _Place(NamedTuple):
    """Where the values of a field stand among the facts: the column, and what each begins with there."""

    statement: str
    column: str
    kind: str = ""


PLACES = {
    "departments": _Place(OF_CONTACTS, "department_text"),
    "seniorities": _Place(OF_CONTACTS, "seniority_text"),
    "industries": _Place(OF_COMPANIES, "company_words", "industry:"),
    "functions": _Place(OF_COMPANIES, "company_words", "function:"),
    "technologies": _Place(OF_COMPANIES, "company_words", "technology:"),
    "keywords": _Place(OF_COMPANIES, "company_words", "keyword:"),
    "regions": _Place(OF_COMPANIES, "company_places"),
    "cities": _Place(OF_COMPANIES, "company_places"),
}


def list_unknown(
    *, organization: Organization, values: Sequence[tuple[str, Any]]
) -> list[tuple[str, Any]]:
    """Return those of some values, each with the name of its filter out of `PLACES`, that no row has."""
    if not values:
        return []
    tests = [_test(name, value, organization.pk) for name, value in values]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(tests)))
        found = cursor.fetchone()
    return [each for each, is_known in zip(values, found, strict=True) if not is_known]


def _test(name: str, value: Any, owner: int) -> sql.Composable:
    place = PLACES[name]
    text = value.place if isinstance(value, Location) else f"{place.kind}{fold(value)}"
    return sql.SQL(place.statement).format(
        owner=sql.Literal(owner), column=sql.Identifier(place.column), key=sql.Literal(text)
    )
