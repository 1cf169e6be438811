"""The columns of lists of contacts, personal values masked."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from contacthub.contacts.models import Contact
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.masking import mask_email, mask_phone
from contacthub.enrichment.models import Outcome, Section
from contacthub.enrichment.queries.outcomes import find_outcome, find_without_record
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import (
    UNKNOWN,
    Cell,
    Mark,
    describe_check,
    format_confidence,
    format_quality,
    make_cell,
)
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.columns import Column, Table, make_table, show
from contacthub.web.views.catalog.keyset import Header, Sort

# The first is the order of a list that says none.
SORTS = {
    "quality": Sort("quality", "Quality", "quality_score", is_descending=True),
    "confidence": Sort("confidence", "Confidence", "confidence", is_descending=True),
    "name": Sort("name", "Name", "full_name"),
    "added": Sort("added", "Added", "created_at", is_descending=True),
}


# --- Cells ----------------------------------------------------------------------------------------


def _make_name(contact: Contact, _: Any) -> Cell:
    marks = []
    if contact.is_stale:
        marks.append(Mark("Stale", "warn"))
    if contact.is_speculative:
        marks.append(Mark("Speculative", "odd"))
    url = reverse("contact-detail", args=[format_contact_id(contact.key)])
    return Cell(name_contact(contact), url=url, marks=tuple(marks))


def _make_company(contact: Contact, _: Any) -> Cell:
    company = contact.company
    if company is None:
        return Cell(UNKNOWN)
    return Cell(str(company), url=reverse("company-detail", args=[company.number]))


def _read_without(
    organization: Organization, contacts: Sequence[Contact]
) -> Mapping[int, set[Section]]:
    """Return the sections of which vendors were asked and had no record."""
    without = find_without_record(organization=organization, contacts=contacts)
    return {contact.pk: without[contact.key] for contact in contacts}


def _make_email(contact: Contact, without: set[Section]) -> Cell:
    masked = mask_email(contact.email or "")
    check = describe_check(contact.email_status, contact.email_checked_on)
    return make_cell(masked, _find_outcome(contact, Section.EMAILS, masked, without), check)


def _make_phone(contact: Contact, without: set[Section]) -> Cell:
    masked = mask_phone(contact.phone or "")
    return make_cell(masked, _find_outcome(contact, Section.PHONES, masked, without))


def _find_outcome(
    contact: Contact, section: Section, masked: str, without: set[Section]
) -> Outcome:
    return find_outcome(contact, section, has_values=bool(masked), had_none=without)


# --- Columns --------------------------------------------------------------------------------------

NAME = Column[Contact](
    "name",
    "Name",
    _make_name,
    css="ch-clip ch-wide",
    sort="name",
    is_default=True,
    is_pinned=True,
)
COMPANY = Column[Contact](
    "company", "Company", _make_company, css="ch-clip ch-off", is_default=True
)
# In the order in which they are offered; the pinned one is the first.
COLUMNS: tuple[Column[Contact], ...] = (
    NAME,
    Column(
        "title",
        "Title",
        show(lambda contact: contact.job_title),
        css="ch-clip ch-2 ch-wide",
        is_default=True,
    ),
    COMPANY,
    Column(
        "email",
        "E-mail",
        _make_email,
        read=_read_without,
        css="ch-nowrap",
        is_personal=True,
        is_default=True,
    ),
    Column(
        "phone",
        "Phone",
        _make_phone,
        read=_read_without,
        css="ch-nowrap ch-2 ch-off",
        is_personal=True,
        is_default=True,
    ),
    Column(
        "confidence",
        "Confidence",
        show(format_confidence),
        css="ch-2 ch-off",
        is_number=True,
        sort="confidence",
        is_default=True,
    ),
    Column(
        "quality",
        "Quality",
        show(format_quality),
        is_number=True,
        sort="quality",
        is_default=True,
    ),
    Column(
        "added",
        "Added",
        show(lambda contact: day(contact.created_at.date())),
        css="ch-2 ch-off ch-nowrap",
        is_number=True,
        sort="added",
        is_default=True,
    ),
)
DEFAULT = tuple(each for each in COLUMNS if each.is_default)
# On the page of a company.
OF_COMPANY = tuple(each for each in DEFAULT if each != COMPANY)


def name_contact(contact: Contact) -> str:
    """Return the contact's full name, or that there is none."""
    return contact.full_name or "Without a name"


def make_contact_table(
    organization: Organization,
    contacts: Sequence[Contact],
    *,
    may_see: bool,
    columns: Sequence[Column[Contact]] = DEFAULT,
    headers: Mapping[str, Header] | None = None,
) -> Table[Contact]:
    """Return contacts as a list shows them; without the right to see addresses and numbers these are blocked."""
    return make_table(
        organization,
        columns,
        contacts,
        identify=lambda contact: (format_contact_id(contact.key), name_contact(contact)),
        may_see=may_see,
        headers=headers,
    )
