"""The exports of an organization that hold a company: records of its domain, or its people."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection

from contacthub.contacts.intent import FrozenSearch, count_frozen
from contacthub.exports.models import Export
from contacthub.exports.queries import list_exports
from contacthub.organizations.models import Organization

# So many of the newest exports are looked through.
MOST_EXPORTS = 50


@dataclass(frozen=True)
class CompanyExport:
    """An export that holds a company, and in how many rows; `is_at_most` where its rows were limited."""

    export: Export
    rows: int
    is_at_most: bool = False


def list_company_exports(
    *, organization: Organization, domain: str | None, contacts: Collection[int]
) -> list[CompanyExport]:
    """List the newest exports that hold records of a domain, or some contacts by primary key, newest first.

    Files of vendors' feeds are not looked through, nor is one that was never completed.
    """
    exports = [
        export
        for export in list_exports(organization=organization)[:MOST_EXPORTS]
        if export.state == Export.State.COMPLETED and export.remote_id is None
    ]
    found = _count_records(exports, domain) | _count_people(exports, contacts)
    return [
        CompanyExport(export, found[export.pk], export.is_limited)
        for export in exports
        if found.get(export.pk)
    ]


def _count_records(exports: Iterable[Export], domain: str | None) -> dict[object, int]:
    searched = [(e, e.search) for e in exports if e.search is not None]
    if not domain or not searched:
        return {}
    frozen = [
        FrozenSearch(search.feed_id, search.start_on, search.end_on, search.watermark)
        for _, search in searched
    ]
    counts = count_frozen(domain=domain, searches=frozen)
    return {
        export.pk: with_contact if export.require_contact_id else records
        for (export, _), (records, with_contact) in zip(searched, counts, strict=True)
    }


# Why not the ORM: parts hold ten thousand ids each, which are compared where they are.
COUNT_PEOPLE = """
SELECT part.selection_id, count(*) FROM contacts_selectionpart AS part CROSS JOIN LATERAL unnest(part.ids) AS row (id)
WHERE part.selection_id = ANY(%(selections)s) AND part.ids && %(contacts)s::bigint[]
    AND row.id = ANY(%(contacts)s::bigint[])
GROUP BY part.selection_id
"""


def _count_people(exports: Iterable[Export], contacts: Collection[int]) -> dict[object, int]:
    selected = {
        e.selection_id: e.pk
        for e in exports
        if e.selection is not None and not e.selection.of_companies
    }
    if not contacts or not selected:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_PEOPLE, {"selections": list(selected), "contacts": list(contacts)})
        return {selected[selection]: rows for selection, rows in cursor.fetchall()}
