"""The sources of two contacts that become one: what each gave, and the values that lost to the other contact's."""

from collections.abc import Iterable, Sequence

from contacthub.contacts.merging.rule import Decision, Known, Side
from contacthub.contacts.models import Candidate, SourceRecord
from contacthub.contacts.value_fields import BY_NAME


def unite_sources(survivor: Known, merged: Known, decisions: Sequence[Decision]) -> None:
    """Let the sources of both be the survivor's. Call it before values are stored.

    A source's bits are those of the values that are used; what it gave else becomes a value that lost.
    """
    candidates = _Candidates(survivor)
    for lost in merged.candidates:
        candidates.add(lost, lost.field, lost.value)
    for decision in decisions:
        if decision.is_different:
            loser = merged if decision.side == Side.SURVIVOR else survivor
            value = decision.merged_value if loser is merged else decision.survivor_value
            _note_lost(candidates, loser, decision.name, value)
    used = _masks_of_used(decisions)
    records = {each.source: (each, each.given & used[Side.SURVIVOR]) for each in survivor.records}
    for each in merged.records:
        given = each.given & used[Side.MERGED]
        known = records.get(each.source)
        records[each.source] = (_join(known[0], each), known[1] | given) if known else (each, given)
    for record, given in records.values():
        _save(survivor, record, given)


def _masks_of_used(decisions: Iterable[Decision]) -> dict[Side, int]:
    """Return for each contact the bits of the fields of which its value is used, be it the same as the other's."""
    masks = {Side.SURVIVOR: 0, Side.MERGED: 0}
    for each in decisions:
        for side, value in (
            (Side.SURVIVOR, each.survivor_value),
            (Side.MERGED, each.merged_value),
        ):
            if value == each.value:
                masks[side] |= BY_NAME[each.name].mask
    return masks


def _join(known: SourceRecord, other: SourceRecord) -> SourceRecord:
    """Return what one source gave of both: in its last load, seen since the first."""
    later = other if other.load.loaded_at > known.load.loaded_at else known
    return SourceRecord(
        source=known.source,
        load=later.load,
        confidence=later.confidence if later.confidence is not None else known.confidence,
        first_seen=min(known.first_seen, other.first_seen),
        last_seen=max(known.last_seen, other.last_seen),
    )


def _save(survivor: Known, record: SourceRecord, given: int) -> None:
    SourceRecord.objects.update_or_create(
        contact=survivor.contact,
        source=record.source,
        defaults={
            "organization_id": survivor.contact.organization_id,
            "load": record.load,
            "given": given,
            "confidence": record.confidence,
            "first_seen": record.first_seen,
            "last_seen": record.last_seen,
        },
    )


def _note_lost(candidates: "_Candidates", loser: Known, name: str, value: str) -> None:
    """Keep a value that is no longer used for each source that gave it, or without one where none is known."""
    mask = BY_NAME[name].mask
    records = [each for each in loser.records if each.given & mask]
    for record in records:
        candidates.add(record, name, value)
    if not records and not candidates.has_value(name, value):
        candidates.add(None, name, value)


class _Candidates:
    """The survivor's values that lost, each once for a source."""

    def __init__(self, survivor: Known) -> None:
        self._contact = survivor.contact
        self._known = {(each.field, each.value, each.source) for each in survivor.candidates}

    def has_value(self, field: str, value: str) -> bool:
        """Return whether any source is known to have given a value."""
        return any(known[:2] == (field, value) for known in self._known)

    def add(self, like: Candidate | SourceRecord | None, field: str, value: str) -> None:
        """Add a value with what is known of it where it stood before, unless the source's is there already."""
        source = like.source if like else None
        if (field, value, source) in self._known:
            return
        self._known.add((field, value, source))
        fresh = Candidate(
            contact=self._contact,
            organization_id=self._contact.organization_id,
            field=field,
            value=value,
            source=source,
        )
        for name in (
            "load_id", "source_name", "confidence", "status", "checked_on", "type", "first_seen", "last_seen",
            "replaced_on",
        ):  # fmt: skip
            if hasattr(like, name):
                setattr(fresh, name, getattr(like, name))
        fresh.save()
