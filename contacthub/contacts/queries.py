"""Reads about contacts, each with a name. All see the shared contacts and the organization's own, which come first.

A private contact takes the place of the shared one with the same key as a whole. Another organization's private
contact looks exactly like an unknown one.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from contacthub.contacts import sql
from contacthub.contacts.models import Company, Contact, ContactEmail, ContactPhone
from contacthub.core.errors import Invalid, NotFound
from contacthub.organizations.models import Organization


class Documents(NamedTuple):
    """What a lookup answers, as compact JSON. None: no such contact, no such record, or not asked for."""

    pii: str | None = None
    emails: str | None = None
    phones: str | None = None


SECTIONS = Documents._fields
# The columns of the hashes of an address, by their length in bytes.
HASH_COLUMNS = {16: "emails__md5", 20: "emails__sha1", 32: "emails__sha256"}


def get_contact(*, organization: Organization, key: int) -> Contact:
    """Return a contact, with its company, by the key inside its id (see `core.public_ids`). Raises `NotFound`."""
    contact = find_contacts(organization=organization, keys=[key]).get(key)
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def find_contacts(*, organization: Organization, keys: Collection[int]) -> dict[int, Contact]:
    """Return those of some contacts that exist, with their companies, by key."""
    visible = _visible(organization).filter(key__in=keys)
    return {
        contact.key: contact
        for contact in visible.order_by(F("organization").asc(nulls_first=True))
    }


def find_contacts_by_number(
    *, organization: Organization, numbers: Collection[int]
) -> dict[int, Contact]:
    """Return those of some contacts that exist, with their companies, by integer id (Rich Utilities, InsideView)."""
    visible = _visible(organization).filter(number__in=numbers)
    return {
        contact.number: contact
        for contact in visible.order_by(F("organization").asc(nulls_first=True))
    }


def find_contact_by_email(*, organization: Organization, email: str) -> Contact | None:
    """Return the contact with an e-mail address, whatever its case; of several the one whose first address it is."""
    return _find_by_address(organization, Q(emails__address=email.strip().lower()))


def find_contact_by_hash(*, organization: Organization, digest: bytes) -> Contact | None:
    """Return the contact with an address of this MD5, SHA-1 or SHA-256. Raises `Invalid` for another length."""
    column = HASH_COLUMNS.get(len(digest))
    if column is None:
        raise Invalid("A hash of an address has 16, 20 or 32 bytes.", field="hash")
    return _find_by_address(organization, Q(**{column: digest}))


def _find_by_address(organization: Organization, condition: Q) -> Contact | None:
    found = _visible(organization).filter(condition)
    return found.order_by(F("organization").asc(nulls_last=True), "emails__position", "pk").first()


def list_emails(contact: Contact) -> QuerySet[ContactEmail]:
    """List the addresses of a contact that was read for its organization, the first one first."""
    return ContactEmail.objects.filter(contact=contact).order_by("position", "pk")


def list_phones(contact: Contact) -> QuerySet[ContactPhone]:
    """List the phones of a contact that was read for its organization, the first one first."""
    return ContactPhone.objects.filter(contact=contact).order_by("position", "pk")


def get_documents(
    *, organization: Organization, keys: Sequence[int], sections: Collection[str] = SECTIONS
) -> list[Documents]:
    """Return the documents of contacts, aligned by index with `keys`, for `sections` of pii, emails and phones.

    An unknown key gives a document of nothing, a key asked for twice the same one twice.
    """
    names = [name for name in SECTIONS if name in sections]
    if not names:
        return [Documents()] * len(keys)
    rows = sql.read_documents(organization=organization.pk, keys=keys, sections=names)
    if len(names) == len(SECTIONS):
        return list(map(Documents._make, rows))
    return [Documents(**dict(zip(names, row, strict=True))) for row in rows]


def get_company(*, organization: Organization, number: int) -> Company:
    """Return a company by its public integer id, the organization's own before the shared one. Raises `NotFound`."""
    visible = Company.objects.filter(
        Q(organization=None) | Q(organization=organization), number=number
    )
    company = visible.order_by(F("organization").asc(nulls_last=True)).first()
    if company is None:
        raise NotFound("There is no such company.")
    return company


def list_company_numbers(*, organization: Organization, company: Company) -> list[int]:
    """List the numbers under which a company's contacts stand: its own and that of the shared one it hides."""
    if company.organization_id is None or company.domain is None:
        return [company.number]
    hidden = Company.objects.filter(organization=None, domain=company.domain)
    return [company.number, *hidden.values_list("number", flat=True)]


def _visible(organization: Organization) -> QuerySet[Contact]:
    visible = Q(organization=None) | Q(organization=organization)
    return Contact.objects.filter(visible).select_related("company")
