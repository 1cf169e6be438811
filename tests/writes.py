"""What a request has written, to show that a refused one wrote nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# Postgres counts in each transaction what was inserted, changed and deleted, undone or not.
COUNT = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL (%s)
"""


def count_writes(*quiet: str) -> dict[str, tuple[int, int, int]]:
    """Return rows inserted, changed and deleted, by table, but for the `quiet` ones.

    A sum from some time before this test's transaction on: compare two of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [list(quiet)])
        return {table: tuple(counts) for table, *counts in cursor.fetchall()}


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
