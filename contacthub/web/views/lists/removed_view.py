"""Members that are no longer in the catalog, in words: their ids are all that is left of them."""

import datetime as dt
from dataclasses import dataclass

from contacthub.contacts.sql.list_members import Removed
from contacthub.core.public_ids import format_contact_id
from contacthub.lists.models import List
from contacthub.lists.sources import KIND_WORDS


@dataclass(frozen=True)
class RemovedRow:
    """A removed person or company."""

    name: str
    id: str
    added_at: dt.datetime
    added_by: str
    source: str


def describe_removed(target: List, removed: Removed) -> RemovedRow:
    """Return a removed member as its page shows it."""
    words = (KIND_WORDS.get(removed.source, removed.source), removed.words)
    return RemovedRow(
        name="Removed company" if target.of_companies else "Removed person",
        id=str(removed.item) if target.of_companies else format_contact_id(removed.item),
        added_at=removed.added_at,
        added_by=removed.added_by,
        source=": ".join(filter(None, words)),
    )
