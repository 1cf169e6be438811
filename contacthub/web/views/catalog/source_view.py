"""The card of a value on the page of a contact: where it came from, why it won, what lost to it, and the choice."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.template.defaultfilters import floatformat

from contacthub.connectors.registry import CONNECTORS
from contacthub.contacts.given import UNKNOWN_SOURCE, Given
from contacthub.contacts.models import Load, Settlement
from contacthub.contacts.value_fields import LISTS
from contacthub.enrichment.actions.settling import name_choice
from contacthub.enrichment.models import StopRule
from contacthub.web.contact_words import Check, describe_check
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day

UNKNOWN = "–"
RULES = {
    StopRule.FIRST: "the catalog had none and this vendor was the first with one.",
    StopRule.VALID: "none before it was valid.",
}


LOST_CHECKS = {
    "invalid": "Its check found it invalid",
    "catch_all": "The domain accepts any address",
}


@dataclass(frozen=True)
class Lost:
    """A value that lost: masked where values are, who gave it, why it lost, and the choice that settles on it."""

    shown: str
    source: str
    reason: str
    check: Check | None
    choice: str


@dataclass(frozen=True)
class SourceCard:
    """Where a value came from. `place` is part of ids, `label` names the value in the middle of a sentence."""

    place: str
    field: str
    label: str
    source: str
    because: str
    facts: tuple[tuple[str, str], ...]
    lost: tuple[Lost, ...]
    foot: str
    request_id: str
    # How many sources say different things; 0 if they agree or somebody settled it.
    disagreeing: int
    is_settled: bool
    # The choice that puts an address first which is not.
    choice: str

    @property
    def heading(self) -> str:
        """What stands above the values that lost."""
        return f"{plural(len(self.lost), 'value')} that lost"


@dataclass(frozen=True)
class Subject:
    """What a card is about: the contact's key, the field, how it is called, and how its values are shown."""

    key: int
    field: str
    label: str
    place: str
    show: Callable[[str], str]


def make_card(
    subject: Subject,
    given: Sequence[Given],
    others: Sequence[Given],
    settlement: Settlement | None,
    *,
    can_be_first: bool = False,
) -> SourceCard | None:
    """Return the card of a value: `given` is what sources gave of it, `others` what lost. None: nothing is known."""
    settled = settlement if settlement and (given or others) and not can_be_first else None
    winner = given[0] if given else Given(subject.field, "", UNKNOWN_SOURCE)
    if not given and not others:
        return None
    return SourceCard(
        place=subject.place,
        field=subject.field,
        label=subject.label,
        source="Settled" if settled else name_source(winner),
        because=_explain(winner, given, others, settled, is_first=not can_be_first),
        facts=_list_facts(winner),
        lost=tuple(_describe_lost(subject, each, winner, settled) for each in _once(others)),
        foot=_describe_cost(winner),
        request_id=winner.request_id,
        disagreeing=0 if settled else count_disagreeing(given, others),
        is_settled=settled is not None,
        choice=name_choice(subject.key, subject.field, winner.value) if can_be_first else "",
    )


def name_source(given: Given) -> str:
    """Return the name of a source; files write vendors as protocols do."""
    connector = CONNECTORS.get(given.source_name)
    return connector.label if connector else given.source_name


def count_disagreeing(given: Sequence[Given], others: Sequence[Given]) -> int:
    """Return how many sources say different things of a value; 0 if none contradicts the one that is shown.

    A source that said something else before, and agrees now, is none; nor is one whose value a newer one replaced.
    """
    agreeing = {each.source or each.source_name for each in given}
    values = {each.value.casefold() for each in given}
    against = {
        each.source or each.source_name for each in others if each.value.casefold() not in values
    } - agreeing
    return 1 + len(against) if against and given else 0


def _once(others: Sequence[Given]) -> list[Given]:
    """Return each value that lost once for each name of its source, the newest first."""
    found: dict[tuple[str, str], Given] = {}
    for each in sorted(others, key=_when, reverse=True):
        found.setdefault((each.value, each.source_name), each)
    return list(found.values())


def _when(each: Given) -> float:
    return each.fetched_at.timestamp() if each.fetched_at else 0.0


# --- Words ----------------------------------------------------------------------------------------


def _explain(
    winner: Given,
    given: Sequence[Given],
    others: Sequence[Given],
    settled: Settlement | None,
    *,
    is_first: bool,
) -> str:
    if settled:
        return f"{settled.settled_by_name} settled it on {day(settled.settled_at.date())}."
    if not is_first:
        return f"{name_source(winner)} gave it; it stands after the first one."
    agreeing = list(
        dict.fromkeys(name_source(e) for e in given if e.source_name != winner.source_name)
    )
    agree = (
        f" {', '.join(agreeing)} {'agrees' if len(agreeing) == 1 else 'agree'}." if agreeing else ""
    )
    return f"{name_source(winner)}, because {_reason(winner, others)}{agree}"


def _reason(winner: Given, others: Sequence[Given]) -> str:
    if not others and not winner.rule:
        return "it is the only source with a value."
    if winner.is_shared:
        return "you have no value of your own."
    if winner.rule:
        return RULES[StopRule(winner.rule)]
    if winner.field in LISTS:
        return "it stands first in what was received last."
    if any(_when(each) > _when(winner) for each in others):
        return "it was there before, and answers of vendors only fill gaps."
    if winner.fetched_at:
        return f"it was received last, on {day(winner.fetched_at.date())}."
    return "it was there before sources were kept."


def _list_facts(winner: Given) -> tuple[tuple[str, str], ...]:
    return (
        ("Fetched", _format_moment(winner.fetched_at)),
        ("First seen", _format_day(winner.first_seen)),
        ("Last seen", _format_day(winner.last_seen)),
        ("Confidence", UNKNOWN if winner.confidence is None else floatformat(winner.confidence, 2)),
    )


def _format_moment(value: dt.datetime | None) -> str:
    return f"{day(value.date())} {value.astimezone(dt.UTC):%H:%M}" if value else UNKNOWN


def _format_day(value: dt.date | None) -> str:
    return day(value) if value else UNKNOWN


def _describe_cost(winner: Given) -> str:
    if winner.lookups is not None:
        return (
            f"{plural(winner.lookups, 'lookup')}, request"
            if winner.request_id
            else (plural(winner.lookups, "lookup"))
        )
    if winner.kind:
        return str(Load.Kind(winner.kind).label)
    return "Stored before sources were kept" if not winner.fetched_at else ""


def _describe_lost(
    subject: Subject, each: Given, winner: Given, settled: Settlement | None
) -> Lost:
    confidence = "" if each.confidence is None else f", {floatformat(each.confidence, 2)}"
    return Lost(
        shown=subject.show(each.shown or each.value),
        source=f"{name_source(each)}{confidence}",
        reason=_explain_loss(each, winner, settled),
        check=describe_check(each.status, each.checked_on) if each.status else None,
        choice=name_choice(subject.key, subject.field, each.value),
    )


def _explain_loss(each: Given, winner: Given, settled: Settlement | None) -> str:
    if settled:
        is_rule = each.value == settled.rule_value or each.value in (settled.rule_value or [])[:1]
        return "What the rule would show" if is_rule else "Not chosen"
    if each.is_shared and not winner.is_shared:
        return "Your own value comes before the shared one"
    return _explain_check(each, winner) or _explain_age(each, winner)


def _explain_check(each: Given, winner: Given) -> str:
    if each.status in LOST_CHECKS:
        return LOST_CHECKS[each.status]
    is_older = winner.checked_on and each.checked_on and each.checked_on < winner.checked_on
    return "Older check" if is_older else ""


def _explain_age(each: Given, winner: Given) -> str:
    if each.field in LISTS:
        return "Listed after the first one"
    if _when(each) > _when(winner):
        return "Answers of vendors only fill gaps"
    return f"Older: last seen {day(each.last_seen)}" if each.last_seen else "Older"
