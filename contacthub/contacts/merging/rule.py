"""Which of two contacts' values is used when they become one: by the rule of the house, or as people settled."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contacthub.contacts.models import (
    Candidate,
    Contact,
    ContactEmail,
    ContactPhone,
    Load,
    Settlement,
    SourceRecord,
)
from contacthub.contacts.stored_values import read_value
from contacthub.contacts.value_fields import FIELDS, LISTS, ValueField


class Side(StrEnum):
    """One of the two contacts: the one that stays, or the one that becomes part of it."""

    SURVIVOR = "survivor"
    MERGED = "merged"


# How strongly a value stands: what arrives last wins, an answer of the waterfall only fills gaps.
_NOTHING, _ENRICHED, _UNKNOWN, _LOADED = range(4)
Standing = tuple[int, float]


@dataclass(frozen=True)
class Known:
    """What is stored of one contact: its addresses and numbers in their order, its sources, and what was settled."""

    contact: Contact
    lists: Mapping[str, Sequence[ContactEmail | ContactPhone]]
    records: Sequence[SourceRecord]
    candidates: Sequence[Candidate]
    settlements: Mapping[str, Settlement]

    @classmethod
    def of(cls, contact: Contact) -> "Known":
        """Read what is stored of a contact."""
        rows = {"contact": contact}
        return cls(
            contact,
            {
                name: list(model._default_manager.filter(**rows).order_by("position", "pk"))
                for name, model in MODELS.items()
            },
            list(SourceRecord.objects.filter(**rows).select_related("load").order_by("source")),
            list(Candidate.objects.filter(**rows).select_related("load").order_by("pk")),
            {each.field: each for each in Settlement.objects.filter(**rows)},
        )

    def rule_value(self, field: ValueField) -> Any:
        """Return what the rule shows in a field, whatever was settled; None if there is nothing."""
        settlement = self.settlements.get(field.name)
        value = settlement.rule_value if settlement else read_value(self.contact, field)
        return value or None

    def texts(self, name: str) -> list[str]:
        """Return the addresses or numbers as they are stored, the first one first."""
        return [text_of(row) for row in self.lists[name]]

    def rule_texts(self, name: str) -> list[str]:
        """Return the addresses or numbers in the order of the rule; one that was added by choice alone is missing."""
        settlement = self.settlements.get(name)
        return list(settlement.rule_value or []) if settlement else self.texts(name)

    def standing_of(self, field: ValueField) -> Standing:
        """Return how strongly the rule's value of a field stands."""
        value = self.rule_value(field)
        if value is None:
            return _NOTHING, 0
        loads = [each.load for each in self.records if each.given & field.mask]
        if field.name in self.settlements:
            loads = []
        loads += [
            each.load
            for each in self.candidates
            if each.field == field.name and each.value == str(value) and each.load is not None
        ]
        return _find_standing(loads)

    def standing_of_list(self, name: str) -> Standing:
        """Return how strongly the order of the addresses or numbers stands: by the last file, search or pull."""
        if not self.rule_texts(name):
            return _NOTHING, 0
        return _find_standing([each.load for each in self.records])


MODELS: Mapping[str, type[ContactEmail | ContactPhone]] = dict(
    zip(LISTS, (ContactEmail, ContactPhone), strict=True)
)


def text_of(row: ContactEmail | ContactPhone) -> str:
    """Return an address or a number."""
    return row.address if isinstance(row, ContactEmail) else row.phone


def _find_standing(loads: Iterable[Load]) -> Standing:
    loaded: list[dt.datetime] = []
    enriched: list[dt.datetime] = []
    for each in loads:
        (enriched if each.kind == Load.Kind.ENRICHMENT else loaded).append(each.loaded_at)
    if loaded:
        return _LOADED, max(loaded).timestamp()
    # Of two answers the first one filled the gap.
    return (_ENRICHED, -min(enriched).timestamp()) if enriched else (_UNKNOWN, 0)


@dataclass(frozen=True)
class Decision:
    """A field of which at least one contact has a value: both values as they are stored, and which one is used.

    `rule_value` is what the rule shows; of addresses and numbers all of them, in the rule's order. `settlement` is what
    somebody had settled in the contact whose value is used.
    """

    name: str
    survivor_value: str
    merged_value: str
    rule_side: Side
    rule_value: Any
    side: Side
    settlement: Settlement | None
    was_settled: bool

    @property
    def value(self) -> str:
        """The value that is used; of addresses and numbers the first one."""
        return self.survivor_value if self.side == Side.SURVIVOR else self.merged_value

    @property
    def is_different(self) -> bool:
        """Whether the two contacts say different things, so that there is something to choose."""
        return bool(
            self.survivor_value and self.merged_value and self.survivor_value != self.merged_value
        )

    @property
    def is_settled(self) -> bool:
        """Whether the value stays whatever sources say: by a choice of today, or by one of before."""
        return self.was_settled or (self.is_different and self.side != self.rule_side)


def decide(survivor: Known, merged: Known, picks: Mapping[str, Side]) -> list[Decision]:
    """Return what is used of each field, lists included. `picks` names the contact whose value somebody chose."""
    fields = [_decide(survivor, merged, field, picks.get(field.name)) for field in FIELDS]
    lists = [_decide_list(survivor, merged, name, picks.get(name)) for name in LISTS]
    return [each for each in (*fields, *lists) if each.survivor_value or each.merged_value]


def _decide(survivor: Known, merged: Known, field: ValueField, pick: Side | None) -> Decision:
    rule_side = Side.SURVIVOR
    if merged.standing_of(field) > survivor.standing_of(field):
        rule_side = Side.MERGED
    rule = (survivor if rule_side == Side.SURVIVOR else merged).rule_value(field)
    return _make(
        survivor,
        merged,
        field.name,
        (_as_text(survivor, field), _as_text(merged, field)),
        (rule_side, rule),
        pick,
    )


def _decide_list(survivor: Known, merged: Known, name: str, pick: Side | None) -> Decision:
    sides = (survivor, merged)
    rule_side = Side.SURVIVOR
    if merged.standing_of_list(name) > survivor.standing_of_list(name):
        rule_side, sides = Side.MERGED, (merged, survivor)
    order = list(dict.fromkeys(text for side in sides for text in side.rule_texts(name)))
    firsts = tuple(next(iter(side.texts(name)), "") for side in (survivor, merged))
    return _make(survivor, merged, name, (firsts[0], firsts[1]), (rule_side, order), pick)


def _make(
    survivor: Known,
    merged: Known,
    name: str,
    values: tuple[str, str],
    rule: tuple[Side, Any],
    pick: Side | None,
) -> Decision:
    side = pick or _find_settled(survivor, merged, name) or _side_of_rule(values, rule[0])
    settlements = (survivor.settlements.get(name), merged.settlements.get(name))
    return Decision(
        name,
        *values,
        rule_side=rule[0],
        rule_value=rule[1],
        side=side,
        settlement=settlements[0] if side == Side.SURVIVOR else settlements[1],
        was_settled=any(settlements),
    )


def _find_settled(survivor: Known, merged: Known, name: str) -> Side | None:
    if name in survivor.settlements:
        return Side.SURVIVOR
    return Side.MERGED if name in merged.settlements else None


def _side_of_rule(values: tuple[str, str], rule_side: Side) -> Side:
    """Return the rule's contact, unless it has nothing: then nothing stands against the other one."""
    if not values[0]:
        return Side.MERGED
    return rule_side if values[1] else Side.SURVIVOR


def _as_text(known: Known, field: ValueField) -> str:
    value = read_value(known.contact, field)
    return "" if value is None else str(value)
