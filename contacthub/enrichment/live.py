"""Live search: a connected vendor asked with the filters of the catalogue, page by page, and rows kept from it.

Nothing is kept by itself: a page is shown as the vendor answered it, and saving asks for the same page again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from contacthub.contacts.actions import add_found
from contacthub.contacts.filters import CompanyFilters, ContactFilters, list_active
from contacthub.core.errors import Invalid, NotFound
from contacthub.credentials.connections.queries import get_connection, list_able, open_provider
from contacthub.credentials.models import Connection
from contacthub.organizations.actions import Actor, record_event
from contacthub.organizations.models import Organization
from contacthub.providers import records
from contacthub.providers.base import Capability
from contacthub.providers.registry import find_provider

PAGE_SIZE = 50
Filters = ContactFilters | CompanyFilters
Found = records.Contact | records.Company
Page = records.Page[records.Contact] | records.Page[records.Company]


@dataclass(frozen=True)
class Question:
    """What a vendor is asked, and which filters it cannot honour, by their names; then it is not asked."""

    connection: Connection
    asked: Mapping[str, Any]
    unhonoured: tuple[str, ...]
    of_companies: bool


def list_searchable(*, organization: Organization, of_companies: bool = False) -> list[Connection]:
    """List the active connections that can be searched for contacts, or for companies, by name."""
    capability = Capability.COMPANY_SEARCH if of_companies else Capability.CONTACT_SEARCH
    return list_able(organization=organization, capability=capability)


def make_question(
    *,
    organization: Organization,
    connection_id: UUID,
    filters: Filters,
    left_out: Collection[str] = (),
) -> Question:
    """Return what a connection would be asked. Calls nobody. `left_out` are filters somebody agreed to do without.

    Raises `NotFound` for a connection that is not the organization's or whose vendor cannot be searched so.
    """
    connection = get_connection(organization=organization, connection_id=connection_id)
    of_companies = isinstance(filters, CompanyFilters)
    provider = find_provider(connection.vendor)
    if not provider.can(Capability.COMPANY_SEARCH if of_companies else Capability.CONTACT_SEARCH):
        raise NotFound("This provider cannot be searched.")
    question = spell_question(filters)
    unhonoured = provider.list_unhonoured(question, of_companies=of_companies)
    asked = {name: value for name, value in question.items() if name not in left_out}
    missing = tuple(name for name in unhonoured if name not in left_out)
    return Question(connection, asked, missing, of_companies)


def spell_question(filters: Filters) -> dict[str, Any]:
    """Return filters by the names that connectors know; those of a contact's company begin with `company.`."""
    question = dict(list_active(filters))
    if isinstance(filters, ContactFilters):
        company = list_active(filters.company)
        question |= {f"company.{name}": value for name, value in company}
    return question


def read_page(*, question: Question, position: str | None = None) -> Page:
    """Ask the vendor for a page; `position` is the `next` of the page before. Call outside a transaction.

    Raises a `ProviderError`, and `Invalid` where a filter cannot be honoured: what is dropped would find other rows.
    """
    if question.unhonoured:
        raise Invalid("The provider cannot honour every filter.")
    with open_provider(question.connection, is_interactive=True) as provider:
        size = min(PAGE_SIZE, provider.most_page_size)
        search = provider.search_companies if question.of_companies else provider.search_contacts
        return search(question.asked, position=position, size=size)


def save_found(
    *,
    organization: Organization,
    actor: Actor,
    question: Question,
    position: str | None,
    chosen: Collection[str] | None,
) -> tuple[int, int]:
    """Save rows of a page into the organization's own catalogue: those `chosen` by the vendor's ids, None: all.

    The page is asked for again, so that what is saved is what the vendor says and not what a browser sends. Returns
    how many contacts were saved and how many could not be, because nothing tells them apart. Raises as `read_page`.
    """
    page = read_page(question=question, position=position)
    wanted = [each for each in page.items if chosen is None or (each.vendor_id or "") in chosen]
    rows = [row_of(each, question.connection) for each in wanted]
    with transaction.atomic():
        report, rejects = add_found(organization=organization, rows=rows)
        saved = len(rows) - len(rejects)
        record_event(
            organization=organization,
            actor=actor,
            action="Saved contacts from a provider",
            target=question.connection.name,
            subject=question.connection.pk,
            detail=f"{report.inserted:,} new, {report.updated:,} changed, {len(rejects):,} rejected",
            rows=saved,
            has_personal_data=True,
        )
    return saved, len(rejects)


def row_of(found: Found, connection: Connection) -> dict[str, Any]:
    """Return a vendor's contact as a row of an import, with the connection as the source of addresses and numbers."""
    row = found.as_row()
    for section in ("emails", "phones"):
        for item in row.get(section, ()):
            item["source"] = connection.name
    return row
