"""What the search of the top bar shows: feeds and exports, each group with a heading."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from contacthub.exports.models import Export
from contacthub.feeds.models import FeedGrant
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.templatetags.times import moment


@dataclass(frozen=True)
class Found:
    """A feed or an export that was found; the note may hold HTML."""

    name: str
    url: str
    note: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    title: str
    icon: str
    found: list[Found]


def describe_found(grants: Collection[FeedGrant], exports: Collection[Export]) -> list[Group]:
    """Return what was found, kinds without any left out."""
    groups = [
        Group("Feeds", "wave-sine", [_describe_feed(grant) for grant in grants]),
        Group("Exports", "file-export", [_describe_export(export) for export in exports]),
    ]
    return [group for group in groups if group.found]


def _describe_feed(grant: FeedGrant) -> Found:
    url = reverse("feed-detail", args=[grant.feed.public_id])
    return Found(grant.feed.name, url, plural(grant.lookback_days, "day"))


def _describe_export(export: Export) -> Found:
    note = format_html("{} rows, {}", rows(export.total_rows), moment(export.created_at))
    return Found(export.name, reverse("export-detail", args=[export.pk]), note)
