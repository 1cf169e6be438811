"""Row policies of Postgres: requests and jobs of an organization see and write no other one's rows.

For migrations. A policy compares a row with the setting of `core.tenancy`. What it compares with is a query of its own,
which Postgres answers once a statement and not once a row. Policies bind the programs' plain role; the owner of the
tables, who migrates them, is not bound.
"""

from django.db.migrations import RunSQL

from contacthub.core.tenancy import EVERYBODY, SETTING

OWN, SHARED = "of_organization", "shared_by_all"
_SCOPE = f"current_setting('{SETTING}', TRUE)"
_IS_EVERYBODY = f"(SELECT {_SCOPE} = '{EVERYBODY}')"
_ORGANIZATION = f"(SELECT nullif(nullif({_SCOPE}, ''), '{EVERYBODY}')::bigint)"


def protect(table: str, *, column: str = "organization_id") -> RunSQL:
    """Return the step that protects a table whose rows name their organization."""
    return _protect(table, {OWN: _own(f"{column} = {_ORGANIZATION}")})


def protect_shared(table: str, *, column: str = "organization_id") -> RunSQL:
    """Return the step that protects a table whose rows name their organization, or are for all to read."""
    shared = f"FOR SELECT USING ({column} IS NULL)"
    return _protect(table, {OWN: _own(f"{column} = {_ORGANIZATION}"), SHARED: shared})


def protect_part(table: str, *, column: str, of: str, key: str = "id") -> RunSQL:
    """Return the step that protects rows which belong to a row of a protected table: it is looked up for each."""
    return _protect(
        table, {OWN: _own(f"EXISTS (SELECT FROM {of} WHERE {of}.{key} = {table}.{column})")}
    )


def protect_many_parts(table: str, *, column: str, of: str) -> RunSQL:
    """Return the step for rows of which one statement reads or writes up to a million, of few rows of a table.

    All rows of that table which are the organization's are read once a statement.
    """
    few = f"SELECT id FROM {of} WHERE organization_id = {_ORGANIZATION}"  # noqa: S608
    return _protect(table, {OWN: _own(f"{column} IN ({few})")})


def _own(condition: str) -> str:
    # For reading and writing: a policy without WITH CHECK checks what is written with the same condition.
    return f"USING ({_IS_EVERYBODY} OR {condition})"


def _protect(table: str, policies: dict[str, str]) -> RunSQL:
    return RunSQL(
        sql=[
            *(f"CREATE POLICY {name} ON {table} {policy}" for name, policy in policies.items()),
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        ],
        reverse_sql=[
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            *(f"DROP POLICY {name} ON {table}" for name in policies),
        ],
    )
