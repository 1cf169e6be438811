"""Whom to ask for what next: pure decisions about a waterfall, without a database and without a vendor."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
        """Return what a list keeps; empty where nobody is asked."""
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
        """Return the connections that may be asked, each once, in the order in which they first appear."""
        steps = [step for each in self.sections.values() for step in each.steps]
        return list(dict.fromkeys(steps))

    def only(self, sections: Collection[Section]) -> "Plan":
        """Return the plan for some sections."""
        asked = {name: each for name, each in self.sections.items() if name in sections}
        return Plan(asked, self.limit)

    def most_lookups(self, contact_count: int) -> dict[UUID, int]:
        """Return the most lookups that a run over some contacts spends per connection, each within the limit.

        A vendor that stands at two places may be asked twice for one contact: for one section first, for another
        once somebody else did not have it.
        """
        places: dict[UUID, set[int]] = defaultdict(set)
        for each in self.sections.values():
            for place, step in enumerate(each.steps):
                places[step].add(place)
        most = {step: len(places[step]) * contact_count for step in self.connections}
        return {step: min(count, self.limit) for step, count in most.items()}

    def most_altogether(self, contact_count: int) -> int:
        """Return the most lookups of a run over all connections."""
        return min(self.limit, sum(self.most_lookups(contact_count).values()))


@dataclass(frozen=True)
class Known:
    """What is known of one contact: the sections with a value, and those with a valid one."""

    found: frozenset[Section] = frozenset()
    valid: frozenset[Section] = frozenset()

    def satisfies(self, section: Section, rule: StopRule) -> bool:
        """Return whether nobody needs to be asked any more."""
        return section in (self.found if rule == StopRule.FIRST else self.valid)


NOTHING = Known()


@dataclass(frozen=True)
class Question:
    """What one call asks: one connection, some sections, some contacts."""

    connection: UUID
    sections: tuple[Section, ...]
    keys: tuple[int, ...]


def list_questions(
    plan: Plan,
    keys: Sequence[int],
    *,
    known: Mapping[int, Known],
    asked: Mapping[int, Collection[tuple[UUID, Section]]],
    most: int,
) -> Iterator[Question]:
    """Yield the next round: of each contact and section that is still missing, the first vendor not asked yet.

    `asked` holds per contact who was asked for what, whatever came of it. A call asks for up to `most` contacts.
    """
    groups: dict[UUID, dict[tuple[Section, ...], list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for key in keys:
        steps = _next_steps(plan, known.get(key, NOTHING), asked.get(key, ()))
        for connection, sections in steps.items():
            groups[connection][tuple(sections)].append(key)
    for connection in plan.connections:
        for asks, group in groups[connection].items():
            for start in range(0, len(group), most):
                yield Question(connection, asks, tuple(group[start : start + most]))


def _next_steps(
    plan: Plan, known: Known, asked: Collection[tuple[UUID, Section]]
) -> dict[UUID, list[Section]]:
    steps: dict[UUID, list[Section]] = {}
    for section, each in plan.sections.items():
        if known.satisfies(section, each.rule):
            continue
        step = next((step for step in each.steps if (step, section) not in asked), None)
        if step is not None:
            steps.setdefault(step, []).append(section)
    return steps


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
