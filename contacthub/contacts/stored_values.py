"""The values that a contact has stored, read and changed in memory by the fields of `value_fields`."""

from typing import Any

from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.contacts.value_fields import ValueField


def read_value(contact: Contact, field: ValueField) -> Any:
    """Return what is stored in a field: a text, the primary key of a company, or None."""
    if field.pii:
        return (contact.pii or {}).get(field.pii)
    return getattr(contact, field.column)


def put_value(contact: Contact, field: ValueField, value: Any) -> str:
    """Put a text, the primary key of a company, or None into a field, in memory. Returns the name of its column."""
    if field.pii:
        kept = {k: v for k, v in (contact.pii or {}).items() if k != field.pii}
        contact.pii = kept if value is None else kept | {field.pii: value}
        return "pii"
    is_key = field.name == "company" and value is not None
    setattr(contact, field.column, int(value) if is_key else value)
    return field.column


def copy_firsts(contact: Contact) -> None:
    """Update the copies of the first address and phone, in memory, from what is stored."""
    email = ContactEmail.objects.filter(contact=contact).order_by("position", "pk").first()
    phone = ContactPhone.objects.filter(contact=contact).order_by("position", "pk").first()
    contact.email = email.address if email else None
    contact.email_status = email.status if email else None
    contact.email_checked_on = email.checked_on if email else None
    contact.phone = phone.phone if phone else None
