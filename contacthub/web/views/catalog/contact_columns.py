"""The columns of lists of contacts, personal values masked."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse

from contacthub.contacts.bands import describe_revenue, describe_size
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.queries import find_last_seen
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
    format_source,
    make_cell,
)
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog import intent_columns
from contacthub.web.views.catalog.columns import Column, Table, make_table, show
from contacthub.web.views.catalog.keyset import Header, Sort

QUALITY_HELP = (
    "What the vendor says of the contact, 1 to 100. The contact's page has ContactHub's own number."
)
# The first is the order of a list that says none.
SORTS = {
    "quality": Sort("quality", "Vendor quality", "quality_score", is_descending=True),
    "confidence": Sort("confidence", "Confidence", "confidence", is_descending=True),
    "name": Sort("name", "Name", "full_name"),
    "added": Sort("added", "Added", "created_at", is_descending=True),
    "company": Sort("company", "Company", "company_order"),
    "title": Sort("title", "Title", "title_order"),
    **intent_columns.SORTS,
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


def _make_person(contact: Contact, _: Any) -> Cell:
    return replace(_make_name(contact, None), below=contact.job_title or "")


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


def _make_status(contact: Contact, _: Any) -> Cell:
    check = describe_check(contact.email_status, contact.email_checked_on)
    if not contact.email:
        return Cell(UNKNOWN)
    title = check.note[:1].upper() + check.note[1:]
    return Cell(check.word, check.css, check.age, title)


def _read_last_seen(
    organization: Organization, contacts: Sequence[Contact]
) -> Mapping[int, dt.date]:
    """Return the last day on which a source saw an address or a number of a contact, where one says it."""
    return find_last_seen(contacts=contacts)


def _make_last_seen(_: Contact, seen: dt.date | None) -> Cell:
    return Cell(day(seen) if seen else UNKNOWN)


def _of_company(words: Callable[[Company], str | None]) -> Callable[[Contact, Any], Cell]:
    """Return the cells of a column that says something of the contact's company."""
    return show(lambda contact: words(contact.company) if contact.company else None)


# --- Columns --------------------------------------------------------------------------------------


def _column(
    name: str,
    label: str,
    cell: Callable[[Contact, Any], Cell],
    css: str = "ch-clip ch-2 ch-off",
    **more: Any,
) -> Column[Contact]:
    return Column(name, label, cell, css=css, **more)


def _number(
    name: str,
    label: str,
    cell: Callable[[Contact, Any], Cell],
    css: str = "ch-2 ch-off ch-nowrap",
    **more: Any,
) -> Column[Contact]:
    return Column(name, label, cell, css=css, is_number=True, **more)


NAME = _column(
    "name", "Name", _make_name, "ch-clip ch-wide", sort="name", is_default=True, is_pinned=True
)
COMPANY = _column(
    "company", "Company", _make_company, "ch-clip ch-off", sort="company", is_default=True
)
# In the order in which they are offered; the pinned one is the first.
COLUMNS: tuple[Column[Contact], ...] = (
    NAME,
    _column(
        "title",
        "Title",
        show(lambda contact: contact.job_title),
        "ch-clip ch-2 ch-wide",
        sort="title",
        is_default=True,
    ),
    COMPANY,
    _column(
        "email",
        "E-mail",
        _make_email,
        "ch-nowrap",
        read=_read_without,
        is_personal=True,
        is_default=True,
    ),
    _column(
        "phone",
        "Phone",
        _make_phone,
        "ch-nowrap ch-2 ch-off",
        read=_read_without,
        is_personal=True,
        is_default=True,
    ),
    _number("confidence", "Confidence", show(format_confidence), sort="confidence"),
    _number(
        "quality",
        "Vendor quality",
        show(format_quality),
        "",
        sort="quality",
        is_default=True,
        help=QUALITY_HELP,
    ),
    _number(
        "added",
        "Added",
        show(lambda contact: day(contact.created_at.date())),
        sort="added",
    ),
    _column("status", "Status and check", _make_status, "ch-nowrap ch-off", is_personal=True),
    _column("department", "Department", show(lambda contact: contact.department)),
    _column("seniority", "Seniority", show(lambda contact: contact.seniority)),
    _column("level", "Level", show(lambda contact: contact.get_seniority_level_display())),
    _column("function", "Function", show(lambda contact: ", ".join(contact.job_functions))),
    _column(
        "decision_maker",
        "Decision maker",
        show(lambda contact: "Yes" if contact.is_decision_maker else None),
    ),
    _column("country", "Person's country", show(lambda contact: contact.country)),
    _column("state", "Person's state", show(lambda contact: contact.state)),
    _column("domain", "Company domain", _of_company(lambda company: company.domain)),
    _column("industry", "Industry", _of_company(lambda company: ", ".join(company.industries))),
    _column("company_country", "Company country", _of_company(lambda company: company.country)),
    _column("company_region", "Company region", _of_company(lambda company: company.state)),
    _column("company_city", "Company city", _of_company(lambda company: company.city)),
    _column(
        "technologies", "Technologies", _of_company(lambda company: ", ".join(company.technologies))
    ),
    _number(
        "size", "Employees", _of_company(lambda company: describe_size(company.employees) or None)
    ),
    _number(
        "revenue", "Revenue", _of_company(lambda company: describe_revenue(company.revenue) or None)
    ),
    _column("keywords", "Keywords", _of_company(lambda company: ", ".join(company.keywords))),
    _column("source", "Source", show(format_source)),
    _column(
        "linkedin",
        "LinkedIn profile",
        show(lambda contact: "Known" if contact.linkedin_url else None),
    ),
    _number("updated", "Updated", show(lambda contact: day(contact.updated_at.date()))),
    _number(
        "last_seen",
        "Last seen by a source",
        _make_last_seen,
        read=_read_last_seen,
        is_personal=True,
    ),
    _column(
        "ownership",
        "Shared or own",
        show(lambda contact: "Your own" if contact.organization_id else "Shared"),
    ),
    _column(
        "id",
        "Contact id",
        show(lambda contact: format_contact_id(contact.key)),
        "ch-mono ch-2 ch-off",
    ),
    *intent_columns.make_columns(),
)
DEFAULT = tuple(each for each in COLUMNS if each.is_default)
# On the page of a company, where there is less room: the title stands below the name.
PERSON = replace(NAME, cell=_make_person, sort="")
OF_COMPANY = (
    PERSON,
    *(each for each in COLUMNS if each.name in ("email", "phone", "quality")),
)


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
