"""What lists need of the catalog: selections as a source of members, today's items of older ones, removed members."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from contacthub.contacts import selections
from contacthub.contacts.models import Selection
from contacthub.contacts.sql import list_members as sql
from contacthub.lists.models import List
from contacthub.lists.sources import Source, register_reader
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization

KIND = "selection"


def source_of(selection: Selection) -> Source:
    """Return a selection as a source of members."""
    return Source(kind=KIND, ref={"selection": str(selection.pk)}, words=selection.words)


def keep_known(items: Items, organization: Organization) -> Items:
    """Return the query for contacts under their keys of today, each once, without those that the catalog lacks."""
    return sql.keep_known(items, owner=organization.pk)


def count_removed(*, target: List) -> int:
    """Return how many members the organization no longer sees in its catalog. Of a million: about a second."""
    return sql.count_removed(
        list_id=target.pk, owner=target.organization_id, of_companies=target.of_companies
    )


def list_removed(*, target: List, after: int | None, most: int) -> list[sql.Removed]:
    """List members that are no longer in the catalog, by item, behind one."""
    return sql.list_removed(
        list_id=target.pk,
        owner=target.organization_id,
        of_companies=target.of_companies,
        after=after,
        most=most,
    )


class _SelectionReader:
    """Reads a selection: as its question finds it now to count, frozen to act on."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        found = selections.get_selection(
            organization=organization, selection_id=UUID(ref["selection"])
        )
        return selections.select_items(selection=found)

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        selection_id = UUID(ref["selection"])
        selections.get_selection(organization=organization, selection_id=selection_id)
        selection = selections.freeze_selection(selection_id=selection_id)
        for _, ids in selections.iterate_parts(selection=selection):
            yield sql.items_of(ids, of_companies=selection.of_companies)


def register() -> None:
    """Register selections as a source of members."""
    register_reader(KIND, _SelectionReader())
