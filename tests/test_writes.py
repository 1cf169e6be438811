"""The count by which other tests show that a refused request wrote nothing."""

import pytest

from contacthub.organizations.models import Organization
from tests.writes import count_writes, undone

pytestmark = pytest.mark.django_db


def test_each_kind_of_write_is_counted_even_if_undone() -> None:
    # What Postgres has not summed up yet may be from before this test.
    inserts, updates, deletes = count_writes().get("organizations_organization", (0, 0, 0))
    with undone():
        made = Organization.objects.create(slug="new", name="New")
        mine = Organization.objects.filter(pk=made.pk)
        mine.update(name="Newer")
        # Without what hangs on it, of which nobody may delete the audit log.
        mine._raw_delete(mine.db)
    assert not Organization.objects.exists()
    counted = count_writes()["organizations_organization"]
    assert counted == (inserts + 1, updates + 1, deletes + 1)
    assert "organizations_organization" not in count_writes("organizations_organization")


def test_reading_counts_nothing() -> None:
    before = count_writes()
    assert not Organization.objects.exists()
    assert count_writes() == before
