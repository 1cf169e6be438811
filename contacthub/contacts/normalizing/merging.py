"""Make one contact or company of two: nothing that either says is lost, and old ids lead to the one that stays."""

from typing import Any

from django.db.models import Max, Model

from contacthub.contacts.models import (
    Candidate,
    Company,
    Contact,
    ContactDocument,
    ContactEmail,
    ContactPhone,
    MergedRow,
)
from contacthub.lists.moves import move_members

_NOT_VALUES = frozenset(
    {"id", "organization", "key", "number", "source_number", "created_at", "updated_at", "imported_at", "facts"}
)  # fmt: skip


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
    """Add what `gone` says to `kept`, whose own values win, and delete it."""
    _fill(kept, gone)
    if gone.pii is not None:
        kept.pii = gone.pii | (kept.pii or {})
    kept.crm = gone.crm | kept.crm
    kept.created_at = min(kept.created_at, gone.created_at)
    kept.updated_at = max(kept.updated_at, gone.updated_at)
    for model, name in ((ContactEmail, "address"), (ContactPhone, "phone")):
        _move(model, name, kept, gone)
    _move_sources(kept, gone)
    copy_firsts(kept)
    _record(MergedRow.Kind.CONTACT, kept, gone, key=gone.key, into_key=kept.key)
    move_members(organization=kept.organization, of_companies=False, items={gone.key: kept.key})
    gone.delete()
    kept.save()


def merge_companies(kept: Company, gone: Company) -> None:
    """Add what `gone` says to `kept`, whose own values win, give it the contacts, and delete `gone`."""
    _fill(kept, gone)
    kept.created_at = min(kept.created_at, gone.created_at)
    Contact.objects.filter(company=gone).update(company=kept)
    _record(MergedRow.Kind.COMPANY, kept, gone)
    move_members(
        organization=kept.organization, of_companies=True, items={gone.number: kept.number}
    )
    gone.delete()
    kept.save()


def copy_firsts(contact: Contact) -> None:
    """Update the copies of the first address and phone, in memory, from what is stored."""
    email = ContactEmail.objects.filter(contact=contact).order_by("position", "pk").first()
    phone = ContactPhone.objects.filter(contact=contact).order_by("position", "pk").first()
    contact.email = email.address if email else None
    contact.email_status = email.status if email else None
    contact.email_checked_on = email.checked_on if email else None
    contact.phone = phone.phone if phone else None


def _fill(kept: Any, gone: Any) -> None:
    """Give `kept` each value of `gone` that it has none of: flags are true where either is."""
    for field in kept._meta.concrete_fields:
        if field.name in _NOT_VALUES or field.primary_key:
            continue
        value = getattr(gone, field.attname)
        if value and not getattr(kept, field.attname):
            setattr(kept, field.attname, value)


def _move(model: type[Model], name: str, kept: Contact, gone: Contact) -> None:
    rows = model._default_manager
    known = set(rows.filter(contact=kept).values_list(name, flat=True))
    place = rows.filter(contact=kept).aggregate(last=Max("position"))["last"] or 0
    for row in rows.filter(contact=gone).order_by("position", "pk"):
        if getattr(row, name) not in known:
            place += 1
            rows.filter(pk=row.pk).update(contact=kept, position=place)


def _move_sources(kept: Contact, gone: Contact) -> None:
    """Give `kept` what sources gave for `gone`: as values that may have lost, since its own win."""
    known = set(Candidate.objects.filter(contact=kept).values_list("field", "value", "source"))
    for row in Candidate.objects.filter(contact=gone):
        if (row.field, row.value, row.source) not in known:
            Candidate.objects.filter(pk=row.pk).update(contact=kept)


def _record(kind: str, kept: Any, gone: Any, **keys: int) -> None:
    MergedRow.objects.create(
        kind=kind,
        organization_id=kept.organization_id,
        number=gone.number,
        into_number=kept.number,
        **keys,
    )
