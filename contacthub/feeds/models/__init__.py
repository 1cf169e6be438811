"""Tables: feeds and grants, the records of feeds, searches and the ledger."""

from contacthub.feeds.models.grants import Feed, FeedGrant, FeedSync
from contacthub.feeds.models.records import (
    FeedDay,
    FeedLastSeen,
    FeedTopic,
    IntentBatch,
    IntentRecord,
)
from contacthub.feeds.models.searches import QuotaEntry, Search

__all__ = [
    "Feed",
    "FeedDay",
    "FeedGrant",
    "FeedLastSeen",
    "FeedSync",
    "FeedTopic",
    "IntentBatch",
    "IntentRecord",
    "QuotaEntry",
    "Search",
]
