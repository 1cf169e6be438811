"""The contacts and companies of an export as members of lists: each that its rows name and the catalog has, once."""

from collections.abc import Iterator, Mapping
from typing import Any, LiteralString
from uuid import UUID

from psycopg import sql

from contacthub.contacts import list_members
from contacthub.exports.models import Export
from contacthub.exports.queries import get_export
from contacthub.exports.sql import all_rows
from contacthub.lists.sources import Source, register_reader
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization

KIND, COMPANY_KIND = "export", "export-companies"
# Why not the ORM: they are put into the statements of lists.
CONTACTS = "SELECT record.contact_key AS item {} AND record.contact_key IS NOT NULL"
REMOTE_CONTACTS = """
SELECT record.key AS item FROM exports_remotepage AS page CROSS JOIN LATERAL unnest(page.contact_key) AS record (key)
WHERE page.remote_id = {} AND record.key IS NOT NULL
"""
DOMAINS = "SELECT record.domain {}"
REMOTE_DOMAINS = """
SELECT record.domain FROM exports_remotepage AS page CROSS JOIN LATERAL unnest(page.domain) AS record (domain)
WHERE page.remote_id = {}
"""
# An own company takes the place of the shared one of its domain.
COMPANIES = """
SELECT DISTINCT found.number AS item FROM (SELECT DISTINCT domain FROM ({domains}) AS named) AS named
CROSS JOIN LATERAL (
    SELECT number FROM contacts_companyfacts AS facts
    WHERE facts.owner IN (0, %(owner)s) AND facts.domain = named.domain ORDER BY facts.owner DESC LIMIT 1
) AS found
"""


def source_of(export: Export) -> Source | None:
    """Return an export as a source of members: of its selection, else the contacts that its rows name.

    Returns None for an export that is not complete. Vendor feeds use the contact ids of the catalog.
    """
    if export.state != Export.State.COMPLETED:
        return None
    if export.selection is not None:
        source = list_members.source_of(export.selection)
        return Source(kind=source.kind, ref=source.ref, words=export.name)
    return Source(kind=KIND, ref={"export": str(export.pk)}, words=export.name)


def companies_of(export: Export) -> Source | None:
    """Return the companies of a feed's export as a source: those of the catalog with the domain of a row.

    None for an export that is not complete, and for one of a selection, which says itself what it has.
    """
    if export.state != Export.State.COMPLETED or export.selection is not None:
        return None
    return Source(kind=COMPANY_KIND, ref={"export": str(export.pk)}, words=export.name)


class _ExportReader:
    """Reads the contacts of a feed's export, whose rows never change."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        export = get_export(organization=organization, export_id=UUID(ref["export"]))
        return list_members.keep_known(
            Items(_read_rows(export, CONTACTS, REMOTE_CONTACTS)), organization
        )

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        yield self.select(organization, ref)


class _CompanyReader:
    """Reads the companies of a feed's export, as far as the catalog has them."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        export = get_export(organization=organization, export_id=UUID(ref["export"]))
        domains = _read_rows(export, DOMAINS, REMOTE_DOMAINS)
        return Items(sql.SQL(COMPANIES).format(domains=domains), {"owner": organization.pk})

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        yield self.select(organization, ref)


def _read_rows(export: Export, statement: LiteralString, of_remote: LiteralString) -> sql.Composed:
    if export.remote_id is not None:
        return sql.SQL(of_remote).format(sql.Literal(export.remote_id))
    return sql.SQL(statement).format(all_rows(export))


def register() -> None:
    """Register exports as sources of members."""
    register_reader(KIND, _ExportReader())
    register_reader(COMPANY_KIND, _CompanyReader())
