"""A value that a person settles: it takes its place at once and stays, until somebody goes back to the rule."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from contacthub.contacts import sql
from contacthub.contacts.actions import save_contacts
from contacthub.contacts.models import (
    Candidate,
    Contact,
    ContactEmail,
    ContactPhone,
    Merge,
    Settlement,
    SourceRecord,
)
from contacthub.contacts.normalizing.values import hash_address
from contacthub.contacts.queries import get_contact
from contacthub.contacts.stored_values import copy_firsts, put_value, read_value
from contacthub.contacts.value_fields import BY_NAME, EMAIL, LISTS, PHONE, ValueField
from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

SETTLED = "Settled a value"
UNSETTLED = "Went back to the rule"
FIRSTS = {EMAIL: "First e-mail", PHONE: "First phone"}
COPIES = ["email", "email_status", "email_checked_on", "phone"]


@dataclass(frozen=True)
class Chosen:
    """A value to settle on, and what is known of it where it is an address or a number that is not stored."""

    value: str
    source_name: str = ""
    status: str = ""
    checked_on: dt.date | None = None
    type: str = ""
    confidence: float | None = None


@transaction.atomic
def settle_value(
    *, organization: Organization, actor: Actor, key: int, field: str, chosen: Chosen
) -> None:
    """Let a field of a contact be a value, whatever sources say. Recorded without the value.

    `field` is a name of `value_fields`; of addresses and numbers (email, phone) the chosen one comes first. A shared
    contact becomes the organization's own. Raises `NotFound` for an unknown contact or field.
    """
    if field not in BY_NAME and field not in LISTS:
        raise NotFound("There is no such field.")
    sql.lock_imports(organization=organization.pk)
    contact, made_own = _make_own(organization, key)
    settlement = Settlement.objects.filter(contact=contact, field=field).first()
    if settlement is None:
        rule_value = _read(contact, field)
        _keep_what_sources_gave(contact, field, rule_value)
        settlement = Settlement(
            contact=contact,
            organization=organization,
            field=field,
            rule_value=rule_value,
            made_own=made_own,
        )
    settlement.value = chosen.value
    settlement.settled_by, settlement.settled_by_name = actor.user, actor.name[:200]
    settlement.settled_at = clock.now()
    settlement.save()
    _write(contact, field, chosen)
    _remake(contact)
    _record(organization, actor, SETTLED, key, field, chosen.source_name)


@transaction.atomic
def undo_settlement(*, organization: Organization, actor: Actor, key: int, field: str) -> None:
    """Go back to what the rule shows: what would be stored if the field had never been settled. Recorded.

    Raises `NotFound` if the field is not settled.
    """
    sql.lock_imports(organization=organization.pk)
    contact = get_contact(organization=organization, key=key)
    settlement = Settlement.objects.filter(
        contact=contact, organization=organization, field=field
    ).first()
    if settlement is None:
        raise NotFound("This value is not settled.")
    settlement.delete()
    _record(organization, actor, UNSETTLED, key, field, "")
    others = Settlement.objects.filter(contact=contact)
    if settlement.made_own and not others.exists() and not _has_own_values(contact):
        # The shared contact takes its place again.
        contact.delete()
        return
    if settlement.made_own:
        others.filter(pk__in=others.values("pk")[:1]).update(made_own=True)
    if field in LISTS:
        _order_by_rule(contact, field, settlement.rule_value or [])
    else:
        _write_field(contact, BY_NAME[field], settlement.rule_value)
    _remake(contact)


def _make_own(organization: Organization, key: int) -> tuple[Contact, bool]:
    contact = get_contact(organization=organization, key=key)
    if contact.organization_id is not None:
        return contact, False
    row = {"contact_id": format_contact_id(contact.key)}
    save_contacts(organization=organization, rows=[row], origin=None)
    return get_contact(organization=organization, key=contact.key), True


def _has_own_values(contact: Contact) -> bool:
    """Return whether the organization's own contact holds more than the shared one: what was received, or merged."""
    return (
        SourceRecord.objects.filter(contact=contact).exists()
        or Merge.objects.filter(survivor=contact.pk, undone_at=None).exists()
    )


# --- The stored value -----------------------------------------------------------------------------


def _read(contact: Contact, name: str) -> Any:
    """Return the stored value of a field; of addresses and numbers all of them, in their order."""
    if name in LISTS:
        return [value for value, _ in _list_rows(contact, name)]
    return read_value(contact, BY_NAME[name])


def _write(contact: Contact, name: str, chosen: Chosen) -> None:
    if name in LISTS:
        _put_first(contact, name, chosen)
    else:
        _write_field(contact, BY_NAME[name], chosen.value)


def _write_field(contact: Contact, field: ValueField, value: Any) -> None:
    """Store a text, the primary key of a company, or None."""
    contact.save(update_fields=[put_value(contact, field, value)])


def _keep_what_sources_gave(contact: Contact, name: str, value: Any) -> None:
    """Give the value that is about to go a row for each source that gave it: their bits are about the stored one."""
    field = BY_NAME.get(name)
    if field is None or value in (None, ""):
        return
    given = SourceRecord.objects.filter(contact=contact)
    for record in [each for each in given if each.given & field.mask]:
        Candidate.objects.get_or_create(
            contact=contact,
            field=name,
            value=str(value),
            source=record.source,
            defaults={
                "organization_id": contact.organization_id,
                "load_id": record.load_id,
                "confidence": record.confidence,
                "first_seen": record.first_seen,
                "last_seen": record.last_seen,
            },
        )
        given.filter(source=record.source).update(given=record.given & ~field.mask)


def _remake(contact: Contact) -> None:
    sql.save_documents(contacts=[contact.pk])
    sql.save_facts(contacts=[contact.pk])


# --- Addresses and numbers ------------------------------------------------------------------------


def _list_rows(contact: Contact, name: str) -> list[tuple[str, ContactEmail | ContactPhone]]:
    if name == EMAIL:
        emails = ContactEmail.objects.filter(contact=contact).order_by("position", "pk")
        return [(row.address, row) for row in emails]
    phones = ContactPhone.objects.filter(contact=contact).order_by("position", "pk")
    return [(row.phone, row) for row in phones]


def _put_first(contact: Contact, name: str, chosen: Chosen) -> None:
    rows = _list_rows(contact, name)
    if chosen.value not in dict(rows):
        last = max((row.position for _, row in rows), default=0)
        rows.append((chosen.value, _add(contact, name, chosen, last + 1)))
    _place(contact, sorted(rows, key=lambda row: row[0] != chosen.value))


def _order_by_rule(contact: Contact, name: str, rule: Sequence[str]) -> None:
    """Put the addresses in the rule's order again; one that the rule does not have was there by choice alone."""
    places = {value: place for place, value in enumerate(rule)}
    rows = _list_rows(contact, name)
    positions = sorted(row.position for _, row in rows)
    kept = [(value, row) for value, row in rows if value in places]
    for value, row in rows:
        if value not in places:
            row.delete()
    _place(contact, sorted(kept, key=lambda row: places[row[0]]), positions)


def _place(
    contact: Contact,
    rows: Sequence[tuple[str, ContactEmail | ContactPhone]],
    positions: Sequence[int] = (),
) -> None:
    """Give rows, in this order, the positions that they have among themselves; the copies of the first one follow."""
    free = positions or sorted(row.position for _, row in rows)
    for position, (_, row) in zip(free, rows, strict=False):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
    copy_firsts(contact)
    contact.save(update_fields=COPIES)


def _add(contact: Contact, name: str, chosen: Chosen, position: int) -> ContactEmail | ContactPhone:
    facts = {
        "contact": contact,
        "position": position,
        "type": chosen.type or None,
        "confidence": chosen.confidence,
        "source": chosen.source_name or None,
    }
    if name == EMAIL:
        return ContactEmail.objects.create(
            address=chosen.value,
            status=chosen.status or None,
            checked_on=chosen.checked_on,
            **hash_address(chosen.value),
            **facts,
        )
    return ContactPhone.objects.create(phone=chosen.value, **facts)


def _record(
    organization: Organization, actor: Actor, action: str, key: int, field: str, source: str
) -> None:
    label = BY_NAME[field].label if field in BY_NAME else FIRSTS[field]
    contact_id = format_contact_id(key)
    record_event(
        organization=organization,
        actor=actor,
        action=action,
        target=contact_id,
        subject=contact_id,
        detail=f"{label}, from {source}" if source else label,
        has_personal_data=True,
    )
