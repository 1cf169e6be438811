"""Which exports of feeds hold a contact."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from contacthub.exports.models import Export
from contacthub.feeds.models import IntentRecord
from contacthub.organizations.models import Organization

# Feed, day, batch and fingerprint of a record.
Record = tuple[int, dt.date, int, UUID]
# Records of one contact that are compared with exports, the newest first.
MOST_RECORDS = 2000


def list_exports_with(*, organization: Organization, key: int, most: int = 5) -> Sequence[Export]:
    """List the finished exports of our own feeds whose file holds a contact, by its key, the newest first.

    A limited export holds it only if one of its rows before the limit is the contact's.
    """
    records = list(
        IntentRecord.objects.filter(contact_key=key)
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
