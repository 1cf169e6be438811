"""Merge two contacts, and undo it to the byte."""

from collections.abc import Mapping

from django.db import transaction

from contacthub.contacts import sql
from contacthub.contacts.duplicates import proposals
from contacthub.contacts.merging import rows
from contacthub.contacts.merging.leads import lead
from contacthub.contacts.merging.queries import Pair, check_undoable, get_merge, get_pair
from contacthub.contacts.merging.rule import Side
from contacthub.contacts.merging.uniting import unite
from contacthub.contacts.models import Contact, ContactEmail, ContactPhone, Merge
from contacthub.contacts.rules_version import VERSION
from contacthub.contacts.stored_values import copy_firsts, put_value
from contacthub.contacts.value_fields import BY_NAME
from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.core.public_ids import format_contact_id
from contacthub.lists.moves import move_back, move_members
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

MERGED = "Merged contacts"
MERGED_AWAY = "Merged into another contact"
UNMERGED = "Undid a merge"
UNMERGED_AWAY = "Separated from another contact"


@transaction.atomic
def merge_contacts(
    *,
    organization: Organization | None,
    actor: Actor,
    survivor_key: int,
    merged_key: int,
    picks: Mapping[str, Side] | None = None,
) -> Merge:
    """Make one contact of two. The survivor keeps its id and number; those of the merged one lead to it until undone.

    `picks` names, by field (`value_fields`, "email" and "phone" for which comes first), the contact whose value is to
    be used; others follow the rule. An organization merges its own contacts; None is the operator, who merges shared
    ones, by the rule alone. Recorded for both. Raises what `get_pair` does; `Invalid` for picks of shared contacts.
    """
    sql.lock_imports(organization=organization.pk if organization else None)
    pair = get_pair(organization=organization, survivor_key=survivor_key, merged_key=merged_key)
    if picks and organization is None:
        raise Invalid("Values of shared contacts follow the rule; they cannot be chosen.")
    merge = _make_merge(pair, actor)
    before = rows.take([pair.survivor.pk, pair.merged.pk])
    unite(pair.survivor, pair.merged, picks=picks or {}, actor=actor)
    pair.merged.delete()
    rows.keep(merge, before, rows.take([merge.survivor], also=before))
    lead(merge)
    move_members(
        organization=organization,
        of_companies=False,
        items={merge.merged_key: merge.survivor_key},
        but=_list_apart(merge),
    )
    _remake([merge.survivor])
    proposals.close_merged(
        organization=organization, one_key=merge.survivor_key, other_key=merge.merged_key
    )
    _record(merge, actor, MERGED, MERGED_AWAY)
    return merge


@transaction.atomic
def unmerge(*, organization: Organization | None, actor: Actor, merge_id: int) -> Merge:
    """Undo a merge: both contacts are as they were, and what was said of the survivor since stays with it.

    Recorded for both. Raises `NotFound` for one that is not the organization's (None: the operator's) or was undone,
    `Conflict` where undoing cannot be exact.
    """
    sql.lock_imports(organization=organization.pk if organization else None)
    merge = get_merge(organization=organization, merge_id=merge_id)
    check_undoable(merge)
    lead(merge, is_undone=True)
    restoring = rows.Restoring(merge)
    restoring.run()
    if not restoring.is_exact:
        _settle_down(merge.survivor, restoring.late_values)
    move_back(
        organization=organization,
        of_companies=False,
        old=merge.merged_key,
        new=merge.survivor_key,
    )
    _remake([merge.survivor, merge.merged])
    proposals.reopen_unmerged(
        organization=organization, one_key=merge.survivor_key, other_key=merge.merged_key
    )
    merge.undone_at, merge.undone_by_name = clock.now(), actor.name[:200]
    merge.save(update_fields=["undone_at", "undone_by_name"])
    # Its personal values are where they belong again.
    merge.rows.all().delete()
    _record(merge, actor, UNMERGED, UNMERGED_AWAY)
    return merge


def _make_merge(pair: Pair, actor: Actor) -> Merge:
    survivor, merged = pair.survivor, pair.merged
    return Merge.objects.create(
        organization=survivor.organization,
        survivor=survivor.pk,
        survivor_key=survivor.key,
        survivor_number=survivor.number,
        merged=merged.pk,
        merged_key=merged.key,
        merged_number=merged.number,
        merged_name=merged.full_name,
        rules=VERSION,
        merged_by=actor.user,
        merged_by_name=actor.name[:200],
        merged_at=clock.now(),
    )


def _list_apart(merge: Merge) -> list[int]:
    """List the organizations that have a contact of their own with the key of a shared one that was merged."""
    if merge.organization_id is not None:
        return []
    own = Contact.objects.filter(key=merge.merged_key, organization__isnull=False)
    return list(own.values_list("organization", flat=True))


def _settle_down(survivor: int, late_values: Mapping[str, object]) -> None:
    """Make a contact whole again of which some values are of before and some came since."""
    contact = Contact.objects.get(pk=survivor)
    for name, value in late_values.items():
        if name in BY_NAME:
            put_value(contact, BY_NAME[name], value)
    for model in (ContactEmail, ContactPhone):
        found = model._default_manager.filter(contact=contact).order_by("position", "pk")
        for position, row in enumerate(found, start=1):
            model._default_manager.filter(pk=row.pk).update(position=position)
    copy_firsts(contact)
    contact.save()


def _remake(contacts: list[int]) -> None:
    sql.save_documents(contacts=contacts)
    sql.save_facts(contacts=contacts)


def _record(merge: Merge, actor: Actor, of_survivor: str, of_merged: str) -> None:
    """Write a line for each of the two contacts. What the operator does with shared ones stands in no log."""
    if merge.organization is None:
        return
    ids = [format_contact_id(key) for key in (merge.survivor_key, merge.merged_key)]
    for action, contact_id, other in (
        (of_survivor, ids[0], ids[1]),
        (of_merged, ids[1], ids[0]),
    ):
        record_event(
            organization=merge.organization,
            actor=actor,
            action=action,
            target=contact_id,
            subject=contact_id,
            detail=f"With {other}",
            has_personal_data=True,
        )
