"""The two roles of the database: what each may do, and that an instance with one role gets both."""

import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection

from contacthub.core.database_roles import create_roles, grant_tables, is_plain
from contacthub.organizations.apps import check_role

TABLES = """
CREATE TABLE django_migrations (id int);
CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text);
CREATE TABLE line (id int);
CREATE TABLE link (id int);
CREATE VIEW shown AS SELECT name FROM thing;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
"""


class Server:
    """A database of its own, whose tables a superuser made, and the addresses of the three roles."""

    def __init__(self) -> None:
        self.name = f"roles_{uuid.uuid4().hex[:12]}"
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        self.server = server
        self.admin_url = f"{server}/{self.name}"
        _, _, host = server.rpartition("@")
        self.owner_url = f"postgres://{self.name}_owner:one@{host}/{self.name}"
        self.app_url = f"postgres://{self.name}_app:it%2Fs@{host}/{self.name}"

    def execute(self, url: str, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(url, autocommit=True) as db:
            cursor = db.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def migrate(self) -> None:
        with psycopg.connect(self.owner_url) as db, db.cursor() as cursor:
            grant_tables(cursor, role=f"{self.name}_app", append_only=["line"], read_only=["link"])


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.execute(f"{server.server}/postgres", f"CREATE DATABASE {server.name}")
    server.execute(server.admin_url, TABLES)
    yield server
    server.execute(f"{server.server}/postgres", f"DROP DATABASE {server.name} WITH (FORCE)")
    for role in ("owner", "app"):
        server.execute(f"{server.server}/postgres", f"DROP ROLE IF EXISTS {server.name}_{role}")


def test_owner_gets_what_a_superuser_made_and_programs_may_use_it(server: Server) -> None:
    for _ in range(2):
        create_roles(admin_url=server.admin_url, owner_url=server.owner_url, app_url=server.app_url)
        server.migrate()
    owners = server.execute(
        server.admin_url,
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    )
    assert owners == [(f"{server.name}_owner",)]
    server.execute(server.owner_url, "ALTER TABLE thing ADD COLUMN size int")
    server.execute(
        server.owner_url,
        "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 3'",
    )
    # Tables that come later are the programs' to use as well.
    server.execute(server.owner_url, "CREATE TABLE later (id int)")
    for statement in (
        "INSERT INTO thing (name) VALUES ('a')", "UPDATE thing SET name = 'b'", "DELETE FROM thing",
        "INSERT INTO later VALUES (1)", "INSERT INTO line VALUES (1)", "SELECT * FROM line",
        "CREATE TEMPORARY TABLE stage (id int)",
    ):  # fmt: skip
        server.execute(server.app_url, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE line SET id = 2", "INSERT INTO link VALUES (1)", "DELETE FROM link",
        "DELETE FROM line", "TRUNCATE line", "TRUNCATE thing", "DROP TABLE line",
        "ALTER TABLE line DISABLE TRIGGER ALL", "CREATE TABLE mine (id int)", "DELETE FROM django_migrations",
        "CREATE ROLE other", "SET ROLE {name}_owner", "ALTER TABLE line OWNER TO {name}_app",
    ],
)  # fmt: skip
def test_programs_may_not(server: Server, statement: str) -> None:
    create_roles(admin_url=server.admin_url, owner_url=server.owner_url, app_url=server.app_url)
    server.migrate()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.execute(server.app_url, statement.format(name=server.name))


def test_neither_role_is_a_superuser(server: Server) -> None:
    create_roles(admin_url=server.admin_url, owner_url=server.owner_url, app_url=server.app_url)
    for url, expected in (
        (server.owner_url, True),
        (server.app_url, True),
        (server.admin_url, False),
    ):
        with psycopg.connect(url) as db, db.cursor() as cursor:
            assert is_plain(cursor) is expected


@pytest.mark.tables_owner
@pytest.mark.django_db
def test_check_warns_of_a_superuser() -> None:
    # The tests' own role makes databases.
    assert [warning.id for warning in check_role(databases=["default"])] == ["contacthub.W002"]
    assert check_role() == []
    assert check_role in checks.registry.registry.deployment_checks
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain_for_a_moment")
        cursor.execute("SET LOCAL ROLE plain_for_a_moment")
        assert check_role(databases=["default"]) == []


@pytest.mark.tables_owner
@pytest.mark.django_db
def test_check_warns_of_a_role_that_row_policies_do_not_bind() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain_owner")
        cursor.execute("ALTER TABLE jobs_job OWNER TO plain_owner")
        cursor.execute("SET LOCAL ROLE plain_owner")
        assert [warning.id for warning in check_role(databases=["default"])] == ["contacthub.W003"]


def test_command_names_what_is_missing_and_makes_the_roles(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="Set DATABASE_ADMIN_URL, DATABASE_OWNER_URL"):
        call_command("create_database_roles")
    monkeypatch.setenv("DATABASE_ADMIN_URL", server.admin_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", server.owner_url)
    monkeypatch.setenv("DATABASE_APP_URL", server.app_url)
    call_command("create_database_roles")
    assert server.execute(server.app_url, "SELECT 1") == [(1,)]
    monkeypatch.setenv("DATABASE_ADMIN_URL", server.admin_url.replace("contacthub:", "nobody:"))
    with pytest.raises(CommandError, match="The roles were not created"):
        call_command("create_database_roles")
