"""Reads about feeds, previews, searches and the ledger, each with a name."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum

from contacthub.contacts.intent import TopicDay, list_topic_days
from contacthub.contacts.merging.queries import list_all_keys
from contacthub.core.errors import NotFound
from contacthub.feeds import sql
from contacthub.feeds.models import (
    Feed,
    FeedDay,
    FeedGrant,
    FeedTopic,
    IntentBatch,
    IntentRecord,
    QuotaEntry,
    Search,
)
from contacthub.feeds.windows import Window, find_window
from contacthub.organizations.models import Organization, User

# Topics times days of one contact; its page shows no more.
MOST_INTENT_DAYS = 1000


@dataclass(frozen=True)
class DayCount:
    """Records observed on one UTC day."""

    day: dt.date
    records: int
    with_contact: int
    is_partial: bool = False

    @property
    def without_contact(self) -> int:
        """Return the records that did not resolve to a contact."""
        return self.records - self.with_contact


@dataclass(frozen=True)
class DayTotal:
    """Records of several days, and how many of them resolved to a contact."""

    records: int
    with_contact: int


@dataclass(frozen=True)
class Preview:
    """What a feed holds in a window: exact, from one moment, saved nowhere."""

    window: Window
    days: list[DayCount]
    domain_count: int
    contact_count: int

    @property
    def record_count(self) -> int:
        """Return the records in the window."""
        return sum(day.records for day in self.days)

    @property
    def with_contact_count(self) -> int:
        """Return the records that resolved to a contact."""
        return sum(day.with_contact for day in self.days)

    @property
    def without_contact_count(self) -> int:
        """Return the records that did not."""
        return self.record_count - self.with_contact_count

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Return the two parts of the records as they are drawn: classes and counts."""
        return [("used", self.with_contact_count), ("part", self.without_contact_count)]


@dataclass(frozen=True)
class ContactIntent:
    """What one feed observed of one contact on one topic, within the organization's lookback. Days are UTC dates."""

    feed: Feed
    topic: str
    score: float | None
    days: dict[dt.date, int]

    @property
    def record_count(self) -> int:
        """Return the records on all days."""
        return sum(self.days.values())


@dataclass(frozen=True)
class DomainTopic:
    """What one feed observed of a domain on one topic, within the organization's look-back: each day's records."""

    feed: Feed
    topic: str
    days: list[TopicDay]

    @property
    def last_day(self) -> dt.date:
        """Return the last day with a record."""
        return max(each.day for each in self.days)

    @property
    def contacts(self) -> set[int]:
        """Return the keys of the contacts that records name."""
        return {key for each in self.days for key in each.contacts}

    def count_since(self, day: dt.date) -> int:
        """Return the records from a day on."""
        return sum(each.records for each in self.days if each.day >= day)


def get_feed(*, public_id: UUID) -> Feed:
    """Return a feed of the instance, for the operator's commands. Raises `NotFound`."""
    feed = Feed.objects.filter(public_id=public_id).first()
    if feed is None:
        raise NotFound("There is no such feed.")
    return feed


def list_grants(*, organization: Organization, local_only: bool = False) -> QuerySet[FeedGrant]:
    """List the feeds an organization may use, by name; `local_only` leaves out those of vendors."""
    grants = FeedGrant.objects.filter(organization=organization)
    if local_only:
        grants = grants.filter(feed__remote_id="")
    return (
        grants.select_related("feed__connection__feed_sync", "feed__connection__health")
        .defer("feed__connection__sealed")
        .order_by("feed__name", "pk")
    )


def get_grant(*, organization: Organization, feed_id: UUID, local_only: bool = False) -> FeedGrant:
    """Return an organization's grant of a feed by the feed's public id. Raises `NotFound`."""
    grants = list_grants(organization=organization, local_only=local_only)
    grant = grants.filter(feed__public_id=feed_id).first()
    if grant is None:
        raise NotFound("There is no such feed.")
    return grant


def get_preview(*, grant: FeedGrant, lookback_days: int, today: dt.date) -> Preview:
    """Count a feed's records for a lookback that ends today, day by day, with exact distinct counts.

    Reads at most one small row per day whatever the size of the feed. Raises as `find_window` does.
    """
    window = find_window(grant=grant, lookback_days=lookback_days, today=today)
    days: dict[dt.date, tuple[int, int]] = {}
    distinct = {"domain": 0, "contact": 0}
    for kind, day, count, with_contact in sql.preview(
        feed_id=grant.feed_id, start=window.start, end=window.end
    ):
        if day is None:
            distinct[kind] = count
        else:
            days[day] = (count, with_contact or 0)
    counts = [DayCount(day, *days.get(day, (0, 0)), is_partial=day == today) for day in window.days]
    return Preview(window, counts, distinct["domain"], distinct["contact"])


def list_daily_counts(*, feed_ids: list[int], since: dt.date) -> dict[int, dict[dt.date, int]]:
    """Return records per day of several feeds, for trends in rows: feed id → day → records."""
    counts: dict[int, dict[dt.date, int]] = {feed_id: {} for feed_id in feed_ids}
    for feed_id, day, records in FeedDay.objects.filter(
        feed_id__in=feed_ids, day__gte=since
    ).values_list("feed_id", "day", "record_count"):
        counts[feed_id][day] = records
    return counts


def list_contact_intent(
    *, organization: Organization, contact_key: int, today: dt.date
) -> list[ContactIntent]:
    """List what the feeds of an organization observed of a contact, the topic seen last first.

    Each feed is read as far back as its grant allows, today included; feeds without a grant are not read at all.
    """
    grants = {grant.feed_id: grant for grant in list_grants(organization=organization)}
    if not grants:
        return []
    allowed = Q()
    for grant in grants.values():
        window = find_window(grant=grant, lookback_days=grant.lookback_days, today=today)
        allowed |= Q(feed=grant.feed, observed_on__range=(window.start, window.end))
    keys = list_all_keys(organization=organization, key=contact_key)
    records = (
        IntentRecord.objects.filter(allowed, contact_key__in=keys)
        .values_list("feed_id", "topic", "observed_on")
        .annotate(count=Count("*"), best=Max("score"))
        .order_by("-observed_on", "feed_id", "topic")
    )
    found: dict[tuple[int, str], ContactIntent] = {}
    for feed_id, topic, day, count, score in records[:MOST_INTENT_DAYS]:
        intent = found.setdefault(
            (feed_id, topic), ContactIntent(grants[feed_id].feed, topic, score, {})
        )
        intent.days[day] = count
    return list(found.values())


def list_domain_topics(*, organization: Organization, domain: str) -> list[DomainTopic]:
    """List what the feeds of an organization observed of a domain by topic, the one with the most records first.

    No further back than each grant allows, and than intent is kept for searches.
    """
    feeds = {grant.feed_id: grant.feed for grant in list_grants(organization=organization)}
    rows = list_topic_days(organization=organization, domain=domain)
    found = [
        DomainTopic(feeds[feed], topic, list(days))
        for (feed, topic), days in groupby(rows, key=lambda row: (row.feed, row.topic))
        if feed in feeds
    ]
    return sorted(found, key=lambda each: -sum(day.records for day in each.days))


def list_topics(*, feed: Feed) -> list[FeedTopic]:
    """List a feed's topics, the most frequent first."""
    return list(FeedTopic.objects.filter(feed=feed).order_by("-record_count", "topic"))


def list_topics_of(*, feeds: Collection[int]) -> list[FeedTopic]:
    """List the topics of some feeds, given by primary key, the most frequent first."""
    return list(FeedTopic.objects.filter(feed__in=feeds).order_by("-record_count", "topic"))


def get_search(*, organization: Organization, search_id: UUID, local_only: bool = False) -> Search:
    """Return a saved search of this organization. Raises `NotFound`, for a vendor's too where `local_only`."""
    search = list_searches(organization=organization).filter(pk=search_id).first()
    if search is None or (local_only and search.remote_id):
        raise NotFound("There is no such search.")
    return search


def count_days(*, search: Search) -> list[DayCount]:
    """Count a saved search's records by day, every day of its window, exactly as frozen.

    Until the feed takes in more, its own counts by day are those of the search; after that the records are counted.
    """
    window = (search.start_on, search.end_on)
    counts = FeedDay.objects.filter(
        feed=search.feed_id, feed__last_batch=search.watermark, day__range=window
    ).values_list("day", "record_count", "with_contact_count")
    found = {day: (records, with_contact) for day, records, with_contact in counts}
    if not found:
        frozen = IntentRecord.objects.filter(
            feed=search.feed_id, observed_on__range=window, batch__lte=search.watermark
        )
        lines = frozen.values_list("observed_on").annotate(
            records=Count("*"), with_contact=Count("contact_key")
        )
        found = {day: (records, with_contact) for day, records, with_contact in lines.order_by()}
    days = Window(search.start_on, search.end_on).days
    return [DayCount(day, *found.get(day, (0, 0))) for day in days]


def count_within(*, search: Search, window: Window, may_read: int) -> DayTotal | None:
    """Count the records of a saved search of a local feed inside a window, exactly as frozen.

    The sums by day answer where the search's window lies inside, or nothing came into the feed since. Otherwise
    records are read on one side of the border; None if those are more than `may_read`.
    """
    start, end = max(search.start_on, window.start), min(search.end_on, window.end)
    whole = DayTotal(search.record_count, search.with_contact_count)
    if start > end:
        return DayTotal(0, 0)
    if (start, end) == (search.start_on, search.end_on):
        return whole
    days = FeedDay.objects.filter(feed=search.feed_id)
    inside = days.filter(day__range=(start, end)).aggregate(
        records=Sum("record_count", default=0),
        with_contact=Sum("with_contact_count", default=0),
        last_batch=Max("feed__last_batch"),
    )
    if inside["last_batch"] in (None, search.watermark):
        return DayTotal(inside["records"], inside["with_contact"])
    span = (search.start_on, search.end_on)
    every = days.filter(day__range=span).aggregate(records=Sum("record_count", default=0))
    outside = every["records"] - inside["records"]
    if min(inside["records"], outside) > may_read:
        return None
    frozen = IntentRecord.objects.filter(
        feed=search.feed_id, observed_on__range=span, batch__lte=search.watermark
    )
    is_inside = Q(observed_on__range=(start, end))
    is_shorter = inside["records"] <= outside
    read = frozen.filter(is_inside if is_shorter else ~is_inside).aggregate(
        records=Count("*"), with_contact=Count("contact_key")
    )
    part = DayTotal(read["records"], read["with_contact"])
    if is_shorter:
        return part
    return DayTotal(whole.records - part.records, whole.with_contact - part.with_contact)


def list_searches(*, organization: Organization, feed: Feed | None = None) -> QuerySet[Search]:
    """List saved searches, newest first, of one feed or of all."""
    searches = Search.objects.filter(organization=organization)
    if feed is not None:
        searches = searches.filter(feed=feed)
    return (
        searches.select_related("feed__connection__health", "grant", "created_by")
        .defer("feed__connection__sealed")
        .order_by("-created_at", "-id")
    )


def count_arrived_since(*, search: Search) -> int:
    """Return how many records the feed has taken in since a search was frozen, whatever day they are dated."""
    later = IntentBatch.objects.filter(feed_id=search.feed_id, number__gt=search.watermark)
    return later.aggregate(total=Sum("row_count"))["total"] or 0


def find_last_search(*, organization: Organization, user: User, feed: Feed) -> Search | None:
    """Return the newest search a person ran on a feed."""
    return list_searches(organization=organization, feed=feed).filter(created_by=user).first()


def find_last_searches(*, organization: Organization, user: User) -> dict[int, Search]:
    """Return the newest search a person ran on each feed: feed id → search."""
    mine = Search.objects.filter(organization=organization, created_by=user)
    return {
        s.feed_id: s for s in mine.order_by("feed_id", "-created_at", "-id").distinct("feed_id")
    }


def lock_search(*, search_id: UUID) -> Search:
    """Return a search locked for the caller's transaction: the first of the locks that spending takes."""
    return Search.objects.select_for_update().get(pk=search_id)


def list_entries(
    *, organization: Organization, grant: FeedGrant | None = None
) -> QuerySet[QuotaEntry]:
    """List the ledger of an organization, newest first, of one feed or of all."""
    entries = QuotaEntry.objects.filter(grant__organization=organization)
    if grant is not None:
        entries = entries.filter(grant=grant)
    return entries.select_related("grant__feed").order_by("-at", "-id")


def list_ledger_drift(*, organization: Organization | None = None) -> list[tuple[FeedGrant, int]]:
    """List the grants of an organization, or of all, whose used rows are not the sum of their ledger, with that sum.

    Always empty, or money is wrong.
    """
    grants = FeedGrant.objects.annotate(entered=Sum("entries__rows", default=0))
    if organization is not None:
        grants = grants.filter(organization=organization)
    return [
        (g, g.entered) for g in grants.select_related("feed") if g.entered != g.export_rows_used
    ]


def list_unexplained_holds() -> list[tuple[FeedGrant, int]]:
    """List the grants whose held rows are not those of searches whose charge is not settled, with that sum."""
    open_charge = Q(searches__charged_export__isnull=False, searches__is_charge_settled=False)
    grants = FeedGrant.objects.annotate(
        charged=Sum("searches__charged_rows", filter=open_charge, default=0)
    )
    return [
        (g, g.charged) for g in grants.select_related("feed") if g.charged != g.export_rows_held
    ]
