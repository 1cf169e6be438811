"""Make one contact or company of two: nothing that either says is lost, and old ids lead to the one that stays."""

from typing import Any

from contacthub.contacts.merging.uniting import unite
from contacthub.contacts.models import Company, Contact, ContactDocument, MergedRow
from contacthub.lists.moves import move_members
from contacthub.organizations.audit import Actor

RULES = Actor(name="Rules of text")
_NOT_VALUES = frozenset(
    {"id", "organization", "number", "source_number", "created_at", "imported_at", "facts"}
)


def rename_contact(contact: Contact, key: int) -> Contact:
    """Give a contact another key, or make one of it and the one that has that key already. Returns what stays."""
    kept = Contact.objects.filter(organization=contact.organization_id, key=key).first()
    if kept is not None:
        merge_contacts(kept, contact)
        return kept
    contact.key = key
    contact.save(update_fields=["key"])
    ContactDocument.objects.filter(contact=contact).update(key=key)
    return contact


def merge_contacts(kept: Contact, gone: Contact) -> None:
    """Add what `gone` says to `kept`, with its sources and what people settled, and delete it.

    Where they differ, the value that a source gave last is used, else that of `kept`.
    """
    unite(kept, gone, picks={}, actor=RULES)
    _record(MergedRow.Kind.CONTACT, kept, gone, key=gone.key, into_key=kept.key)
    move_members(organization=kept.organization, of_companies=False, items={gone.key: kept.key})
    gone.delete()


def merge_companies(kept: Company, gone: Company) -> None:
    """Add what `gone` says to `kept`, whose own values win, give it the contacts, and delete `gone`."""
    for field in kept._meta.concrete_fields:
        value = getattr(gone, field.attname)
        if field.name not in _NOT_VALUES and value and not getattr(kept, field.attname):
            setattr(kept, field.attname, value)
    kept.created_at = min(kept.created_at, gone.created_at)
    Contact.objects.filter(company=gone).update(company=kept)
    _record(MergedRow.Kind.COMPANY, kept, gone)
    move_members(
        organization=kept.organization, of_companies=True, items={gone.number: kept.number}
    )
    gone.delete()
    kept.save()


def _record(kind: str, kept: Any, gone: Any, **keys: int) -> None:
    MergedRow.objects.create(
        kind=kind,
        organization_id=kept.organization_id,
        number=gone.number,
        into_number=kept.number,
        **keys,
    )
