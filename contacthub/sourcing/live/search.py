"""Live search: a connected vendor searched with the filters of the catalog, page by page.

Nothing is kept automatically: a page is shown as the vendor answered it, and saving (`live.actions`) fetches it again.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contacthub.connectors import records
from contacthub.connectors.base import Capability, Connector
from contacthub.connectors.registry import find_connector
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location, list_active
from contacthub.core.errors import Invalid, NotFound
from contacthub.credentials.connections.queries import (
    get_connection,
    list_able,
    list_broken,
    open_connector,
)
from contacthub.credentials.models import Connection
from contacthub.organizations.models import Organization

PAGE_SIZE = 50
Filters = ContactFilters | CompanyFilters
Found = records.Contact | records.Company
Page = records.Page[records.Contact] | records.Page[records.Company]


@dataclass(frozen=True)
class Question:
    """The search that a vendor gets, and which filters it cannot honor, by their names; then it is not called."""

    connection: Connection
    asked: Mapping[str, Any]
    unhonored: tuple[str, ...]
    of_companies: bool


def list_searchable(*, organization: Organization, of_companies: bool = False) -> list[Connection]:
    """List the connections that can be searched for contacts, or for companies, by name."""
    return list_able(organization=organization, capability=_capability(of_companies=of_companies))


def list_broken_searches(
    *, organization: Organization, of_companies: bool = False
) -> list[Connection]:
    """List the connections that could be searched so, were they not broken, by name."""
    return list_broken(organization=organization, capability=_capability(of_companies=of_companies))


def _capability(*, of_companies: bool) -> Capability:
    return Capability.COMPANY_SEARCH if of_companies else Capability.CONTACT_SEARCH


def make_question(
    *,
    organization: Organization,
    connection_id: UUID,
    filters: Filters,
    left_out: Collection[str] = (),
) -> Question:
    """Return the search that a connection would get. Calls no vendor. `left_out` are filters someone agreed to do
    without.

    Raises `NotFound` for a connection that is not the organization's or whose vendor cannot be searched so.
    """
    connection = get_connection(organization=organization, connection_id=connection_id)
    of_companies = isinstance(filters, CompanyFilters)
    connector = find_connector(connection.vendor)
    if not connector.can(_capability(of_companies=of_companies)):
        raise NotFound("This vendor cannot be searched.")
    question = serialize_question(filters)
    unhonored = connector.list_unhonored(question, of_companies=of_companies)
    asked = {name: value for name, value in question.items() if name not in left_out}
    missing = tuple(name for name in unhonored if name not in left_out)
    return Question(connection, asked, missing, of_companies)


def serialize_question(filters: Filters) -> dict[str, Any]:
    """Return filters by the names that connectors know; those of a contact's company begin with `company.`."""
    question = dict(list_active(filters))
    if isinstance(filters, ContactFilters):
        company = list_active(filters.company)
        question |= {f"company.{name}": value for name, value in company}
    return question


def as_json(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the search as a job keeps it."""
    return {name: _as_json(value) for name, value in asked.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return [_as_json(item) for item in value] if isinstance(value, tuple) else value


def from_json(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a job has kept as connectors take it."""
    return {name: _from_json(name, value) for name, value in kept.items()}


def _from_json(name: str, value: Any) -> Any:
    field = name.removeprefix("company.")
    if field.startswith("created_"):
        return dt.datetime.fromisoformat(value)
    if field.endswith("locations"):
        return tuple(Location(*place) for place in value)
    return tuple(value) if isinstance(value, list) else value


def read_page(*, question: Question, position: str | None = None, size: int = PAGE_SIZE) -> Page:
    """Ask the vendor for a page; `position` is the `next` of the page before. Call outside a transaction.

    Raises a `VendorError`, and `Invalid` where a filter cannot be honored: what is dropped would find other rows.
    """
    if question.unhonored:
        raise Invalid("The vendor cannot apply every filter.")
    with open_connector(question.connection, is_interactive=True) as connector:
        return fetch_page(connector, question, position=position, size=size)


def fetch_page(
    connector: Connector, question: Question, *, position: str | None, size: int
) -> Page:
    """Ask an open connector for a page."""
    find = connector.search_companies if question.of_companies else connector.search_contacts
    return find(question.asked, position=position, size=min(size, connector.most_page_size))
