"""What feeds observed as filters of Contacts and Companies: feed, topic, days, score, seen since.

The fields are made for the organization of a request, because each sees other feeds, topics and windows. Another feed
than its own is as unknown as one that does not exist, or is no longer granted.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.intent import count_topics
from contacthub.contacts.models import KEPT_DAYS
from contacthub.core.text import fold
from contacthub.feeds.models import FeedGrant
from contacthub.feeds.queries import list_grants
from contacthub.web import scalars
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Refused
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.filter_fields import YES_NO, Field

Groups = dict[str, tuple[Field, ...]]
GROUP = "Intent"
FEED, TOPIC = "feed", "topic"
NAMES = (FEED, TOPIC, "intent_days", "score_from", "seen_since", "observed", "named")
MOST_SCORE = 1e9


def with_intent(groups: Groups, request: HubRequest, *, of_companies: bool = False) -> Groups:
    """Return the groups of a page's filters with those about intent, for the organization of the request.

    Without a feed there is none, unless the address asks for one.
    """
    grants = list(list_grants(organization=request.organization, local_only=True))
    if not grants and not any(name in request.GET for name in NAMES):
        return groups
    chosen = set(request.GET.getlist(FEED))
    asked = [each for each in grants if str(each.feed.public_id) in chosen] or grants
    company = (
        _make_feed(grants),
        _make_topic(request, asked),
        *_make_limits(asked),
        Field(
            "observed",
            "Observed by a feed",
            "has_intent",
            "yes".__eq__,
            YES_NO,
            hint="Whether any of your feeds observed the company in its look-back.",
        ),
    )
    fields = tuple(replace(each, is_company=True) for each in company)
    if not of_companies:
        fields += (NAMED,)
    return groups | {GROUP: fields}


NAMED = Field(
    "named",
    "Named in records",
    "has_own_intent",
    "yes".__eq__,
    (("yes", "Yes"),),
    hint="Only people that a record names, not all of the company.",
)


def _make_feed(grants: Sequence[FeedGrant]) -> Field:
    feeds = {str(each.feed.public_id): each.feed for each in grants}

    def read(text: str) -> int:
        feed = feeds.get(text)
        if feed is None:
            raise Refused("is none of your organization's feeds, or no longer; choose another one")
        return feed.pk

    names = {feed.pk: feed.name for feed in feeds.values()}
    return Field(
        FEED,
        "Feed",
        "intent_feeds",
        read,
        is_list=True,
        is_facet=True,
        find="Find a feed",
        choices=tuple((str(feed.pk), text, feed.name) for text, feed in feeds.items()),
        show=names.__getitem__,
    )


def _make_topic(request: HubRequest, asked: Sequence[FeedGrant]) -> Field:
    filters = CompanyFilters(intent_feeds=tuple(each.feed_id for each in asked))
    counted = count_topics(organization=request.organization, filters=filters) if asked else []
    by_key = {fold(each.topic): each.topic for each in counted}

    def read(text: str) -> str:
        topic = by_key.get(fold(text))
        if topic is None:
            raise Refused(f"does not know “{text}” in {_name_feeds(asked)}; choose one of the list")
        return topic

    return Field(
        TOPIC,
        "Topic",
        "intent_topics",
        read,
        is_list=True,
        is_facet=True,
        find="Find a topic",
        choices=tuple((each.topic, each.topic, each.topic) for each in counted),
        show=str,
    )


def _name_feeds(asked: Sequence[FeedGrant]) -> str:
    return asked[0].feed.name if len(asked) == 1 else "your feeds"


def _make_limits(asked: Sequence[FeedGrant]) -> tuple[Field, ...]:
    """Return the fields of days and score. The longest window is that of the feed which reaches back furthest."""
    most = max((min(each.lookback_days, KEPT_DAYS) for each in asked), default=1)
    return (
        Field(
            "intent_days",
            "In the last",
            "intent_days",
            lambda text: scalars.read_whole(text, least=1, most=most),
            type="number",
            placeholder=str(most),
            hint=f"Days, today included; at most {most}.",
            show=_show_days,
        ),
        Field(
            "score_from",
            "Score from",
            "intent_score",
            _read_score,
            type="number",
            placeholder="60",
            hint="Records have scores as their feed gives them, most 0 to 100.",
        ),
        Field(
            "seen_since",
            "Seen since",
            "intent_since",
            scalars.read_day,
            type="date",
            show=_show_day,
        ),
    )


_show_day: Callable[[dt.date], str] = day


def _show_days(days: int) -> str:
    return plural(days, "day")


def _read_score(text: str) -> float:
    """Return a score as records have them."""
    try:
        score = float(text)
    except ValueError:
        score = MOST_SCORE * 2
    if not abs(score) <= MOST_SCORE:
        raise Refused("must be a number such as 60")
    return score
