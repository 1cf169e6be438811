"""Facets whose values depend on the reader: lists, feeds and topics.

The caller says which there are, so that nothing else is counted: of lists those that the reader may see, of feeds those
that are granted now.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from contacthub.contacts.filters import CompanyFilters, ContactFilters, Filters
from contacthub.contacts.sql import facets as sql
from contacthub.contacts.sql.list_counts import count_listed

# Each feed or topic is a question of its own.
MOST_ASKED = 24
LISTS, COMPANY_LISTS, FEEDS, TOPICS = "lists", "company_lists", "intent_feeds", "intent_topics"


def count_choices(name: str, counting: sql.Counting, keys: Sequence[str]) -> dict[str, int]:
    """Return how many rows each of some choices has, by key. Of feeds and topics only the first `MOST_ASKED`."""
    if name in (LISTS, COMPANY_LISTS):
        of_companies = name == COMPANY_LISTS or isinstance(counting.filters, CompanyFilters)
        counts = count_listed(counting, lists=[*map(int, keys)], of_companies=of_companies)
        return {key: counts.get(int(key), 0) for key in keys}
    read: Callable[[str], Any] = int if name == FEEDS else str
    return {
        key: sql.count_rows(replace(counting, filters=_ask(counting.filters, name, (read(key),))))
        for key in keys[:MOST_ASKED]
    }


def _ask(filters: Filters, name: str, value: tuple[Any, ...]) -> Filters:
    asked: dict[str, Any] = {name: value}
    if isinstance(filters, ContactFilters):
        return replace(filters, company=replace(filters.company, **asked))
    return replace(filters, **asked)
