"""Which exports hold a contact: those of feeds by their records, those of the catalog by the rows they kept."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from contacthub.contacts.merging.frozen import list_parts
from contacthub.contacts.merging.queries import list_all_keys
from contacthub.contacts.models import Contact, SelectionPart
from contacthub.exports.models import Export
from contacthub.feeds.models import IntentRecord
from contacthub.organizations.models import Organization

# Feed, day, batch and fingerprint of a record.
Record = tuple[int, dt.date, int, UUID]
# Rows of catalog exports that are looked through, the newest exports first: 45 ms for a million.
MOST_ROWS = 2_000_000
# Records of one contact that are compared with exports, the newest first.
MOST_RECORDS = 2000


def list_exports_with(*, organization: Organization, key: int, most: int = 5) -> Sequence[Export]:
    """List the finished exports of an organization whose file holds a contact, by its key, the newest first.

    Under a former key, too. Of the catalog only those whose file is still there: their rows are forgotten with it; and
    the newest of these, see `has_older_exports`.
    """
    found = [
        *_list_of_feeds(organization, key, most),
        *_list_of_catalog(organization, key, most),
    ]
    return sorted(found, key=lambda each: each.created_at, reverse=True)[:most]


def _list_of_catalog(organization: Organization, key: int, most: int) -> list[Export]:
    """An export holds the number of a row, which was the shared contact before the organization had its own."""
    contacts = Contact.objects.filter(Q(organization=None) | Q(organization=organization), key=key)
    numbers = list_parts(contacts.values_list("pk", flat=True))
    looked_through, _ = _split(organization)
    parts = SelectionPart.objects.filter(selection__in=looked_through, ids__overlap=numbers)
    holding = set(parts.values_list("selection", flat=True))
    found = Export.objects.filter(organization=organization, selection__in=holding)
    return list(found.order_by("-created_at")[:most])


def has_older_exports(*, organization: Organization) -> bool:
    """Return whether there are files of the catalog that `list_exports_with` leaves out because there are too many."""
    return bool(_split(organization)[1])


def _split(organization: Organization) -> tuple[list[UUID], list[UUID]]:
    """Return the selections of kept files of contacts that are looked through, the newest ones, and the others."""
    kept = (
        Export.objects.filter(
            organization=organization,
            state=Export.State.COMPLETED,
            selection__of_companies=False,
            selection__parts__place=0,
        )
        .order_by("-created_at")
        .values_list("selection", "selection__count")
    )
    near: list[UUID] = []
    far: list[UUID] = []
    rows = 0
    for selection, count in kept:
        rows += count
        (far if rows > MOST_ROWS and near else near).append(selection)
    return near, far


def _list_of_feeds(organization: Organization, key: int, most: int) -> list[Export]:
    """A limited export holds a contact only if one of its rows before the limit is the contact's."""
    records = list(
        IntentRecord.objects.filter(
            contact_key__in=list_all_keys(organization=organization, key=key)
        )
        .order_by("-observed_on")
        .values_list("feed_id", "observed_on", "batch", "fingerprint")[:MOST_RECORDS]
    )
    if not records:
        return []
    exports = (
        Export.objects.filter(
            organization=organization,
            state=Export.State.COMPLETED,
            remote=None,
            search__feed__in={feed for feed, *_ in records},
        )
        .select_related("search")
        .order_by("-created_at")
    )
    found: list[Export] = []
    for export in exports:
        if len(found) < most and _holds(export, records):
            found.append(export)
    return found


def _holds(export: Export, records: Sequence[Record]) -> bool:
    search = export.feed_search
    inside = [
        (day, mark)
        for feed, day, batch, mark in records
        if feed == search.feed_id
        and search.start_on <= day <= search.end_on
        and batch <= search.watermark
    ]
    if not inside or not export.is_limited:
        return bool(inside)
    # Newest day first: the file ends at the last record of its last page.
    last = export.boundaries.order_by("-page").first()
    return last is not None and max(inside) >= (last.last_on, last.last_fingerprint)
