"""Pairs of contacts that may be the same person: kept, dismissed, open again, closed by a merge.

Pairs of an organization's own contacts are decided by its people. Pairs of shared contacts are everyone's to see, and
the operator's to decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from contacthub.contacts.models import DuplicateProposal
from contacthub.core.errors import Conflict, NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

State = DuplicateProposal.State
DISMISSED = "Dismissed a possible duplicate"
RESTORED = "Restored a possible duplicate"


@dataclass(frozen=True)
class Pair:
    """Two contacts of one owner, by the keys inside their ids, the lower one first. No owner: they are shared."""

    owner: int | None
    lower_key: int
    higher_key: int

    @classmethod
    def of(cls, owner: int | None, one_key: int, other_key: int) -> "Pair":
        """Return the pair of two contacts, given in any order. Raises `ValueError` for one contact given twice."""
        if one_key == other_key:
            raise ValueError("A pair is of two contacts.")
        return cls(owner, min(one_key, other_key), max(one_key, other_key))

    @property
    def rows(self) -> QuerySet[DuplicateProposal]:
        """The proposal of this pair, or no row."""
        return DuplicateProposal.objects.filter(
            organization=self.owner, lower_key=self.lower_key, higher_key=self.higher_key
        )


@dataclass(frozen=True)
class Found:
    """A pair that the rule proposes, with its reasons in the order of `DuplicateProposal.Reason`, and its score."""

    pair: Pair
    reasons: tuple[str, ...]
    score: float


def save_found(found: Iterable[Found]) -> int:
    """Keep what the rule proposes, in the caller's transaction. Returns how many pairs are open that were not before.

    A pair that is known takes the new reasons and score. A dismissed one stays dismissed unless it has a kind of reason
    that was not dismissed. A merged one stays merged.
    """
    by_pair = {each.pair: each for each in found}
    lower_keys = [pair.lower_key for pair in by_pair]
    known = {
        Pair(each.organization_id, each.lower_key, each.higher_key): each
        for each in DuplicateProposal.objects.filter(lower_key__in=lower_keys)
    }
    fresh = [_make(each) for pair, each in by_pair.items() if pair not in known]
    DuplicateProposal.objects.bulk_create(fresh)
    opened = (_change(each, by_pair[pair]) for pair, each in known.items() if pair in by_pair)
    return len(fresh) + sum(opened)


def _make(found: Found) -> DuplicateProposal:
    return DuplicateProposal(
        organization_id=found.pair.owner,
        lower_key=found.pair.lower_key,
        higher_key=found.pair.higher_key,
        reasons=list(found.reasons),
        score=round(found.score, 2),
    )


def _change(proposal: DuplicateProposal, found: Found) -> bool:
    """Give a known pair new reasons and its score. Returns whether it is open again."""
    if proposal.state == State.MERGED:
        return False
    fresh = _make(found)
    if (proposal.reasons, proposal.score) != (fresh.reasons, fresh.score):
        found.pair.rows.update(reasons=fresh.reasons, score=fresh.score)
    has_more = not set(found.reasons) <= set(proposal.dismissed_reasons)
    return proposal.state == State.DISMISSED and has_more and _open(found.pair.rows) > 0


def drop_outdated(checked: Iterable[tuple[int | None, int]], found: Iterable[Found]) -> None:
    """Forget open pairs of contacts that were compared, given by owner and key, which the rule no longer proposes."""
    kept = {each.pair for each in found}
    keys: dict[int | None, list[int]] = defaultdict(list)
    for owner, key in checked:
        keys[owner].append(key)
    outdated = [
        proposal.pk
        for owner, each in keys.items()
        for proposal in DuplicateProposal.objects.filter(
            Q(lower_key__in=each) | Q(higher_key__in=each), organization=owner, state=State.OPEN
        )
        if Pair(owner, proposal.lower_key, proposal.higher_key) not in kept
    ]
    DuplicateProposal.objects.filter(pk__in=outdated, state=State.OPEN).delete()


def _open(rows: QuerySet[DuplicateProposal]) -> int:
    """Open dismissed pairs again; return how many."""
    return rows.filter(state=State.DISMISSED).update(
        state=State.OPEN,
        dismissed_by=None,
        dismissed_by_name="",
        dismissed_at=None,
        dismissed_reasons=[],
    )


@transaction.atomic
def dismiss(
    *, organization: Organization | None, actor: Actor, proposal_id: int
) -> DuplicateProposal:
    """Say that two of the organization's own contacts are different people. Recorded, and can be undone.

    Without an organization they are shared, the operator says so, and no organization's log has a line.

    Raises `NotFound` for a pair that is not the organization's own, and `Conflict` for one that is no longer open.
    """
    proposal = _get_own(organization, proposal_id)
    if proposal.state != State.OPEN:
        raise Conflict(f"This pair is already marked: {proposal.get_state_display()}.")
    proposal.state = State.DISMISSED
    proposal.dismissed_by, proposal.dismissed_by_name = actor.user, actor.name[:200]
    proposal.dismissed_at = Now()
    proposal.dismissed_reasons = proposal.reasons
    proposal.save()
    _record(organization, actor, DISMISSED, proposal)
    return proposal


@transaction.atomic
def restore(
    *, organization: Organization | None, actor: Actor, proposal_id: int
) -> DuplicateProposal:
    """Undo a dismissal. Recorded. Raises `NotFound` and `Conflict` as `dismiss` does."""
    proposal = _get_own(organization, proposal_id)
    if not _open(DuplicateProposal.objects.filter(pk=proposal.pk)):
        raise Conflict("This pair is not dismissed.")
    _record(organization, actor, RESTORED, proposal)
    return proposal


def close_merged(*, organization: Organization | None, one_key: int, other_key: int) -> None:
    """Mark a pair as merged, in the caller's transaction; a pair that was never proposed stays unknown.

    `organization` owns both contacts; None: they are shared.
    """
    owner = organization.pk if organization else None
    Pair.of(owner, one_key, other_key).rows.update(state=State.MERGED)


def reopen_unmerged(*, organization: Organization | None, one_key: int, other_key: int) -> None:
    """Undo `close_merged`: the pair is open again, or dismissed if it was dismissed before."""
    owner = organization.pk if organization else None
    before = Case(When(dismissed_at=None, then=Value(State.OPEN)), default=Value(State.DISMISSED))
    rows = Pair.of(owner, one_key, other_key).rows
    rows.filter(state=State.MERGED).update(state=before)


def _get_own(organization: Organization | None, proposal_id: int) -> DuplicateProposal:
    proposal = (
        DuplicateProposal.objects.select_for_update()
        .filter(organization=organization, pk=proposal_id)
        .first()
    )
    if proposal is None:
        raise NotFound("There is no such pair of contacts.")
    return proposal


def _record(
    organization: Organization | None, actor: Actor, action: str, proposal: DuplicateProposal
) -> None:
    """Write a line for each of the two, so that both pages show it."""
    if organization is None:
        return
    ids = [format_contact_id(key) for key in (proposal.lower_key, proposal.higher_key)]
    for contact_id, other in (ids, ids[::-1]):
        record_event(
            organization=organization,
            actor=actor,
            action=action,
            target=contact_id,
            subject=contact_id,
            detail=f"Of {other}",
            has_personal_data=True,
        )


def join_reasons(reasons: Sequence[str]) -> str:
    """Return reasons in words: same phone, similar name and company."""
    return ", ".join(str(DuplicateProposal.Reason(reason).label) for reason in reasons)
