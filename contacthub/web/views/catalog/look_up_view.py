"""What a look-up found, in words: no contact, or several to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from contacthub.contacts.models import Contact
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.models import Section
from contacthub.web.templatetags.figures import plural


@dataclass(frozen=True)
class FoundContact:
    """One of several contacts, with the address of its page."""

    name: str
    about: str
    url: str


@dataclass(frozen=True)
class Outcome:
    """What a look-up found if it is not exactly one contact."""

    title: str
    text: str
    contacts: list[FoundContact]


def describe_none(kind: str) -> Outcome:
    """Return that no contact has a key; `kind` is what it is, with its article."""
    text = f"Your catalog has no contact with this key, read as {kind}."
    return Outcome("No match", f"{text} Enrich it as a list to query vendors.", [])


def describe_found(key: str, contacts: Sequence[Contact]) -> Outcome:
    """Return several contacts that one key finds."""
    title = f"{plural(len(contacts), 'contact')} with the same {key.lower()}"
    return Outcome(title, "Choose one.", [_describe(contact) for contact in contacts])


def _describe(contact: Contact) -> FoundContact:
    company = str(contact.company) if contact.company else ""
    path = reverse("contact-detail", args=[format_contact_id(contact.key)])
    return FoundContact(
        str(contact),
        ", ".join(part for part in (contact.job_title, company, contact.country) if part),
        f"{path}?include={','.join(Section.values)}",
    )
