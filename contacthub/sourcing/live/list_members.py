"""What was saved of a live search as members of a list: contacts or companies."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from psycopg import sql

from contacthub.contacts import list_members
from contacthub.lists.sources import Source, register_reader
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization
from contacthub.sourcing.live.models import LiveSave
from contacthub.sourcing.live.queries import get_save

KIND = "live-save"
# Why not the ORM: they are put into the statements of lists.
CONTACTS = """
SELECT contact_key AS item FROM enrichment_livesaverow WHERE save_of_id = %(save)s AND contact_key IS NOT NULL
"""
COMPANIES = """
SELECT DISTINCT company.number AS item FROM enrichment_livesaverow AS row
JOIN contacts_company AS company ON company.id = row.company_id WHERE row.save_of_id = %(save)s
"""


def source_of(save: LiveSave) -> Source:
    """Return what a run saved as a source of members."""
    words = ": ".join(filter(None, (save.connection_name, save.words)))
    return Source(kind=KIND, ref={"save": str(save.pk)}, words=words)


class _SaveReader:
    """Reads the rows that a run saved."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        save = get_save(organization=organization, save_id=UUID(ref["save"]))
        if save.of_companies:
            return Items(sql.SQL(COMPANIES), {"save": save.pk})
        return list_members.keep_known(Items(sql.SQL(CONTACTS), {"save": save.pk}), organization)

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        yield self.select(organization, ref)


def register() -> None:
    """Register live searches as a source of members."""
    register_reader(KIND, _SaveReader())
