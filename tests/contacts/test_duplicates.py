"""Pairs of contacts that may be one person: kept once, decided once, and open again only for a new reason."""

from io import StringIO

import pytest
from django.core.management import call_command

from contacthub.contacts.duplicates.proposals import (
    Found,
    Pair,
    close_merged,
    dismiss,
    reopen_unmerged,
    restore,
    save_found,
)
from contacthub.contacts.models import DuplicateProposal
from contacthub.core.errors import Conflict, NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.core.tenancy import across_organizations
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization

pytestmark = pytest.mark.django_db
State, Reason = DuplicateProposal.State, DuplicateProposal.Reason


def propose(owner: Organization | None, *reasons: str) -> DuplicateProposal:
    pair = Pair.of(owner.pk if owner else None, 8, -5)
    save_found([Found(pair, tuple(reasons) or (Reason.EMAIL,), 0.95)])
    return DuplicateProposal.objects.get(organization=owner)


def test_a_pair_is_kept_once_in_any_order(acme: Organization) -> None:
    first = propose(acme)
    assert save_found([Found(Pair.of(acme.pk, -5, 8), (Reason.PHONE,), 0.8)]) == 0
    again = DuplicateProposal.objects.get()
    assert (again.pk, again.lower_key, again.higher_key) == (first.pk, -5, 8)
    assert (again.reasons, again.score) == ([Reason.PHONE], 0.8)


def test_a_contact_is_no_pair_with_itself() -> None:
    with pytest.raises(ValueError, match="two contacts"):
        Pair.of(None, 5, 5)


def test_dismissed_pair_comes_back_for_a_new_kind_of_reason_only(
    acme: Organization, as_bob: Actor
) -> None:
    pair = propose(acme, Reason.EMAIL, Reason.NAME)
    dismiss(organization=acme, actor=as_bob, proposal_id=pair.pk)
    assert propose(acme, Reason.NAME).state == State.DISMISSED
    assert propose(acme, Reason.EMAIL, Reason.NAME).state == State.DISMISSED
    opened = propose(acme, Reason.PHONE, Reason.NAME)
    assert (opened.state, opened.dismissed_at, opened.dismissed_by) == (State.OPEN, None, None)


def test_dismissal_says_who_and_when_and_is_undone(acme: Organization, as_bob: Actor) -> None:
    pair = propose(acme)
    dismiss(organization=acme, actor=as_bob, proposal_id=pair.pk)
    pair.refresh_from_db()
    assert (pair.state, pair.dismissed_by, pair.dismissed_by_name) == (
        State.DISMISSED,
        as_bob.user,
        as_bob.name,
    )
    assert pair.dismissed_at is not None
    with pytest.raises(Conflict, match="Not a duplicate"):
        dismiss(organization=acme, actor=as_bob, proposal_id=pair.pk)
    restore(organization=acme, actor=as_bob, proposal_id=pair.pk)
    with pytest.raises(Conflict, match="not dismissed"):
        restore(organization=acme, actor=as_bob, proposal_id=pair.pk)
    lines = AuditEvent.objects.filter(organization=acme, actor=as_bob.user)
    assert sorted(line.action.split()[0] for line in lines) == ["Dismissed"] * 2 + ["Restored"] * 2
    assert len({line.subject for line in lines}) == 2
    assert all(line.has_personal_data for line in lines)


def test_only_pairs_of_ones_own_are_decided(
    acme: Organization, globex: Organization, as_bob: Actor
) -> None:
    for pair in (propose(globex), propose(None)):
        with pytest.raises(NotFound):
            dismiss(organization=acme, actor=as_bob, proposal_id=pair.pk)
        with pytest.raises(NotFound):
            restore(organization=acme, actor=as_bob, proposal_id=pair.pk)
    assert set(DuplicateProposal.objects.values_list("state", flat=True)) == {State.OPEN}
    assert not AuditEvent.objects.filter(organization=acme, actor=as_bob.user).exists()


def test_merge_closes_a_pair_and_unmerge_brings_back_what_it_was(
    acme: Organization, as_bob: Actor
) -> None:
    pair = propose(acme)
    close_merged(organization=acme, one_key=8, other_key=-5)
    assert propose(acme, Reason.PHONE).state == State.MERGED
    reopen_unmerged(organization=acme, one_key=-5, other_key=8)
    assert propose(acme).state == State.OPEN
    dismiss(organization=acme, actor=as_bob, proposal_id=pair.pk)
    close_merged(organization=acme, one_key=-5, other_key=8)
    reopen_unmerged(organization=acme, one_key=8, other_key=-5)
    pair.refresh_from_db()
    assert (pair.state, pair.dismissed_by_name) == (State.DISMISSED, as_bob.name)


def test_merge_of_a_pair_that_was_never_proposed_leaves_nothing(acme: Organization) -> None:
    close_merged(organization=acme, one_key=1, other_key=2)
    reopen_unmerged(organization=acme, one_key=1, other_key=2)
    assert not DuplicateProposal.objects.exists()


def test_operator_lists_and_decides_pairs_of_shared_contacts(acme: Organization) -> None:
    propose(acme)
    pair = propose(None, Reason.EMAIL, Reason.NAME)
    ids = [format_contact_id(key) for key in (8, -5)]
    line = f"{ids[1]} {ids[0]} 0.95 same e-mail, similar name and company\n"
    assert run("shared_duplicates") == line
    run("shared_duplicates", "--dismiss", *ids)
    pair.refresh_from_db()
    assert (pair.state, pair.dismissed_by_name) == (State.DISMISSED, "Command line")
    assert run("shared_duplicates") == ""
    run("shared_duplicates", "--restore", *ids)
    assert run("shared_duplicates") == line
    assert DuplicateProposal.objects.get(organization=acme).state == State.OPEN


def run(*arguments: str) -> str:
    out = StringIO()
    with across_organizations():
        call_command(*arguments, stdout=out)
    return out.getvalue()
