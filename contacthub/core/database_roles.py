"""Two roles of Postgres: one owns the tables and changes them, the other runs the programs and owns nothing.

Neither is a superuser. What a program may do is then the database's to say as well: the audit log, for example, can be
written and read with the programs' role, and not changed. docs/operating.md tells how to make both.
"""

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

# The plain role of an embedded Postgres, whose superuser owns the tables.
APP_ROLE = "contacthub_app"
# Tables, views and functions of an instance that ran with one role before. A sequence of a column follows its table,
# and what belongs to an extension stays with it.
LIST_STRANGERS = """
SELECT format('ALTER TABLE %%I.%%I OWNER TO %%I', n.nspname, c.relname, %(owner)s::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')
    AND pg_get_userbyid(c.relowner) <> %(owner)s
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT format('ALTER ROUTINE %%s OWNER TO %%I', p.oid::regprocedure, %(owner)s::text)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND pg_get_userbyid(p.proowner) <> %(owner)s
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # For tables that come later, such as the one of `createcachetable`.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
# The first word says whether a role may do everything; a role that can take another's place counts as well.
IS_PLAIN = "SELECT NOT (rolsuper OR rolbypassrls OR rolcreaterole) FROM pg_roles WHERE rolname = current_user"
# Tables with row policies that do not bind this role, because it owns them or may pass them by.
LIST_UNBOUND = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND NOT row_security_active(oid) ORDER BY relname
"""


def create_roles(*, admin_url: str, owner_url: str, app_url: str) -> None:
    """Create both roles, or set their passwords, and give the database and its tables to the owner.

    The two addresses name the roles and their passwords; `admin_url` is a superuser's, in the same database. Running it
    again changes nothing else. Raises `psycopg.Error`.
    """
    with psycopg.connect(admin_url) as db:
        owner, app = (create_role(db, url) for url in (owner_url, app_url))
        database = sql.Identifier(db.info.dbname)
        db.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(owner)))
        db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for (statement,) in db.execute(LIST_STRANGERS, {"owner": owner}).fetchall():
            db.execute(statement)
        db.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                database, sql.Identifier(app)
            )
        )


def create_app_role(admin_url: str) -> str:
    """Create the plain role on a server of one's own, with a new password. Returns its address."""
    address = urlsplit(admin_url)
    _, _, host = address.netloc.rpartition("@")
    app_url = address._replace(netloc=f"{APP_ROLE}:{secrets.token_hex(16)}@{host}").geturl()
    with psycopg.connect(admin_url) as db:
        create_role(db, app_url)
    return app_url


def create_role(db: psycopg.Connection[Any], url: str) -> str:
    """Create the role that an address names, or set its password. Returns its name."""
    address = urlsplit(url)
    name, password = unquote(address.username or ""), unquote(address.password or "")
    known = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    db.execute(
        sql.SQL(
            "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}"
        ).format(
            sql.SQL("ALTER" if known else "CREATE"), sql.Identifier(name), sql.Literal(password)
        )
    )
    return name


def grant_tables(
    cursor: Any, *, role: str, append_only: Sequence[str], read_only: Sequence[str]
) -> None:
    """Let a role use all tables; those of `append_only` may be read and added to, those of `read_only` only read."""
    for statement in GRANTS:
        cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
    for statement, tables in (
        ("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}", append_only),
        ("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}", read_only),
    ):
        for table in tables:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(role)))


def is_plain(cursor: Any) -> bool:
    """Return whether this connection's role is bound by the database's rules."""
    cursor.execute(IS_PLAIN)
    row = cursor.fetchone()
    return bool(row and row[0])


def list_unbound(cursor: Any) -> list[str]:
    """List the tables whose row policies do not bind this connection's role (core/row_policies.py)."""
    cursor.execute(LIST_UNBOUND)
    return [name for (name,) in cursor.fetchall()]
