"""Reads of pairs that may be the same person: those of an organization's own contacts, and of the shared ones it sees.

A pair is not there if one of its contacts is gone, or is a shared one that the organization's own hides.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacthub.contacts.models import Contact, DuplicateProposal
from contacthub.contacts.queries import find_contacts
from contacthub.organizations.models import Organization

State = DuplicateProposal.State
# Counts stop here.
MOST_COUNTED = 1_000


class Proposed(NamedTuple):
    """A pair with both contacts and their companies, the lower key first."""

    proposal: DuplicateProposal
    one: Contact
    other: Contact


def list_pairs(
    *, organization: Organization, is_shared: bool = False
) -> QuerySet[DuplicateProposal]:
    """List the pairs of an organization's own contacts, or of the shared ones, the surest first."""
    owner = None if is_shared else organization
    rows = DuplicateProposal.objects.filter(organization=owner)
    for key in ("lower_key", "higher_key"):
        same = Contact.objects.filter(key=OuterRef(key))
        rows = rows.filter(Exists(same.filter(organization=owner)))
        if is_shared:
            rows = rows.exclude(Exists(same.filter(organization=organization)))
    return rows.order_by("-score", "pk")


def list_open(
    *, organization: Organization, is_shared: bool = False
) -> QuerySet[DuplicateProposal]:
    """List the pairs that wait for a decision."""
    return list_pairs(organization=organization, is_shared=is_shared).filter(state=State.OPEN)


def count_open(*, organization: Organization) -> int:
    """Count the pairs of an organization's own contacts that wait for a decision, up to 1,000."""
    return list_open(organization=organization).order_by()[:MOST_COUNTED].count()


def list_of_contact(*, organization: Organization, contact: Contact) -> list[Proposed]:
    """List the pairs of a contact that are open or dismissed, the surest first."""
    of_contact = Q(lower_key=contact.key) | Q(higher_key=contact.key)
    pairs = list_pairs(organization=organization, is_shared=contact.organization_id is None)
    found = pairs.filter(of_contact, state__in=(State.OPEN, State.DISMISSED))
    return with_contacts(organization=organization, proposals=list(found))


def with_contacts(
    *, organization: Organization, proposals: Sequence[DuplicateProposal]
) -> list[Proposed]:
    """Return pairs with their contacts, in the same order; those without both contacts are left out."""
    keys = {key for each in proposals for key in (each.lower_key, each.higher_key)}
    contacts = find_contacts(organization=organization, keys=keys)
    return [
        Proposed(each, contacts[each.lower_key], contacts[each.higher_key])
        for each in proposals
        if each.lower_key in contacts and each.higher_key in contacts
    ]
