"""How the audit log is shown: a line with what it changed, and a page of them."""

from dataclasses import dataclass
from uuid import UUID

from contacthub.organizations.models import AuditEvent
from contacthub.organizations.queries import EventPage

# Counting further would take longer than showing the page.
MOST_COUNTED = 10_000

# What the fields in a change are called; one that is not here is shown by its own name.
FIELD_WORDS = {
    "lookback_days": "Look-back",
    "export_row_limit": "Row limit",
    "is_pii_enabled": "PII",
    "is_business_info_enabled": "Business info",
}
Change = tuple[str, str, str]


@dataclass(frozen=True)
class EventRow:
    """A line of the log."""

    event: AuditEvent
    what: str
    changes: list[Change]


@dataclass(frozen=True)
class EventList:
    """A page of the log. `newer` and `older` are the lines next to which the pages on either side begin."""

    rows: list[EventRow]
    count_words: str
    download_words: str
    newer: UUID | None
    older: UUID | None


def make_event_list(page: EventPage, count: int) -> EventList:
    """Return a page of the log. A count beyond `MOST_COUNTED` says only that there are more."""
    is_more = count > MOST_COUNTED
    shown = min(count, MOST_COUNTED)
    noun = "entry" if shown == 1 else "entries"
    return EventList(
        rows=[make_event_row(event) for event in page.events],
        count_words=f"{'More than ' if is_more else ''}{shown:,} {noun}",
        download_words="CSV of all" if is_more else f"CSV of {shown:,}",
        newer=page.events[0].pk if page.has_newer and page.events else None,
        older=page.events[-1].pk if page.has_older and page.events else None,
    )


def make_event_row(event: AuditEvent) -> EventRow:
    """Return a line of the log."""
    what = ", ".join(filter(None, (event.target, event.detail)))
    return EventRow(event, what, list_changes(event))


def list_changes(event: AuditEvent) -> list[Change]:
    """Return what an event changed, in words and by field: its name, its value before and its value after."""
    return sorted(
        (_field_word(name), _value_word(name, values[0]), _value_word(name, values[1]))
        for name, values in event.changes.items()
        if isinstance(values, list) and len(values) == 2
    )


def _field_word(name: str) -> str:
    return FIELD_WORDS.get(name) or name.replace("_", " ").capitalize()


def _value_word(name: str, value: object) -> str:
    if value is None:
        return "no limit" if name.endswith("_limit") else "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,} days" if name.endswith("_days") else f"{value:,}"
    return str(value)
