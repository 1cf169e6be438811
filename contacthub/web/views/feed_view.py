"""What the pages of feeds show, in words: a row of their list, the head of one, its numbers for a look-back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from contacthub.core import clock
from contacthub.feeds.mirror.queries import RemotePreview
from contacthub.feeds.models import Feed, FeedGrant, FeedTopic, Search
from contacthub.feeds.queries import Preview
from contacthub.web.job_words import Tag
from contacthub.web.money import MoneyLine
from contacthub.web.templatetags.figures import percent_of, plural, rows
from contacthub.web.templatetags.times import ago, day, moment, weekday

# A feed whose last rows are older than this is late.
LATE_HOURS = 25
# From this look-back on, pages do not mention the limit.
LONGEST_LOOKBACK = 90
TOPICS_SHOWN = 3
SORTS = (("name", "Name"), ("left", "Rows left, most first"))


@dataclass(frozen=True)
class FeedRow:
    """A feed in the list. Without a limit there is nothing left to count."""

    grant: FeedGrant
    url: str
    description: str
    tags: list[Tag]
    trend: list[int]
    recent: int
    limit: str
    left: str
    is_late: bool
    # How old what is said about it is, and of what.
    age_of: str
    age: str
    last_search: str

    @property
    def feed(self) -> Feed:
        """The feed itself."""
        return self.grant.feed


@dataclass(frozen=True)
class Lookback:
    """A look-back that is offered as a button."""

    days: int
    words: str
    is_pressed: bool
    is_allowed: bool
    title: str


@dataclass(frozen=True)
class DayRow:
    """A day of the chart and of the table below it."""

    words: str
    is_partial: bool
    counts: list[int]


@dataclass(frozen=True)
class Numbers:
    """What a look-back holds: day by day, in all, and the window it is of."""

    window: str
    legend: list[tuple[str, str]]
    columns: list[str]
    days: list[DayRow]
    record_count: int
    parts: list[tuple[str, int]]
    lines: list[MoneyLine]
    note: str = ""


# --- The list -------------------------------------------------------------------------------------


def describe_row(
    grant: FeedGrant, *, trend: list[int], recent: int, last_search: Search | None
) -> FeedRow:
    """Return a feed as the list shows it. `trend` counts its last days, `recent` the records of 30 days."""
    feed = grant.feed
    return FeedRow(
        grant,
        url=reverse("feed-detail", args=[feed.public_id]),
        description=feed.description if feed.description != feed.name else "",
        tags=[
            _make_option("PII", is_on=grant.is_pii_enabled),
            _make_option("Business info", is_on=grant.is_business_info_enabled),
            Tag(plural(grant.lookback_days, "day")),
        ],
        trend=trend,
        recent=recent,
        limit=rows(grant.export_row_limit),
        left=rows(grant.export_rows_remaining),
        is_late=not feed.is_remote and _is_late(feed),
        age_of="Quota" if feed.is_remote else "Refreshed",
        age=_find_age(feed),
        last_search=moment(last_search.created_at) if last_search else "Never",
    )


def _make_option(words: str, *, is_on: bool) -> Tag:
    return Tag(words, icon="check") if is_on else Tag(words, "off", "x")


def _is_late(feed: Feed) -> bool:
    age = clock.now() - feed.refreshed_at if feed.refreshed_at else None
    return age is not None and age.total_seconds() > LATE_HOURS * 3600


def _find_age(feed: Feed) -> str:
    """Return how old the rows of a feed are, or what a vendor reported of its own; nothing of one that is closed."""
    if feed.closed_because:
        return ""
    if feed.connection is None:
        return ago(feed.refreshed_at)
    return ago(feed.connection.feed_sync.answered_at)


def count_in_words(count: int, organization: str) -> str:
    """Return what the list of feeds says of itself."""
    feeds = plural(count, "feed")
    return f"{feeds} that {organization} may use. Previews and searches are free; exports use the feed's rows."


# --- One feed -------------------------------------------------------------------------------------


def list_tags(grant: FeedGrant) -> list[Tag]:
    """Return the options and limits of a feed."""
    limit, left = grant.export_row_limit, grant.export_rows_remaining
    pii, business = grant.is_pii_enabled, grant.is_business_info_enabled
    return [
        _make_option("PII allowed" if pii else "No PII", is_on=pii),
        _make_option("Business info allowed" if business else "No business info", is_on=business),
        Tag(f"Up to {plural(grant.lookback_days, 'day')} back", icon="calendar"),
        Tag("No row limit set", kind="off")
        if limit is None
        else Tag(f"{rows(left)} of {rows(limit)} rows left", kind="accent"),
    ]


def describe_feed(feed: Feed, topics: Sequence[FeedTopic]) -> str:
    """Return what a feed of this instance is about and how fresh it is; `topics` are its first ones. May hold HTML."""
    named = f": {', '.join(each.topic for each in topics[:TOPICS_SHOWN])}" if topics else ""
    more = " and more" if len(topics) > TOPICS_SHOWN else ""
    return format_html(
        "{}{}{}{}. Refreshed {}. Days are in UTC.",
        _describe_own(feed),
        plural(len(topics), "topic"),
        named,
        more,
        ago(feed.refreshed_at),
    )


def describe_remote_feed(feed: Feed) -> str:
    """Return whose feed it is, and as of when its options and rows are known. May hold HTML."""
    return format_html(
        "{}A feed of {}. Options and rows left: {}. Days are in UTC.",
        _describe_own(feed),
        feed.vendor_label,
        _describe_report(feed),
    )


def _describe_own(feed: Feed) -> str:
    return f"{feed.description}. " if feed.description != feed.name else ""


def _describe_report(feed: Feed) -> str:
    vendor = feed.vendor_label
    if feed.closed_because or feed.connection is None:
        return f"as {vendor} last reported"
    sync = feed.connection.feed_sync
    if sync.error:
        words = "{} isn't responding; as it reported {}"
        return format_html(words, vendor, ago(sync.answered_at))
    return format_html("as {} reported {}", vendor, ago(sync.answered_at))


def list_lookbacks(grant: FeedGrant, offered: Sequence[int], days: int) -> list[Lookback]:
    """Return the look-backs that are offered, the shortest first; `days` is the one that is shown, 0 for none."""
    return [
        Lookback(
            days=each,
            words=f"{each} days" if place == 0 else str(each),
            is_pressed=each == days,
            is_allowed=each <= grant.lookback_days,
            title="" if each <= grant.lookback_days else f"Limited to {grant.lookback_days} days",
        )
        for place, each in enumerate(offered)
    ]


def describe_preview(
    grant: FeedGrant, preview: Preview, *, arrived: int | None, last_search: Search | None
) -> Numbers:
    """Return the numbers of a feed of this instance; `arrived` counts the rows since one's last search."""
    lines = [
        MoneyLine("Unique domains", rows(preview.domain_count), kind="after"),
        MoneyLine("Unique contacts", rows(preview.contact_count)),
    ]
    if last_search is not None:
        name = format_html("Arrived since your search, {}", moment(last_search.created_at))
        lines.append(MoneyLine(name, f"+{rows(arrived)}"))
    return Numbers(
        window=_describe_window(grant, preview, "today included and partial"),
        legend=[("l-1", "With contact_id"), ("l-2", "Without"), ("l-held", "Today, partial")],
        columns=["Records", "With contact_id", "Without"],
        days=[
            DayRow(
                weekday(each.day),
                each.is_partial,
                [each.records, each.with_contact, each.without_contact],
            )
            for each in preview.days
        ],
        record_count=preview.record_count,
        parts=preview.parts,
        lines=[*_list_parts(preview), *lines],
    )


def describe_remote_preview(grant: FeedGrant, preview: RemotePreview) -> Numbers:
    """Return the numbers that a vendor gave for a feed of its own."""
    vendor = grant.feed.vendor_label
    return Numbers(
        window=_describe_window(grant, preview, f"as {vendor} counts them"),
        legend=[("l-1", "Records")],
        columns=["Records"],
        days=[DayRow(weekday(each.day), False, [each.records]) for each in preview.days],
        record_count=preview.record_count,
        parts=preview.parts,
        lines=_list_parts(preview),
        note=f"{vendor}'s own numbers, received just now.",
    )


def _describe_window(grant: FeedGrant, preview: Preview | RemotePreview, how: str) -> str:
    limited = f". Limited to {plural(grant.lookback_days, 'day')}"
    end = limited if grant.lookback_days < LONGEST_LOOKBACK else ""
    return f"{day(preview.window.start)} to {day(preview.window.end)}, {how}{end}"


def _list_parts(preview: Preview | RemotePreview) -> list[MoneyLine]:
    found, share = (
        preview.with_contact_count,
        percent_of(preview.with_contact_count, preview.record_count),
    )
    return [
        MoneyLine("With contact_id", rows(found), note=f"{share}%", value_css="ch-strong"),
        MoneyLine("Without contact_id", rows(preview.without_contact_count)),
    ]
