"""The rule: when two contacts of one owner are proposed as one person, by which reasons, and how sure that is.

What two contacts have in common is a reason only if their names allow it:

| reason | holds if | but not if |
|---|---|---|
| same profile | their names, or given names, are alike, or one has no name | one is the junior of the other |
| same e-mail | the same; not info@ or another mailbox of many people | the same |
| same phone | their names are alike | it is a switchboard; their profiles differ; company addresses of two people |
| similar name and company | names are equal, or nearly and the titles agree | any of these, or the titles differ |

A value that more than three contacts have in common is no reason at all. Names alone do not count where others of that
name are to be expected at the company.
"""

from dataclasses import dataclass

from contacthub.contacts.duplicates.cards import (
    Agreement,
    Card,
    compare_sets,
    compare_titles,
    have_rival_addresses,
)
from contacthub.contacts.duplicates.names import Likeness, compare_names
from contacthub.contacts.models import DuplicateProposal

Reason = DuplicateProposal.Reason
# How sure each reason alone is; names only as far as they agree.
WEIGHTS = {Reason.PROFILE: 0.95, Reason.EMAIL: 0.95, Reason.PHONE: 0.85}
NAME_WEIGHTS = {Likeness.EQUAL: 0.75, Likeness.CLOSE: 0.6, Likeness.OPEN: 0.5}
TITLE_WEIGHT = 0.4
# What is left of it where names agree less.
NAME_FACTORS = {
    Likeness.EQUAL: 1.0,
    Likeness.CLOSE: 0.98,
    Likeness.OPEN: 0.95,
    Likeness.GIVEN: 0.9,
    Likeness.UNKNOWN: 0.9,
}
# Names alone are a reason only where no more others of the name are to be expected; fewer if a title is missing.
MOST_NAMESAKES, MOST_WITHOUT_TITLE = 0.1, 0.005


@dataclass(frozen=True)
class Ground:
    """What two contacts have in common, before their names are looked at.

    `shared` are the reasons that a value gives. `namesakes` is how many others of the name are to be expected at the
    company where both work; None if they do not work at one.
    """

    shared: frozenset[str] = frozenset()
    namesakes: float | None = None


@dataclass(frozen=True)
class Verdict:
    """Why two contacts may be one person, in the order of `Reason`, and how sure that is, from 0 to 1."""

    reasons: tuple[str, ...]
    score: float


def judge(one: Card, other: Card, ground: Ground) -> Verdict | None:
    """Return why two contacts are proposed as one person; None if they are not."""
    likeness = compare_names(one.name, other.name)
    if likeness == Likeness.DIFFERENT or _are_other_generations(one, other, ground):
        return None
    titles = compare_titles(one.title, other.title)
    is_name = _is_name_a_reason(one, other, ground, likeness, titles)
    reasons = [
        reason
        for reason in Reason
        if (reason == Reason.NAME and is_name)
        or (reason in ground.shared and _is_value_a_reason(one, other, reason, likeness))
    ]
    if not reasons:
        return None
    return Verdict(tuple(reasons), _score(reasons, likeness, titles))


def _are_other_generations(one: Card, other: Card, ground: Ground) -> bool:
    """Return whether one is the junior of the other: where one says nothing, a profile or an address decides."""
    if one.name.generation == other.name.generation:
        return False
    is_said_by_both = bool(one.name.generation and other.name.generation)
    return is_said_by_both or not ground.shared & {Reason.PROFILE, Reason.EMAIL}


def _is_value_a_reason(one: Card, other: Card, reason: str, likeness: Likeness) -> bool:
    if reason != Reason.PHONE:
        return True
    return likeness >= Likeness.OPEN and not _is_contradicted(one, other)


def _is_contradicted(one: Card, other: Card) -> bool:
    return compare_sets(one.profiles, other.profiles) == Agreement.OTHER or have_rival_addresses(
        one, other
    )


def _is_name_a_reason(
    one: Card, other: Card, ground: Ground, likeness: Likeness, titles: Agreement
) -> bool:
    if ground.namesakes is None or likeness < Likeness.OPEN:
        return False
    if ground.shared & {Reason.PROFILE, Reason.EMAIL}:
        return True
    if _is_contradicted(one, other) or titles == Agreement.OTHER:
        return False
    if titles == Agreement.SAME:
        return ground.namesakes <= MOST_NAMESAKES
    return likeness == Likeness.EQUAL and ground.namesakes <= MOST_WITHOUT_TITLE


def _score(reasons: list[Reason], likeness: Likeness, titles: Agreement) -> float:
    """Return the chance that not all reasons are wrong, less where the names agree less."""
    weights = [WEIGHTS[reason] for reason in reasons if reason in WEIGHTS]
    if Reason.NAME in reasons:
        weights.append(NAME_WEIGHTS[likeness])
        weights += [TITLE_WEIGHT] if titles == Agreement.SAME else []
    doubt = 1.0
    for weight in weights:
        doubt *= 1 - weight
    return (1 - doubt) * NAME_FACTORS[likeness]
