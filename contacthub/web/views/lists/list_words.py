"""Lists in words: kinds, counts, visibility, where members came from."""

from collections.abc import Sequence

from contacthub.lists.models import List, ListEntry
from contacthub.lists.sources import KIND_WORDS


def count_members(count: int, *, of_companies: bool) -> str:
    """Write a number of members: 1 person, 1,204 people, 38 companies."""
    one, many = ("company", "companies") if of_companies else ("person", "people")
    return f"{count:,} {one if count == 1 else many}"


def name_kind(target: List) -> str:
    """Return what a list holds: People or Companies."""
    return "Companies" if target.of_companies else "People"


def icon_of_kind(target: List) -> str:
    """Return the icon of what a list holds."""
    return "building" if target.of_companies else "users"


def name_visibility(target: List) -> str:
    """Return who sees a list, in one word."""
    return "Shared" if target.is_shared else "Private"


def icon_of_visibility(target: List) -> str:
    """Return the icon of who sees a list."""
    return "share" if target.is_shared else "lock"


def describe_new(count: int) -> str:
    """Say how many members came this week; nothing without any."""
    return f"+{count:,} this week" if count else ""


def name_source(entry: ListEntry) -> str:
    """Return what kind of source an entry's members came from."""
    return KIND_WORDS.get(entry.source, entry.source)


def join_names(names: Sequence[str]) -> str:
    """Write names as in a sentence: A, B and C."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
