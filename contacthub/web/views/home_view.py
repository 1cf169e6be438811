"""What Home shows, in words: the first steps, the rows left of each feed, what is new in a search."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from contacthub.feeds.models import Feed, FeedGrant, Search
from contacthub.jobs.models import Job
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.templatetags.times import day


@dataclass(frozen=True)
class Step:
    """One of the first steps; without an address there is nothing to press."""

    title: str
    text: str
    is_done: bool
    is_next: bool
    url: str = ""
    action: str = ""

    @property
    def css(self) -> str:
        """The class of the step in its list."""
        return "is-done" if self.is_done else "is-next" if self.is_next else ""


@dataclass(frozen=True)
class QuotaRow:
    """The rows left of one feed: the figure, and a note on the limit and how long it will last."""

    grant: FeedGrant
    url: str
    figure: str
    note: str


@dataclass(frozen=True)
class SearchRow:
    """A saved search with the rows that arrived since. If the feed is from a vendor, they are not counted."""

    feed: Feed
    url: str
    window: str
    arrived: str
    is_new: bool
    record_count: int
    trend: list[int]
    action: str


@dataclass(frozen=True)
class JobRow:
    """A job with the word that its own page has for its state."""

    job: Job
    status: str


def describe_steps(is_done: Sequence[bool], *, feed_count: int, organization: str) -> list[Step]:
    """Return the first steps: a feed, a search, an export. The first one that is not done is next.

    `is_done` says of each of the three whether it is done, and not all of them are.
    """
    granted = f"{plural(feed_count, 'feed')} granted to {organization}."
    words = (
        (
            "Get a feed",
            granted
            if is_done[0]
            else "The operator of this ContactHub grants feeds to organizations.",
            "",
            "",
        ),
        (
            "Preview a feed and run a search",
            "Move the look-back and watch the days change. A search freezes what you see. Both are free.",
            reverse("feed-list"),
            "Open a feed",
        ),
        (
            "Make a first export",
            "You see the exact charge first; “At most 10” is a good start.",
            reverse("search-list"),
            "Choose a search",
        ),
    )
    following = list(is_done).index(False)
    return [
        Step(title, text, is_done[place], place == following, url, action)
        for place, (title, text, url, action) in enumerate(words)
    ]


def describe_quota(grant: FeedGrant, lasts_until: dt.date | None) -> QuotaRow:
    """Return the rows left of a feed in words; `lasts_until` is the day on which they are used up, where known."""
    limit, held = grant.export_row_limit, grant.export_rows_held
    note = f"{rows(held)} held now. " if held else ""
    note += f"Of {rows(limit)}. " if limit is not None else ""
    if lasts_until:
        note += f"Lasts to about {day(lasts_until)}"
    elif grant.export_rows_used:
        note += f"{rows(grant.export_rows_used)} exported"
    else:
        note += "None exported yet"
    return QuotaRow(
        grant,
        url=reverse("feed-detail", args=[grant.feed.public_id]),
        figure="No limit" if limit is None else rows(grant.export_rows_remaining),
        note=note,
    )


def describe_search(search: Search, arrived: int, trend: list[int]) -> SearchRow:
    """Return a saved search in words. `arrived` counts the rows that came since, `trend` all rows day by day."""
    is_new = bool(arrived) and not search.feed.is_remote
    words = "not asked" if search.feed.is_remote else f"+{rows(arrived)}" if arrived else "none"
    address = reverse("feed-detail", args=[search.feed.public_id])
    return SearchRow(
        feed=search.feed,
        url=f"{address}?days={search.lookback_days}",
        window=f"{day(search.start_on)} – {day(search.end_on)}, by {search.created_by_name}",
        arrived=words,
        is_new=is_new,
        record_count=search.record_count,
        trend=trend,
        action="View new" if arrived else "Open",
    )
