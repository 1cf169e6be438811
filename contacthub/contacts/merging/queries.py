"""Reads about merges, and the former ids that lead to a contact."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from contacthub.contacts.merging.rule import Decision, Known, Side, decide
from contacthub.contacts.models import Contact, Merge
from contacthub.contacts.queries import find_contacts
from contacthub.contacts.rules_version import VERSION
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.organizations.models import Organization

# Why not the ORM: one function knows what leads where for an organization.
FIND_CURRENT = """
SELECT old_key, new_key FROM contacts_renamed_keys(%s::bigint) WHERE old_key = ANY(%s::bigint[])
"""
LIST_FORMER = """
SELECT new_key, old_key FROM contacts_renamed_keys(%s::bigint) WHERE new_key = ANY(%s::bigint[]) ORDER BY old_key
"""


def find_current_keys(*, organization: Organization, keys: Collection[int]) -> dict[int, int]:
    """Return, of some keys inside contact ids, those that are former ones, with the key that each leads to."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_CURRENT, [organization.pk, list(keys)])
        return dict(cursor.fetchall())


def list_former_keys(
    *, organization: Organization, keys: Collection[int]
) -> Mapping[int, list[int]]:
    """Return the former keys that lead to some contacts, by the key that each has today."""
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(LIST_FORMER, [organization.pk, list(keys)])
        for new, old in cursor.fetchall():
            found[new].append(old)
    return found


def list_all_keys(*, organization: Organization, key: int) -> list[int]:
    """Return the key of a contact and all that lead to it: what is kept elsewhere of one contact may have any."""
    return [key, *list_former_keys(organization=organization, keys=[key]).get(key, [])]


# --- Merges ---------------------------------------------------------------------------------------


def list_merges(*, organization: Organization | None, survivor: int) -> QuerySet[Merge]:
    """List the merges into a contact, given by primary key, that can be undone or must be before others; newest first.

    A merge of shared contacts is the operator's: organizations see that it was made and cannot undo it.
    """
    owners = Q(organization=None) | Q(organization=organization)
    return Merge.objects.filter(owners, survivor=survivor, undone_at=None).order_by("-pk")


def get_merge(*, organization: Organization | None, merge_id: int) -> Merge:
    """Return a merge of the organization's own contacts; None: of shared ones. Raises `NotFound`."""
    merge = Merge.objects.filter(organization=organization, pk=merge_id, undone_at=None).first()
    if merge is None:
        raise NotFound("There is no such merge.")
    return merge


def check_undoable(merge: Merge) -> None:
    """Raise `Conflict`, in one sentence, where undoing a merge would not restore both contacts exactly."""
    survivor_id, merged_id = map(format_contact_id, (merge.survivor_key, merge.merged_key))
    live = Merge.objects.filter(organization=merge.organization_id, undone_at=None)
    if live.filter(merged=merge.survivor).exists():
        raise Conflict(
            f"{survivor_id} was merged into another contact afterwards. Undo that merge first."
        )
    if live.filter(survivor=merge.survivor, pk__gt=merge.pk).exists():
        raise Conflict(
            f"Another contact was merged into {survivor_id} afterwards. Undo that merge first."
        )
    if not Contact.objects.filter(pk=merge.survivor).exists():
        raise Conflict(f"{survivor_id} is no longer in the catalog, so nothing can be taken out.")
    taken = Q(key=merge.merged_key) | Q(number=merge.merged_number)
    if Contact.objects.filter(taken, organization=merge.organization_id).exists():
        raise Conflict(f"Another contact has the id of {merged_id} or its number today.")
    if merge.rules != VERSION:
        raise Conflict("The rules of stored values changed after this merge.")


# --- What a merge would do ------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two contacts of one owner that can be merged."""

    survivor: Contact
    merged: Contact


def get_pair(*, organization: Organization | None, survivor_key: int, merged_key: int) -> Pair:
    """Return two contacts that may be merged by an organization; None: by the operator, shared ones.

    Raises `NotFound` for an unknown contact, or another organization's; `Invalid` for one contact given twice, or one
    that is shared beside one that is not; `Conflict` where both are shared and an organization asks.
    """
    found = _find_shared(survivor_key, merged_key)
    if organization is not None:
        found = find_contacts(organization=organization, keys=[survivor_key, merged_key])
    survivor, merged = found.get(survivor_key), found.get(merged_key)
    if survivor is None or merged is None:
        raise NotFound("There is no such contact.")
    if survivor.pk == merged.pk:
        raise Invalid("These two ids lead to one contact already.")
    if survivor.organization_id != merged.organization_id:
        raise Invalid("A shared contact and one of your own stay apart; they cannot be merged.")
    if survivor.organization_id is None and organization is not None:
        raise Conflict("Both contacts are shared by all organizations. Ask the operator to merge.")
    return Pair(survivor, merged)


def _find_shared(*keys: int) -> dict[int, Contact]:
    shared = Contact.objects.filter(organization=None, key__in=keys)
    return {each.key: each for each in shared.select_related("company")}


def preview(pair: Pair, picks: Mapping[str, Side]) -> list[Decision]:
    """Return what a merge would use of each field."""
    return decide(Known.of(pair.survivor), Known.of(pair.merged), picks)
