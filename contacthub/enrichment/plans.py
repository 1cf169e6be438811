"""Which vendor to query for what next: pure decisions about a waterfall, without a database and without a vendor."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contacthub.enrichment.models import Section, StopRule


@dataclass(frozen=True)
class SectionPlan:
    """The vendors of a section in their order, by connection, and when to stop."""

    rule: StopRule
    steps: tuple[UUID, ...]


@dataclass(frozen=True)
class Plan:
    """A waterfall for one run, as it was when the run was started: later changes do not change what was agreed to."""

    sections: Mapping[Section, SectionPlan]
    limit: int

    def as_json(self) -> dict[str, Any]:
        """Return what a list keeps; empty if no vendor is queried."""
        if not self.connections:
            return {}
        sections = {
            section.value: {"rule": each.rule.value, "steps": [str(step) for step in each.steps]}
            for section, each in self.sections.items()
        }
        return {"limit": self.limit, "sections": sections}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Plan":
        """Return what a list has kept."""
        sections = {
            Section(name): SectionPlan(StopRule(each["rule"]), tuple(map(UUID, each["steps"])))
            for name, each in kept.get("sections", {}).items()
        }
        return cls(sections, int(kept.get("limit", 0)))

    @property
    def connections(self) -> list[UUID]:
        """Return the connections that may be queried, each once, in the order in which they first appear."""
        steps = [step for each in self.sections.values() for step in each.steps]
        return list(dict.fromkeys(steps))

    def only(self, sections: Collection[Section]) -> "Plan":
        """Return the plan for some sections."""
        asked = {name: each for name, each in self.sections.items() if name in sections}
        return Plan(asked, self.limit)

    def most_lookups(
        self,
        contact_count: int,
        *,
        left_out: Collection[UUID] = (),
        stranger_count: int = 0,
        by_person: Collection[UUID] = (),
    ) -> dict[UUID, int]:
        """Return the most lookups that a run over some contacts spends per connection, each within the limit.

        A vendor that has two places may be queried twice for one contact: for one section first, for another
        once someone else did not have it. Connections that are `left_out` keep their places and spend nothing.
        Strangers are in no catalog; only connections that look people up `by_person` can be queried for them.
        """
        each = self._count_places(left_out)
        return {
            step: min(
                count * (contact_count + (stranger_count if step in by_person else 0)), self.limit
            )
            for step, count in each.items()
        }

    def _count_places(self, left_out: Collection[UUID]) -> dict[UUID, int]:
        """Return how often each connection may be queried for one contact."""
        places: dict[UUID, set[int]] = defaultdict(set)
        for each in self.sections.values():
            for place, step in enumerate(each.steps):
                places[step].add(place)
        return {step: len(places[step]) for step in self.connections if step not in left_out}

    def most_altogether(self, contact_count: int, *, left_out: Collection[UUID] = ()) -> int:
        """Return the most lookups of a run over all connections."""
        return min(self.limit, sum(self.most_lookups(contact_count, left_out=left_out).values()))

    def reach(
        self, contact_count: int, lookups: int, *, left_out: Collection[UUID] = ()
    ) -> tuple[int, int]:
        """Return how many contacts so many lookups are enough for: the fewest and the most.

        The fewest if no vendor knows a contact and each one takes all its lookups, the most if each takes one.
        """
        each = sum(self._count_places(left_out).values())
        fewest = -(-lookups // each) if each else 0
        return min(fewest, contact_count), min(lookups, contact_count) if each else 0


@dataclass(frozen=True)
class Known:
    """What is known of one contact: the sections with a value, and those with a valid one."""

    found: frozenset[Section] = frozenset()
    valid: frozenset[Section] = frozenset()

    def satisfies(self, section: Section, rule: StopRule) -> bool:
        """Return whether no further vendor is needed."""
        return section in (self.found if rule == StopRule.FIRST else self.valid)


NOTHING = Known()


@dataclass(frozen=True)
class Question:
    """What one call looks up: one connection, some sections, some contacts."""

    connection: UUID
    sections: tuple[Section, ...]
    keys: tuple[int, ...]


def list_questions(
    plan: Plan,
    keys: Sequence[int],
    *,
    known: Mapping[int, Known],
    asked: Mapping[int, Collection[tuple[UUID, Section]]],
    most: Callable[[UUID], int],
    can_ask: Callable[[UUID, int], bool] = lambda connection, key: True,
) -> Iterator[Question]:
    """Yield the next round: of each contact, the first place at which a vendor can be queried for what is missing.

    `asked` holds per contact which connection was queried for what, whatever the result. A call sends one connection
    up to `most` contacts. No vendor is queried at a later place while one can be queried at an earlier one, so that a
    connection is queried at most once for each of its places, which is what `Plan.most_lookups` states.
    """
    groups: dict[UUID, dict[tuple[Section, ...], list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for key in keys:
        steps = _next_steps(plan, known.get(key, NOTHING), asked.get(key, ()), key, can_ask)
        for connection, sections in steps.items():
            asks = tuple(section for section in Section if section in sections)
            groups[connection][asks].append(key)
    for connection in plan.connections:
        size = most(connection)
        for asks, group in groups[connection].items():
            for start in range(0, len(group), size):
                yield Question(connection, asks, tuple(group[start : start + size]))


def _next_steps(
    plan: Plan,
    known: Known,
    asked: Collection[tuple[UUID, Section]],
    key: int,
    can_ask: Callable[[UUID, int], bool],
) -> dict[UUID, list[Section]]:
    askable = [each for each in _list_missing(plan, known, asked) if can_ask(each[2], key)]
    first = min((place for _, place, _ in askable), default=0)
    steps: dict[UUID, list[Section]] = {}
    for section, place, step in askable:
        if place == first:
            steps.setdefault(step, []).append(section)
    # A vendor that is queried anyway gets, in the same lookup, what would be its turn next.
    turns: dict[Section, UUID] = {}
    for section, _, step in askable:
        turns.setdefault(section, step)
    for section, step in turns.items():
        if step in steps and section not in steps[step]:
            steps[step].append(section)
    return steps


def _list_missing(
    plan: Plan, known: Known, asked: Collection[tuple[UUID, Section]]
) -> list[tuple[Section, int, UUID]]:
    """List the contacts for which no vendor was queried yet for what is missing: section, place and connection."""
    return [
        (section, place, step)
        for section, each in plan.sections.items()
        if not known.satisfies(section, each.rule)
        for place, step in enumerate(each.steps)
        if (step, section) not in asked
    ]


def list_unasked(
    plan: Plan,
    keys: Sequence[int],
    *,
    known: Mapping[int, Known],
    asked: Mapping[int, Collection[tuple[UUID, Section]]],
    can_ask: Callable[[UUID, int], bool],
) -> list[Question]:
    """List the contacts of which too little is known to look them up: per connection the contacts, and the sections
    that they lack."""
    lacking: dict[UUID, tuple[dict[Section, None], dict[int, None]]] = {}
    for key in keys:
        for section, _, step in _list_missing(plan, known.get(key, NOTHING), asked.get(key, ())):
            if not can_ask(step, key):
                sections, contacts = lacking.setdefault(step, ({}, {}))
                sections[section], contacts[key] = None, None
    return [
        Question(step, tuple(sections), tuple(contacts))
        for step, (sections, contacts) in lacking.items()
    ]


def is_valid_email(status: str | None) -> bool:
    """Return whether an address ends a search for a valid one: its last check found it valid."""
    return status == "valid"


def is_valid_phone(is_do_not_call: bool | None) -> bool:
    """Return whether a number ends a search for a valid one: it is not on the do-not-call register, as far as known."""
    return not is_do_not_call


def is_valid_pii(record: Mapping[str, Any]) -> bool:
    """Return whether a profile ends a search for a valid one: it holds both names."""
    return bool(record.get("first_name") and record.get("last_name"))


def names_of(sections: Iterable[Section]) -> str:
    """Return sections in words."""
    return ", ".join(section.label.lower() for section in sections)
