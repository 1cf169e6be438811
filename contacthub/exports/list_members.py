"""The contacts of an export as members of a list: each contact of its rows that the catalog has, once."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from psycopg import sql

from contacthub.contacts import list_members
from contacthub.exports.models import Export
from contacthub.exports.queries import get_export
from contacthub.exports.sql import all_rows
from contacthub.lists.sources import Source, register_reader
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization

KIND = "export"


def source_of(export: Export) -> Source | None:
    """Return an export as a source of members; None for one whose rows name no contacts of this catalog's."""
    if export.remote_id is not None or export.state != Export.State.COMPLETED:
        return None
    if export.selection is not None:
        source = list_members.source_of(export.selection)
        return Source(kind=source.kind, ref=source.ref, words=export.name)
    return Source(kind=KIND, ref={"export": str(export.pk)}, words=export.name)


class _ExportReader:
    """Reads the rows of a feed's export; they never change."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        export = get_export(organization=organization, export_id=UUID(ref["export"]))
        text = sql.SQL("SELECT record.contact_key AS item {} AND record.contact_key IS NOT NULL")
        return list_members.keep_known(Items(text.format(all_rows(export))), organization)

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        yield self.select(organization, ref)


def register() -> None:
    """Register exports as a source of members."""
    register_reader(KIND, _ExportReader())
