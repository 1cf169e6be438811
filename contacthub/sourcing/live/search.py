"""Live search: a connected vendor searched with the filters of the catalog, page by page.

Nothing is kept automatically: a page is shown as the vendor answered it, and saving (`live.actions`) fetches it again.
"""

import datetime as dt
import time
from collections.abc import Mapping
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
from contacthub.sourcing.live.plan import Plan, make_plan

PAGE_SIZE = 50
# Where ContactHub filters: rows of one call, the most rows that are fetched for one page, and the seconds after which
# no further call begins.
FETCHED_AT_ONCE, MOST_FETCHED, MOST_SECONDS = 100, 1_000, 10.0
Filters = ContactFilters | CompanyFilters
Found = records.Contact | records.Company
Page = records.Page[records.Contact] | records.Page[records.Company]


@dataclass(frozen=True)
class Question:
    """What is searched for at a connection, and who applies which filter. With refused filters the vendor is not
    called."""

    connection: Connection
    asked: Mapping[str, Any]
    plan: Plan
    of_companies: bool

    @property
    def is_filtered_here(self) -> bool:
        """Return whether ContactHub filters what the vendor sends."""
        return bool(self.plan.checked)


@dataclass(frozen=True)
class FoundPage:
    """Rows that match, and how many the vendor sent to find them.

    It consists of whole pages of the vendor, so that no row is fetched twice. `is_short`: it is not full, and more rows
    were not fetched for it. `total` is what the vendor counts for the filters that it applies itself.
    """

    items: tuple[Found, ...]
    fetched: int
    next: str | None = None
    total: int | None = None
    is_short: bool = False


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


def make_question(*, organization: Organization, connection_id: UUID, filters: Filters) -> Question:
    """Return the search that a connection would get. Calls no vendor.

    Raises `NotFound` for a connection that is not the organization's or whose vendor cannot be searched so.
    """
    connection = get_connection(organization=organization, connection_id=connection_id)
    of_companies = isinstance(filters, CompanyFilters)
    if not find_connector(connection.vendor).can(_capability(of_companies=of_companies)):
        raise NotFound("This vendor cannot be searched.")
    return plan_question(connection, serialize_question(filters), of_companies=of_companies)


def plan_question(
    connection: Connection, asked: Mapping[str, Any], *, of_companies: bool
) -> Question:
    """Return a question with who applies each of its filters, as the connector declares it now."""
    connector = find_connector(connection.vendor)
    plan = make_plan(connector, asked, of_companies=of_companies)
    return Question(connection, asked, plan, of_companies)


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
    if field.endswith(("locations", "regions", "cities")):
        return tuple(Location(*place) for place in value)
    return tuple(value) if isinstance(value, list) else value


def read_page(
    *, question: Question, position: str | None = None, size: int = PAGE_SIZE
) -> FoundPage:
    """Ask the vendor for a page; `position` is the `next` of the page before. Call outside a transaction.

    Where ContactHub filters, it asks on until `size` rows match, or `MOST_FETCHED` rows or `MOST_SECONDS` are used up.
    Raises a `VendorError`, and `Invalid` where a filter cannot be applied: without it there would be other rows.
    """
    check_plan(question)
    with open_connector(question.connection, is_interactive=True) as connector:
        if not question.is_filtered_here:
            page = fetch_page(connector, question, position=position, size=size)
            return FoundPage(page.items, len(page.items), page.next, page.total)
        return _fill_page(connector, question, position, size)


def _fill_page(
    connector: Connector, question: Question, position: str | None, size: int
) -> FoundPage:
    ends_at = time.monotonic() + MOST_SECONDS
    items: list[Found] = []
    fetched = 0
    while True:
        page = fetch_page(connector, question, position=position, size=FETCHED_AT_ONCE)
        items += filter(question.plan.matches, page.items)
        fetched, position = fetched + len(page.items), page.next
        is_over = fetched + FETCHED_AT_ONCE > MOST_FETCHED or time.monotonic() > ends_at
        if position is None or len(items) >= size or is_over:
            is_short = position is not None and len(items) < size
            return FoundPage(tuple(items), fetched, position, page.total, is_short)


def count_question(question: Question) -> int | None:
    """Return how many rows the vendor has for the filters that it applies; None if it does not count. One call."""
    check_plan(question)
    with open_connector(question.connection, is_interactive=True) as connector:
        return fetch_page(connector, question, position=None, size=1).total


def check_plan(question: Question) -> None:
    """Raise `Invalid` where neither the vendor nor ContactHub can apply a filter."""
    if question.plan.refused:
        raise Invalid("The vendor cannot apply every filter.")


def fetch_page(
    connector: Connector, question: Question, *, position: str | None, size: int
) -> Page:
    """Ask an open connector for a page, with the filters that the vendor applies."""
    find = connector.search_companies if question.of_companies else connector.search_contacts
    return find(question.plan.sent, position=position, size=min(size, connector.most_page_size))
