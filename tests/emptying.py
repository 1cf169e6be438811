"""Empty the tables after a test whose transactions ended for real.

Django truncates every table and makes its permissions again, which takes half of the time of such a test. Here only
tables that hold rows are emptied, and those that no test writes stay as they are.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = ("django_migrations", "django_content_type", "auth_permission")
# Deleted rows stay in the file of a table until it is vacuumed: beyond this size a new file costs less.
LARGE_BYTES = 4 * 1024 * 1024
# Without triggers and foreign keys, because all of it goes.
EMPTY = """
DO $$
DECLARE
    each record;
    has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR each IN
        SELECT oid::regclass AS name, pg_relation_size(oid) AS bytes FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL ('{{{kept}}}')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', each.name) INTO has_rows;
        IF each.bytes > {large} THEN
            EXECUTE format('TRUNCATE %s CASCADE', each.name);
        ELSIF has_rows THEN
            EXECUTE format('DELETE FROM %s', each.name);
        END IF;
    END LOOP;
END $$
""".format(kept=",".join(KEPT), large=LARGE_BYTES)


@contextmanager
def quickly() -> Iterator[None]:
    """Empty tables so while the tests run, where the server is the tests' own and its owner may do all."""
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("TESTS_OWN_POSTGRES"):
            patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


def empty(test: Any = None) -> None:
    """Empty all tables but the `KEPT` ones."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EMPTY)
