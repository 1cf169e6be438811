"""Members come and go: at once, or by a job where there are many. Each change is one entry of the history.

One change at a time: who changes members holds the list's lock, and while a job does, other changes are refused.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import transaction

from contacthub.core import clock
from contacthub.core.errors import AlreadyFinished, Conflict, CountChanged, Invalid
from contacthub.jobs.actions import enqueue_job, request_cancel
from contacthub.jobs.models import Job
from contacthub.lists import sql
from contacthub.lists.actions import lock_list
from contacthub.lists.models import List, ListEntry
from contacthub.lists.queries import find_last, find_running
from contacthub.lists.sources import KIND_WORDS, Source, reader_of
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

TASK = "contacthub.lists.tasks.change_members"
# Up to so many are added or removed while somebody waits: measured, a second or less.
MOST_AT_ONCE = 50_000
CHUNK = 10_000


# --- Counting ---------------------------------------------------------------------------------------


def count_source(*, organization: Organization, source: Source) -> int:
    """Return how many contacts or companies a source has now."""
    return sql.count(reader_of(source.kind).select(organization, source.ref))


def count_on_list(*, target: List, source: Source) -> int:
    """Return how many of a source are on the list already."""
    items = reader_of(source.kind).select(target.organization, source.ref)
    return sql.count_on_list(items, list_id=target.pk)


# --- Items that the caller has ----------------------------------------------------------------------


@transaction.atomic
def add_members(*, target: List, actor: Actor, items: Iterable[int], source: Source) -> ListEntry:
    """Add contacts by the keys inside their ids, or companies by their public numbers, in the caller's transaction.

    `items` may be any number; they are read 10,000 at a time. Those on the list already are left as they are.
    """
    entry = _begin(target, actor, source, is_removal=False, shown=0)
    return _finish(entry, actor, _add_parts(entry, _chunk(items)))


@transaction.atomic
def remove_members(
    *, target: List, actor: Actor, items: Iterable[int], source: Source
) -> ListEntry:
    """Remove members by their items, as `add_members` adds them; those not on the list are left out."""
    entry = _begin(target, actor, source, is_removal=True, shown=0)
    return _finish(entry, actor, _remove_parts(entry, _chunk(items)))


# --- A source that is read by statements ------------------------------------------------------------


def add_source(*, target: List, actor: Actor, source: Source, shown: int) -> ListEntry:
    """Add all of a source that somebody was shown the count of: at once up to 50,000, else by a job.

    Raises `CountChanged` if there are others now (a job's entry says so), and `Conflict` while a job changes the list.
    """
    return _start(target, actor, source, is_removal=False, shown=shown)


def remove_source(*, target: List, actor: Actor, source: Source, shown: int) -> ListEntry:
    """Remove all of a source from a list, as `add_source` adds it."""
    return _start(target, actor, source, is_removal=True, shown=shown)


@transaction.atomic
def _start(
    target: List, actor: Actor, source: Source, *, is_removal: bool, shown: int
) -> ListEntry:
    if shown <= 0:
        raise Invalid("Nothing is selected.", field="selection")
    entry = _begin(target, actor, source, is_removal=is_removal, shown=shown)
    if shown <= MOST_AT_ONCE:
        return _finish(entry, actor, change_parts(entry))
    entry.state = ListEntry.State.RUNNING
    words = "Remove from" if is_removal else "Add to"
    entry.job = enqueue_job(
        organization=entry.list.organization,
        task=TASK,
        title=f"{words} {entry.list.name}",
        total=shown,
        subject=f"list {entry.list.public_id}",
        unit="companies" if entry.list.of_companies else "contacts",
        created_by=actor.user,
    )
    entry.save(update_fields=["state", "job"])
    return entry


def change_parts(entry: ListEntry) -> Iterator[sql.Changed]:
    """Add or remove an entry's source part by part, in the caller's transaction; yields the counts of each part.

    Raises `CountChanged` in the end if the source has others than were shown.
    """
    organization = entry.list.organization
    parts = reader_of(entry.source).iterate(organization, entry.source_ref)
    seen = 0
    for changed in (_remove_parts if entry.is_removal else _add_parts)(entry, parts):
        seen += changed.seen
        yield changed
    if seen != entry.shown_count:
        raise CountChanged(shown=entry.shown_count, counted=seen)


@transaction.atomic
def cancel_change(*, target: List, actor: Actor) -> Job.State:
    """Cancel the job that changes a list. Returns CANCELLED, or RUNNING if its worker stops at its next step.

    Raises `Conflict` if there is none.
    """
    entry = find_running(target=target)
    if entry is None or entry.job is None:
        raise AlreadyFinished("No job is changing this list; there is nothing to cancel.")
    state = request_cancel(job=entry.job)
    if state == Job.State.CANCELLED:
        entry.state = ListEntry.State.CANCELLED
        entry.save(update_fields=["state"])
    _record(entry, actor, "Cancelled a change of a list", 0)
    return state


# --- Undoing ----------------------------------------------------------------------------------------


@transaction.atomic
def undo_last(*, target: List, actor: Actor, entry_id: int) -> ListEntry:
    """Undo the last entry that counts, exactly: what it added goes, what it removed comes back as it had been added.

    Raises `Conflict` if another entry came since, or a job changes the list.
    """
    locked = lock_list(target)
    _refuse_while_running(locked)
    entry = find_last(target=locked)
    if entry is None or entry.pk != entry_id:
        raise Conflict("This is no longer the last change of the list. Nothing was undone.")
    undo = sql.undo_removing if entry.is_removal else sql.undo_adding
    count = undo(list_id=locked.pk, entry_id=entry.pk)
    locked.member_count += count if entry.is_removal else -count
    _save_list(locked)
    entry.present_count = 0
    entry.undone_at, entry.undone_by_name = clock.now(), actor.name[:200]
    entry.save(update_fields=["present_count", "undone_at", "undone_by_name"])
    _record(entry, actor, "Undid a removal" if entry.is_removal else "Undid an addition", count)
    return entry


# --- One entry --------------------------------------------------------------------------------------


def finish_entry(entry: ListEntry, *, changed: int) -> None:
    """Save what an entry changed and the list's new count, in the transaction that changed the members."""
    target = lock_list(entry.list)
    target.member_count += -changed if entry.is_removal else changed
    if not target.origin and not entry.is_removal:
        target.origin = describe_source(entry.source, entry.words)[:300]
    _save_list(target)
    entry.state, entry.item_count = ListEntry.State.DONE, changed
    entry.present_count = 0 if entry.is_removal else changed
    entry.save(update_fields=["state", "item_count", "present_count"])


def record_entry(entry: ListEntry, actor: Actor) -> None:
    """Write an entry's line of the audit log, in the transaction that ends it."""
    action = "Removed from a list" if entry.is_removal else "Added to a list"
    _record(entry, actor, action, entry.item_count)


def describe_source(kind: str, words: str) -> str:
    """Return a source as the overview names it: its words, or what kind it is."""
    return (
        words
        if words and kind in ("upload", "export", "export-companies", "pull")
        else KIND_WORDS.get(kind, kind)
    )


def _begin(
    target: List, actor: Actor, source: Source, *, is_removal: bool, shown: int
) -> ListEntry:
    locked = lock_list(target)
    _refuse_while_running(locked)
    return ListEntry.objects.create(
        list=locked,
        is_removal=is_removal,
        source=source.kind,
        source_ref=dict(source.ref),
        words=source.words[:1000],
        shown_count=shown,
        created_by=actor.user,
        created_by_name=actor.name[:200],
        created_at=clock.now(),
    )


def _refuse_while_running(locked: List) -> None:
    running = find_running(target=locked)
    if running is not None:
        raise Conflict("A job is changing this list. Wait until it has ended, or cancel it.")


def _finish(entry: ListEntry, actor: Actor, parts: Iterable[sql.Changed]) -> ListEntry:
    finish_entry(entry, changed=sum(part.changed for part in parts))
    record_entry(entry, actor)
    return entry


def _add_parts(entry: ListEntry, parts: Iterable[sql.Items]) -> Iterator[sql.Changed]:
    return (sql.add(part, list_id=entry.list_id, entry_id=entry.pk) for part in parts)


def _remove_parts(entry: ListEntry, parts: Iterable[sql.Items]) -> Iterator[sql.Changed]:
    return (sql.remove(part, list_id=entry.list_id, entry_id=entry.pk) for part in parts)


def _chunk(items: Iterable[int]) -> Iterator[sql.Items]:
    rest = iter(items)
    while part := list(islice(rest, CHUNK)):
        yield sql.Items.of(part)


def _save_list(target: List) -> None:
    target.changed_at = clock.now()
    target.save(update_fields=["member_count", "changed_at", "origin"])


def _record(entry: ListEntry, actor: Actor, action: str, count: int) -> None:
    record_event(
        organization=entry.list.organization,
        actor=actor,
        action=action,
        target=entry.list.name,
        subject=entry.list.public_id,
        detail=": ".join(filter(None, (KIND_WORDS.get(entry.source, ""), entry.words))),
        rows=count,
        has_personal_data=not entry.list.of_companies,
    )
