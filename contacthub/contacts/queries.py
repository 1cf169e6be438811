"""Reads about contacts, each with a name. All see the shared contacts and the organization's own, which come first.

A private contact takes the place of the shared one with the same key as a whole. Another organization's private
contact looks exactly like an unknown one.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db.models import F, Max, Q, QuerySet

from contacthub.contacts import sql
from contacthub.contacts.models import (
    Company,
    Contact,
    ContactEmail,
    ContactPhone,
)
from contacthub.core.emails import plain_email
from contacthub.core.errors import Invalid, NotFound
from contacthub.organizations.models import Organization


class Documents(NamedTuple):
    """What a lookup answers, as compact JSON. None: no such contact, no such record, or not requested."""

    pii: str | None = None
    emails: str | None = None
    phones: str | None = None


SECTIONS = Documents._fields
# The columns of the hashes of an address, by their length in bytes.
HASH_COLUMNS = {16: "emails__md5", 20: "emails__sha1", 32: "emails__sha256"}

# Why not the ORM: as a list that is made first, the former ids leave the index of the current ones in use.
HAS_KEY = """
contacts_contact.key = ANY(%s::bigint[] || ARRAY(
    SELECT new_key FROM contacts_renamed_keys(%s::bigint) WHERE old_key = ANY(%s::bigint[])
))
"""
FORMER_KEYS = """
ARRAY(
    SELECT old_key FROM contacts_renamed_keys(%s::bigint) AS renamed
    WHERE renamed.new_key = contacts_contact.key AND old_key = ANY(%s::bigint[])
)
"""
HAS_NUMBER = """
contacts_contact.number = ANY(%s::bigint[] || ARRAY(
    SELECT into_number FROM contacts_merged_numbers(%s::bigint) AS merged WHERE merged.number = ANY(%s::bigint[])
))
"""
FORMER_NUMBERS = """
ARRAY(
    SELECT merged.number FROM contacts_merged_numbers(%s::bigint) AS merged
    WHERE merged.into_key = contacts_contact.key AND merged.number = ANY(%s::bigint[])
)
"""


def get_contact(*, organization: Organization, key: int) -> Contact:
    """Return a contact, with its company, by the key inside its id (see `core.public_ids`). Raises `NotFound`."""
    contact = find_contacts(organization=organization, keys=[key]).get(key)
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def find_contacts(*, organization: Organization, keys: Collection[int]) -> dict[int, Contact]:
    """Return those of some contacts that exist, with their companies, by key; by a former one if that was requested."""
    return _find(organization, "key", HAS_KEY, FORMER_KEYS, keys)


def find_contacts_by_number(
    *, organization: Organization, numbers: Collection[int]
) -> dict[int, Contact]:
    """Return those of some contacts that exist, with their companies, by integer id (Rich Utilities, InsideView).

    A contact is there under the number of one that was merged into it, too.
    """
    return _find(organization, "number", HAS_NUMBER, FORMER_NUMBERS, numbers)


def _find(
    organization: Organization, name: str, condition: str, former: str, wanted: Collection[int]
) -> dict[int, Contact]:
    """Return contacts by those of their values, present and former, that were requested; own ones before shared."""
    asked = set(wanted)
    found: QuerySet[Any] = _visible(organization).extra(  # noqa: S610
        select={"former": former},
        select_params=[organization.pk, [*asked]],
        where=[condition],
        params=[[*asked], organization.pk, [*asked]],
    )
    return {
        value: contact
        for contact in found.order_by(F("organization").asc(nulls_first=True))
        for value in (*contact.former, getattr(contact, name))
        if value in asked
    }


def find_contact_by_email(*, organization: Organization, email: str) -> Contact | None:
    """Return the contact with an e-mail address in any form; of several the one whose first address it is."""
    return _find_by_address(organization, Q(emails__address=plain_email(email)))


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

    An unknown key gives an empty document, a repeated key the same one twice.
    """
    names = [name for name in SECTIONS if name in sections]
    if not names:
        return [Documents()] * len(keys)
    rows = sql.read_documents(organization=organization.pk, keys=keys, sections=names)
    if len(names) == len(SECTIONS):
        return list(map(Documents._make, rows))
    return [Documents(**dict(zip(names, row, strict=True))) for row in rows]


def find_last_seen(*, contacts: Collection[Contact]) -> dict[int, dt.date]:
    """Return the last day on which a source saw an address or a number of contacts, by primary key.

    Those of which no source says it are left out.
    """
    found: dict[int, dt.date] = {}
    ids = [contact.pk for contact in contacts]
    for model in (ContactEmail, ContactPhone):
        seen = model._default_manager.filter(contact__in=ids).exclude(last_seen=None)
        for contact, last in seen.values_list("contact").annotate(last=Max("last_seen")):
            found[contact] = max(last, found.get(contact, last))
    return found


def get_company(*, organization: Organization, number: int) -> Company:
    """Return a company by its public integer id, the organization's own before the shared one. Raises `NotFound`."""
    visible = Company.objects.filter(
        Q(organization=None) | Q(organization=organization), number=number
    )
    company = visible.order_by(F("organization").asc(nulls_last=True)).first()
    if company is None:
        raise NotFound("There is no such company.")
    return company


def name_companies(*, organization: Organization, numbers: Collection[int]) -> dict[int, str]:
    """Return the names of those of some companies that the organization sees, by public integer id."""
    if not numbers:
        return {}
    visible = Company.objects.filter(
        Q(organization=None) | Q(organization=organization), number__in=numbers
    )
    # Its own ones come last and so in the place of shared ones.
    return {
        each.number: str(each) for each in visible.order_by(F("organization").asc(nulls_first=True))
    }


def list_company_numbers(*, organization: Organization, company: Company) -> list[int]:
    """List the numbers under which a company's contacts stand: its own and that of the shared one it hides."""
    if company.organization_id is None or company.domain is None:
        return [company.number]
    hidden = Company.objects.filter(organization=None, domain=company.domain)
    return [company.number, *hidden.values_list("number", flat=True)]


def _visible(organization: Organization) -> QuerySet[Contact]:
    visible = Q(organization=None) | Q(organization=organization)
    return Contact.objects.filter(visible).select_related("company")
