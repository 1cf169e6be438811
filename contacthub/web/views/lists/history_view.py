"""Entries of a list's history in words."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from contacthub.lists.models import List, ListEntry
from contacthub.lists.queries import find_last, find_running
from contacthub.web.views.lists.list_words import count_members, name_source

ENDED = {
    ListEntry.State.RUNNING: "is being done",
    ListEntry.State.FAILED: "was not done",
    ListEntry.State.CANCELLED: "was cancelled",
}


@dataclass(frozen=True)
class EntryRow:
    """An entry of the history."""

    number: int
    words: str
    # now: it is happening; ok: it added; empty: it removed, or does not count.
    kind: str
    at: dt.datetime
    # From where, in words.
    source: str
    # Of those that it was about, how many were on the list already, or were not.
    note: str
    undone: str
    undone_at: dt.datetime | None
    # The words of the button; empty: it cannot be undone.
    undo: str


def describe_entries(
    target: List, entries: Sequence[ListEntry], *, may_undo: bool
) -> list[EntryRow]:
    """Return entries as the history shows them; the last one that counts can be undone."""
    is_busy = find_running(target=target) is not None
    last = find_last(target=target) if may_undo and not is_busy else None
    return [_describe(target, each, is_last=each == last) for each in entries]


def _describe(target: List, entry: ListEntry, *, is_last: bool) -> EntryRow:
    counts = entry.state == ListEntry.State.DONE and entry.undone_at is None
    is_running = entry.state == ListEntry.State.RUNNING
    return EntryRow(
        number=entry.pk,
        words=_sum_up(target, entry),
        kind="now" if is_running else "ok" if counts and not entry.is_removal else "",
        at=entry.created_at,
        source=": ".join(filter(None, (name_source(entry), entry.words))),
        note=_note(entry),
        undone=f"Undone by {entry.undone_by_name}" if entry.undone_at else "",
        undone_at=entry.undone_at,
        undo=_offer(entry) if is_last else "",
    )


def _sum_up(target: List, entry: ListEntry) -> str:
    who, verb = entry.created_by_name, "removed" if entry.is_removal else "added"
    if entry.state == ListEntry.State.DONE:
        members = count_members(entry.item_count, of_companies=target.of_companies)
        return f"{who} {verb} {members}"
    members = count_members(entry.shown_count, of_companies=target.of_companies)
    noun = "Removing" if entry.is_removal else "Adding"
    return f"{who}: {noun.lower()} {members} {ENDED[ListEntry.State(entry.state)]}"


def _note(entry: ListEntry) -> str:
    if entry.state != ListEntry.State.DONE:
        return entry.job.error if entry.job else ""
    others = entry.shown_count - entry.item_count
    if others <= 0:
        return ""
    return (
        f"{others:,} {'were not on the list' if entry.is_removal else 'were on the list already'}"
    )


def _offer(entry: ListEntry) -> str:
    if not entry.item_count:
        return ""
    verb = "Put back" if entry.is_removal else "Take off"
    return f"Undo: {verb.lower()} {entry.item_count:,}"
