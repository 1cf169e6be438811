"""What is known of contacts that distinguishes them from others, for vendors that know none of our ids."""

from collections.abc import Sequence

from contacthub.connectors.records import Person
from contacthub.contacts.models import Contact
from contacthub.contacts.queries import find_contacts
from contacthub.core.public_ids import format_contact_id
from contacthub.organizations.models import Organization


def list_persons(*, organization: Organization, keys: Sequence[int]) -> dict[int, Person]:
    """Return by key what the organization's catalog knows; contacts that it does not know are left out."""
    found = find_contacts(organization=organization, keys=keys)
    return {key: _describe(contact) for key, contact in found.items()}


def _describe(contact: Contact) -> Person:
    names = (contact.first_name, contact.last_name)
    return Person(
        format_contact_id(contact.key),
        email=contact.email,
        full_name=contact.full_name or (" ".join(map(str, names)) if all(names) else None),
        linkedin_url=contact.linkedin_url,
        company_domain=contact.company.domain if contact.company else None,
    )
