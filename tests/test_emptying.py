"""What a test leaves behind for the next one: nothing, in whatever table."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from contacthub.feeds.models import FeedGrant
from contacthub.organizations.models import Organization, User
from tests.emptying import KEPT, LARGE_BYTES, empty

pytestmark = pytest.mark.django_db(transaction=True)
FILL = "INSERT INTO contacthub_cache SELECT 'key ' || n, 'value', now() FROM generate_series(1, 100000) AS n"


def list_filled() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        names = [name for (name,) in cursor.fetchall()]
        filled = set()
        for name in names:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")
            if cursor.fetchone() == (True,):
                filled.add(name)
    return filled


def size_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass)", [table])
        return int(cursor.fetchone()[0])


def test_all_that_was_written_is_gone(grant: FeedGrant, alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    assert size_of("contacthub_cache") > LARGE_BYTES
    assert {"feeds_feedgrant", "organizations_auditevent", "contacthub_cache"} <= list_filled()
    empty()
    assert list_filled() == set(KEPT)
    assert size_of("contacthub_cache") == 0
    assert Permission.objects.exists()


def test_the_next_test_finds_nothing() -> None:
    assert not Organization.objects.exists()
    assert list_filled() <= set(KEPT)
