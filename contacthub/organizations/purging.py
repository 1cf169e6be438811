"""Rows that are no longer needed: ended sessions, expired invitations, forgotten cache rows.

Deleted in small batches, each a statement of its own, so that no page waits for one; run twice, the second run finds
nothing. Links to passwords need no purging: they are signed and stored nowhere.
"""

import datetime as dt

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from psycopg import sql

from contacthub.core import clock
from contacthub.core.batches import BATCH, delete_in_batches
from contacthub.organizations.models import Invitation

# Why not the ORM: the cache's table has no model.
FORGET_CACHE = """
DELETE FROM {table} WHERE cache_key IN (
    SELECT cache_key FROM {table} WHERE expires < %(now)s LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def forget_sessions() -> int:
    """Delete sessions that have ended. Returns how many."""
    return delete_in_batches(Session.objects.filter(expire_date__lt=clock.now()))


def forget_invitations() -> int:
    """Delete invitations whose link has expired, whatever became of them; the audit log has the story."""
    return delete_in_batches(Invitation.objects.filter(expires_at__lt=clock.now()))


def forget_cache_rows() -> int:
    """Delete rows of Django's cache that count no more, such as those of limits. Returns how many."""
    table = sql.Identifier(settings.CACHES["default"]["LOCATION"])
    statement = sql.SQL(FORGET_CACHE).format(table=table)
    values: dict[str, dt.datetime | int] = {"now": clock.now(), "batch": BATCH}
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, values)
            count = int(cursor.rowcount)
            deleted += count
            if count < BATCH:
                return deleted
