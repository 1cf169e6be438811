"""What an organization's feeds observed of companies and people, as pages show it.

Everything here is read inside the windows that the organization is granted at this moment, and no further back than
intent is kept for searches (`contacts.models.KEPT_DAYS`).
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.models import RECENT_DAYS
from contacthub.contacts.sql import observed as sql
from contacthub.contacts.windows import check_granted, list_windows
from contacthub.organizations.models import Organization

__all__ = [
    "RECENT_DAYS",
    "FrozenSearch",
    "TopicCount",
    "TopicDay",
    "check_granted",
    "count_frozen",
    "count_recent",
    "count_topics",
    "list_last_days",
    "list_topic_days",
    "list_windows",
]


class FrozenSearch(NamedTuple):
    """A feed by primary key, the first and the last day, and the last import that counts."""

    feed: int
    start: dt.date
    end: dt.date
    batch: int


class TopicDay(NamedTuple):
    """The records of a domain in one feed, on one topic and day. Without any score `best` is None.

    `contacts` are the keys inside the ids of the contacts that records name, once for each record.
    """

    feed: int
    topic: str
    day: dt.date
    records: int
    best: float | None
    contacts: list[int]


@dataclass(frozen=True)
class TopicCount:
    """A topic with its records in the windows of an organization."""

    topic: str
    records: int


def list_last_days(
    *, organization: Organization, filters: CompanyFilters, domains: Collection[str]
) -> dict[str, dt.date]:
    """Return the last day on which records that the filters ask for observed each of some domains, as far as any."""
    return dict(sql.read_last_days(filters, owner=organization.pk, domains=sorted(domains)))


def count_recent(
    *, organization: Organization, filters: CompanyFilters, domains: Collection[str]
) -> dict[str, int]:
    """Count the records of each of some domains in the last `RECENT_DAYS` days, in the filters' feeds and topics.

    In fewer days where the filters or a grant go back less far; domains without any are left out.
    """
    return dict(sql.read_recent(filters, owner=organization.pk, domains=sorted(domains)))


def count_topics(*, organization: Organization, filters: CompanyFilters) -> list[TopicCount]:
    """Count the records of each topic in the windows of the filters' feeds, the most frequent first."""
    rows = sql.count_topics(filters, owner=organization.pk)
    return [TopicCount(topic, records) for topic, records in rows]


def list_topic_days(*, organization: Organization, domain: str) -> list[TopicDay]:
    """List what feeds observed of a domain by topic and day, in the order of feeds, topics and days."""
    return [
        TopicDay._make(row) for row in sql.read_topic_days(owner=organization.pk, domain=domain)
    ]


def count_frozen(*, domain: str, searches: Sequence[FrozenSearch]) -> list[tuple[int, int]]:
    """Count the records of a domain in frozen searches, all and with a contact, aligned by index.

    For searches of the caller's own organization, which keeps what it froze when a window is shortened. Of days that
    are no longer kept nothing is counted.
    """
    if not searches:
        return []
    rows = sql.count_frozen(domain=domain, searches=searches)
    found = {place: (records, with_contact) for place, records, with_contact in rows}
    return [found.get(place, (0, 0)) for place in range(1, len(searches) + 1)]
