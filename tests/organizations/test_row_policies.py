"""The second line of tenancy: with the programs' role the database itself keeps organizations apart.

Every table is found and filled by what it is made of, so that a new one cannot be forgotten.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from contacthub.core.database_roles import grant_tables
from contacthub.core.tenancy import across_organizations, within
from contacthub.organizations.models import Organization

# Tables that lead to an organization and have no policy, each with its reason; docs/design.md has the figures.
RECORDS = "Records belong to a feed of the instance, and organizations are granted windows of it."
CATALOG = "Searches by parts of a text cannot use their index below a policy: 50 times slower."
UNPROTECTED = {
    "feeds_feedday": RECORDS,
    "feeds_feedlastseen": RECORDS,
    "feeds_feedtopic": RECORDS,
    "feeds_intentbatch": RECORDS,
    "feeds_intentrecord": RECORDS,
    "contacts_company": CATALOG,
    "contacts_companyfacts": CATALOG,
    "contacts_contact": CATALOG,
    "contacts_contactdocument": CATALOG,
    "contacts_contactemail": CATALOG,
    "contacts_contactfacts": CATALOG,
    "contacts_contactphone": CATALOG,
}
# How a value of a type is made for a column that needs one, of a number that is used once.
VALUES = {
    "uuid": lambda n: uuid.UUID(int=n), "text": str, "character varying": str,
    "bytea": lambda n: str(n).encode(), "boolean": lambda n: False, "jsonb": lambda n: "{}", "ARRAY": lambda n: "{}",
    "date": lambda n: "2026-01-01", "timestamp with time zone": lambda n: "2026-01-01",
}  # fmt: skip
COLUMNS = """
SELECT column_name, data_type, character_maximum_length FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL
    AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
DROP_CHECKS = """
SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', relname, conname)
FROM pg_constraint c JOIN pg_class ON pg_class.oid = conrelid WHERE contype = 'c' AND relname = ANY(%s)
"""
REFUSED = r"row-level security"


def list_models() -> list[type[models.Model]]:
    """List the models that lead to an organization, those before others that point at them."""
    found: dict[type[models.Model], None] = {}
    ours = [m for m in apps.get_models() if m.__module__.startswith("contacthub.")]
    while True:
        more = [m for m in ours if m not in found and any(parent_of(f, found) for f in fields(m))]
        if not more:
            return list(found)
        # Tables of the first rounds come first; within one a table may point at another one.
        found |= dict.fromkeys(
            sorted(more, key=lambda m: any(f.related_model in more for f in fields(m)))
        )


def fields(model: type[models.Model]) -> list[Any]:
    return [f for f in model._meta.local_concrete_fields if f.is_relation]


def parent_of(field: Any, found: Any) -> bool:
    return field.related_model is Organization or (
        field.related_model in found and field.model is not field.related_model
    )


def is_protected(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)"
            " FROM pg_class WHERE oid = %s::regclass",
            [table],
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_every_table_that_leads_to_an_organization_has_a_policy_or_a_reason() -> None:
    without = {m._meta.db_table for m in list_models() if not is_protected(m._meta.db_table)}
    assert without == set(UNPROTECTED)


class Planted:
    """A row of acme's and one of globex's in every protected table, and a role that the policies bind."""

    def __init__(self, acme: Organization, globex: Organization) -> None:
        self.organizations = (acme, globex)
        self.models = [m for m in list_models() if is_protected(m._meta.db_table)]
        self.keys: dict[type[models.Model], list[Any]] = {}
        self._number = 1000
        with connection.cursor() as cursor:
            tables = [m._meta.db_table for m in self.models]
            cursor.execute(DROP_CHECKS, [tables])
            for (statement,) in cursor.fetchall():
                cursor.execute(statement)
            cursor.execute("SET LOCAL session_replication_role = replica")
            for model in self.models:
                self.keys[model] = [self._plant(cursor, model, place) for place in (0, 1)]
            cursor.execute("CREATE ROLE bound_program")
            grant_tables(cursor, role="bound_program", append_only=[], read_only=[])
            cursor.execute("SET LOCAL ROLE bound_program")

    def _plant(self, cursor: Any, model: type[models.Model], place: int) -> dict[str, Any]:
        """Insert a row of one organization; return its values."""
        table = model._meta.db_table
        cursor.execute(COLUMNS, [table])
        row = {}
        for name, type_, most_letters in cursor.fetchall():
            self._number += 1
            value = VALUES.get(type_, int)(self._number)
            row[name] = value[-most_letters:] if most_letters else value
        row |= self.parents(model, place)
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        values = sql.SQL(", ").join([sql.Placeholder()] * len(row))
        key = sql.SQL(", ").join(map(sql.Identifier, key_columns(model)))
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
                sql.Identifier(table), names, values, key
            ),
            list(row.values()),
        )
        return row | dict(zip(key_columns(model), cursor.fetchone(), strict=True))

    def parents(self, model: type[models.Model], place: int) -> dict[str, Any]:
        """Return the columns by which a row belongs to an organization."""
        found = {}
        for field in fields(model):
            if field.related_model is Organization:
                found[field.column] = self.organizations[place].pk
            elif field.related_model in self.keys:
                found[field.column] = self.keys[field.related_model][place][
                    field.target_field.column
                ]
        return found

    def execute(self, statement: str, model: type[models.Model], row: dict[str, Any]) -> int:
        """Run a statement with a condition for one row. Returns how many rows it found."""
        columns = key_columns(model)
        condition = sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(c), row[c]) for c in columns
        )
        query = sql.SQL(statement).format(  # type: ignore[arg-type]
            table=sql.Identifier(model._meta.db_table),
            column=sql.Identifier(columns[0]),
            condition=condition,
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.rowcount)


def key_columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.pk_fields]


@pytest.fixture
def planted(acme: Organization, globex: Organization) -> Iterator[Planted]:
    yield Planted(acme, globex)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


LOOK = "SELECT FROM {table} WHERE {condition}"
CHANGE = "UPDATE {table} SET {column} = {column} WHERE {condition}"
DELETE = "DELETE FROM {table} WHERE {condition}"


def test_one_organization_sees_and_changes_no_row_of_another(planted: Planted) -> None:
    wrong = []
    with within(planted.organizations[0].pk):
        for model, (mine, theirs) in planted.keys.items():
            for statement, expected in ((LOOK, 1), (CHANGE, 1), (DELETE, 0)):
                if planted.execute(statement, model, theirs) != 0:
                    wrong.append(("theirs", model, statement))
                if expected and planted.execute(statement, model, mine) != 1:
                    wrong.append(("mine", model, statement))
    assert wrong == []


def test_no_row_is_put_into_another_organization(planted: Planted) -> None:
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})")
    with within(planted.organizations[0].pk):
        for model, (mine, theirs) in planted.keys.items():
            table = sql.Identifier(model._meta.db_table)
            names = sql.SQL(", ").join(map(sql.Identifier, theirs))
            values = sql.SQL(", ").join([sql.Placeholder()] * len(theirs))
            with (
                pytest.raises(ProgrammingError, match=REFUSED),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(insert.format(table, names, values), list(theirs.values()))
            into = ", ".join(f"{c} = '{key}'" for c, key in planted.parents(model, 1).items())
            with pytest.raises(ProgrammingError, match=REFUSED):
                planted.execute(f"UPDATE {{table}} SET {into} WHERE {{condition}}", model, mine)


def test_without_an_organization_there_are_no_rows_and_across_all_there_are(
    planted: Planted,
) -> None:
    rows = [(model, row) for model, both in planted.keys.items() for row in both]
    assert [model for model, row in rows if planted.execute(LOOK, model, row)] == []
    with across_organizations():
        assert [model for model, row in rows if not planted.execute(LOOK, model, row)] == []


@pytest.mark.tables_owner
@pytest.mark.django_db
def test_every_policy_can_be_undone() -> None:
    loader = MigrationLoader(connection)
    steps = [step for each in loader.disk_migrations.values() for step in each.operations]
    policies = [
        step for step in steps if isinstance(step, RunSQL) and "POLICY" in str(step.reverse_sql)
    ]
    with connection.cursor() as cursor:
        for step in policies:
            for statement in step.reverse_sql:
                cursor.execute(statement)
        cursor.execute("SELECT count(*) FROM pg_policy")
        assert cursor.fetchone() == (0,)
    assert not any(is_protected(model._meta.db_table) for model in list_models())
