"""How far an organization may look back at each feed, asked at the moment of every question.

Feeds and their grants are on the floor above, which says here how they are read. So no list, count, order or frozen
question can be asked with windows of an earlier moment, or without any: until feeds have said it there are none.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import NamedTuple

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.models import KEPT_DAYS
from contacthub.core import clock
from contacthub.core.errors import Conflict


class FeedWindow(NamedTuple):
    """A feed by primary key, and how many days an organization may look back at it, today included."""

    feed: int
    lookback_days: int


class Start(NamedTuple):
    """The first day of a feed that a question is about; it goes up to today."""

    feed: int
    day: dt.date


WindowReader = Callable[[int], Iterable[FeedWindow]]
_readers: list[WindowReader] = []


def read_windows_with(reader: WindowReader) -> None:
    """Say how the windows of an organization, given by primary key, are read. For the app of feeds, when it starts."""
    _readers[:] = [reader]


def list_windows(owner: int) -> list[FeedWindow]:
    """List the feeds an organization may use now."""
    return [window for reader in _readers for window in reader(owner)]


def list_starts(owner: int, filters: CompanyFilters) -> list[Start]:
    """List the feeds that filters are about, as far as they are granted now, with the first day of each.

    A question without feeds is about all. None reaches further back than its grant allows, nor than intent is kept.
    """
    today = clock.today()
    asked = min(filters.intent_days or KEPT_DAYS, KEPT_DAYS)
    since = filters.intent_since or dt.date.min
    return [
        Start(feed, max(today - dt.timedelta(days=min(lookback, asked) - 1), since))
        for feed, lookback in list_windows(owner)
        if not filters.intent_feeds or feed in filters.intent_feeds
    ]


def check_granted(owner: int, filters: CompanyFilters) -> None:
    """Raise `Conflict` if a question names a feed that is not granted, or no longer."""
    if filters.intent_feeds and not set(filters.intent_feeds) <= {
        w.feed for w in list_windows(owner)
    }:
        raise Conflict(
            "Your organization may no longer use a feed of this question. Nothing was done."
        )
