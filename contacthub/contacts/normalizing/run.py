"""The run over all stored contacts and companies, in one transaction that waits for imports and holds them up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from contacthub.contacts import sql
from contacthub.contacts.models import (
    Company,
    Contact,
    ContactEmail,
    ContactPhone,
    MergedRow,
    Normalization,
    RenamedKey,
)
from contacthub.contacts.normalizing.merging import merge_companies, rename_contact
from contacthub.contacts.normalizing.values import (
    find_new_key,
    hash_address,
    normalize_company,
    normalize_contact,
)
from contacthub.contacts.rules_version import VERSION
from contacthub.contacts.stored_values import copy_firsts
from contacthub.core.countries import find_country
from contacthub.core.emails import plain_email
from contacthub.core.phones import add_country, clean_phone, find_type
from contacthub.lists.moves import count_moves, move_members

BATCH = 2000
# Text in ASCII already follows the current rules, except links to LinkedIn.
ODD_ADDRESS = "octet_length(address) <> char_length(address)"
ODD_CONTACT = """
octet_length(contacts_contact::text) <> char_length(contacts_contact::text)
OR linkedin_url ~* 'linkedin[.]com' AND linkedin_url !~
    '^https://www[.]linkedin[.]com/(in|company|school|showcase)/([a-z0-9._~-]|%%[0-9A-F]{2})+$'
OR id IN (SELECT contact_id FROM contacts_contactemail WHERE octet_length(address) <> char_length(address))
"""
Item = TypeVar("Item")


@dataclass
class Counts:
    """How many rows a run changed, renamed (contacts with another id) and merged into others."""

    contacts_changed: int = 0
    contacts_renamed: int = 0
    contacts_merged: int = 0
    companies_changed: int = 0
    companies_merged: int = 0
    # Members of lists that became the contact or company of today, and those that were on their list as both.
    members_moved: int = 0
    members_counted_twice: int = 0


@dataclass
class _Run:
    """What a run has found so far."""

    contacts: set[int] = field(default_factory=set)
    companies: set[int] = field(default_factory=set)
    keys: dict[int, int] = field(default_factory=dict)


def normalize_stored() -> Counts | None:
    """Apply the current rules to all stored rows and record it. None if these rules have been through already."""
    with transaction.atomic():
        if Normalization.objects.filter(version=VERSION).exists():
            return None
        sql.lock_imports(organization=None)
        counts = _normalize() if Contact.objects.exists() or Company.objects.exists() else Counts()
        Normalization.objects.create(version=VERSION, **vars(counts))
    return counts


def _normalize() -> Counts:
    run, moves_before = _Run(), count_moves()
    counts = Counts(companies_merged=_normalize_companies(run))
    _normalize_contacts(run)
    _normalize_emails(run)
    _normalize_phones(run)
    before = Contact.objects.count()
    counts.contacts_renamed = _rename(run)
    counts.contacts_merged = before - Contact.objects.count()
    move_members(organization=None, of_companies=False, items=run.keys)
    moves = count_moves()
    counts.members_moved = moves.moved - moves_before.moved
    counts.members_counted_twice = moves.counted_twice - moves_before.counted_twice
    counts.contacts_changed = len(run.contacts)
    counts.companies_changed = len(run.companies)
    for ids in _batches(sorted(run.companies)):
        sql.save_facts_of_companies(companies=ids)
    for ids in _batches(sorted(run.contacts)):
        sql.save_documents(contacts=ids)
        sql.save_facts(contacts=ids)
    return counts


def _normalize_companies(run: _Run) -> int:
    merged = 0
    for company in _all(Company.objects.all()):
        changed = normalize_company(company)
        if not changed:
            continue
        run.companies.add(company.pk)
        same = _find_namesake(company) if "name" in changed else None
        company.save(update_fields=changed)
        if same is not None:
            run.contacts.update(
                Contact.objects.filter(company=company).values_list("pk", flat=True)
            )
            run.companies -= {company.pk}
            run.companies.add(same.pk)
            merge_companies(same, company)
            merged += 1
    return merged


def _find_namesake(company: Company) -> Company | None:
    """Return the company that an import would take for this one, where both are known by their names alone."""
    if company.domain is not None or company.source_number is not None:
        return None
    same = Company.objects.annotate(lower=Lower("name")).filter(
        lower=(company.name or "").lower(), domain=None, organization=company.organization_id
    )
    return same.exclude(pk=company.pk).order_by("pk").first()


def _normalize_contacts(run: _Run) -> None:
    for contact in _all(Contact.objects.extra(where=[ODD_CONTACT])):  # noqa: S610
        addresses = list(contact.emails.values_list("address", flat=True))
        key = find_new_key(contact, addresses)
        if key is not None and key != contact.key:
            run.keys[contact.key] = key
        changed = normalize_contact(contact)
        if changed:
            run.contacts.add(contact.pk)
            contact.save(update_fields=changed)


def _normalize_emails(run: _Run) -> None:
    for email in _all(ContactEmail.objects.extra(where=[ODD_ADDRESS])):  # noqa: S610
        address = plain_email(email.address)
        if address != email.address:
            email.address = address
            for name, digest in hash_address(address).items():
                setattr(email, name, digest)
            _save_observation(run, email, ContactEmail.objects.filter(address=address))


def _normalize_phones(run: _Run) -> None:
    for phone in _all(ContactPhone.objects.select_related("contact__company")):
        before = (phone.phone, phone.type)
        phone.phone = add_country(_read_phone(phone.phone), _find_region(phone.contact))
        phone.type = phone.type or find_type(phone.phone)
        if (phone.phone, phone.type) != before:
            _save_observation(run, phone, ContactPhone.objects.filter(phone=phone.phone))


def _save_observation(
    run: _Run, row: ContactEmail | ContactPhone, same: "QuerySet[Any, Any]"
) -> None:
    """Save a changed address or phone; one that its contact has already takes over what it lacks."""
    other = same.filter(contact=row.contact_id).exclude(pk=row.pk).first()
    if other is None:
        row.save()
    else:
        for column in row._meta.concrete_fields:
            if getattr(other, column.attname) is None:
                setattr(other, column.attname, getattr(row, column.attname))
        other.position = min(other.position, row.position)
        row.delete()
        other.save()
    contact = Contact.objects.get(pk=row.contact_id)
    copy_firsts(contact)
    contact.save(update_fields=["email", "email_status", "email_checked_on", "phone"])
    run.contacts.add(contact.pk)


def _read_phone(text: str) -> str:
    try:
        return clean_phone(text)
    except ValueError:
        return text


def _find_region(contact: Contact) -> str | None:
    if contact.country is not None:
        return find_country(contact.country)
    return contact.company.country_code if contact.company else None


def _rename(run: _Run) -> int:
    """Give contacts their new keys, merging those of one organization that get the same. Returns how many."""
    count = 0
    for old, new in run.keys.items():
        RenamedKey.objects.filter(new_key=old).update(new_key=new)
        MergedRow.objects.filter(into_key=old).update(into_key=new)
        RenamedKey.objects.get_or_create(old_key=old, organization=None, defaults={"new_key": new})
        for contact in Contact.objects.filter(key=old).order_by("pk"):
            kept = rename_contact(contact, new)
            run.contacts -= {contact.pk} if kept.pk != contact.pk else set()
            run.contacts.add(kept.pk)
            count += 1
    return count


def _all(rows: "QuerySet[Any, Any]") -> Iterator[Any]:
    """Yield the rows in order, a batch at a time, so that they may be changed and deleted on the way."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
