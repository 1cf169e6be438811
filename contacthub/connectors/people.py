"""Which record a vendor sent is certainly one known person. Never a guess: two possible ones count as none."""

from collections.abc import Iterable

from contacthub.connectors.records import Contact, Person
from contacthub.core.domains import plain_domain
from contacthub.core.emails import clean_email
from contacthub.core.marks import plain_link, plain_name


def can_be_told(person: Person) -> bool:
    """Return whether enough is known of a person to recognize their record."""
    return bool(
        person.email or (person.full_name and (person.linkedin_url or person.company_domain))
    )


def find_person(person: Person, found: Iterable[Contact]) -> Contact | None:
    """Return the one record that is the person's; None if there is none, or more than one."""
    same = [record for record in found if is_same(person, record)]
    return same[0] if len(same) == 1 else None


def is_same(person: Person, record: Contact) -> bool:
    """Return whether a record has the person's address; else the profile link, or name and company.

    A record that names no company is of the one whose domain its address has.
    """
    addresses = {_address(each.email) for each in record.emails or ()} - {""}
    if person.email:
        return _address(person.email) in addresses
    if person.linkedin_url:
        links = {plain_link(link) for link in (record.linkedin_url, record.source_url) if link}
        if plain_link(person.linkedin_url) in links:
            return True
    if not (person.full_name and person.company_domain and record.full_name):
        return False
    domains = {address.partition("@")[2] for address in addresses}
    if record.company and record.company.domain:
        domains = {plain_domain(record.company.domain)}
    is_named_so = plain_name(person.full_name) == plain_name(record.full_name)
    return is_named_so and plain_domain(person.company_domain) in domains


def _address(text: str) -> str:
    try:
        return clean_email(text)
    except ValueError:
        return ""
