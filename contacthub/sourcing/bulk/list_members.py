"""The contacts that a pull brought as members of a list."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from psycopg import sql

from contacthub.contacts import list_members
from contacthub.jobs.models import Job
from contacthub.lists.sources import Source, register_reader
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization
from contacthub.sourcing.bulk.models import Pull, PullFragment
from contacthub.sourcing.bulk.queries import get_pull

KIND = "pull"
# Why not the ORM: it is put into the statements of lists.
CONTACTS = """
SELECT key AS item FROM pulls_pullfragment AS fragment CROSS JOIN LATERAL unnest(contact_keys) AS key
WHERE fragment.pull_id = %(pull)s
"""


def source_of(pull: Pull) -> Source | None:
    """Return a pull as a source of members.

    None for one that is not complete, for one without contacts, and for one of before its contacts were kept.
    """
    if pull.job is None or pull.job.state != Job.State.COMPLETED:
        return None
    if not PullFragment.objects.filter(pull=pull).exclude(contact_keys=[]).exists():
        return None
    return Source(kind=KIND, ref={"pull": str(pull.pk)}, words=f"{pull.connection_name}: {pull}")


class _PullReader:
    """Reads the contacts of a pull; a complete one never changes."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        pull = get_pull(organization=organization, pull_id=UUID(ref["pull"]))
        return list_members.keep_known(Items(sql.SQL(CONTACTS), {"pull": pull.pk}), organization)

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        yield self.select(organization, ref)


def register() -> None:
    """Register pulls as a source of members."""
    register_reader(KIND, _PullReader())
