"""Searches over contacts and companies: one set of filters, read by page, by number, as a count or in bulk.

All see the shared rows and the organization's own. An own contact hides the shared one with the same key or number, an
own company the shared one with the same domain or number; other organizations' rows look like none. What a filter asks
is said in `contacts.filters`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import Prefetch, TextField
from django.db.models.functions import Cast

from contacthub.contacts.filters import CompanyFilters, ContactFilters, Filters, is_unfiltered
from contacthub.contacts.models import (
    Company,
    CompanyFacts,
    Contact,
    ContactEmail,
    ContactFacts,
)
from contacthub.contacts.sql import page_numbers, ranked_pages
from contacthub.contacts.sql import search_pages as sql
from contacthub.core.errors import Invalid
from contacthub.organizations.models import Organization

COUNT_CAP = 10_000
# What can be sorted by: the column of the facts with its type. None of them is ever null.
CONTACT_SORTS = {
    "quality_score": "smallint",
    "confidence": "float8",
    "created_at": "timestamptz",
    "full_name": "text",
    "company_order": "text",
    "title_order": "text",
}
COMPANY_SORTS = {"name": "text", "created_at": "timestamptz"}
COMPANY_COLUMNS = {"created_at": "company_created_at"}
# Orders that feeds make, of contacts by their company; see `contacts.sql.ranked_pages`.
RANKS = {"last_seen": "last_day", "intent": "records"}
_BY_NUMBER = sql.Order("number", "bigint")


class Position(NamedTuple):
    """A place in an order: the sort value as Postgres writes it, and the public number of the row that stands there.

    Both are plain JSON. It means nothing under another sort or direction.
    """

    value: str
    number: int


@dataclass(frozen=True)
class ContactPage:
    """Some contacts with their companies, and where the page before and after this one begin; None: there is none."""

    items: list[Contact]
    next_position: Position | None = None
    previous_position: Position | None = None


@dataclass(frozen=True)
class CompanyPage:
    """Some companies, and where the page before and after this one begin; None: there is none."""

    items: list[Company]
    next_position: Position | None = None
    previous_position: Position | None = None


class Count(NamedTuple):
    """A count up to a cap: exact, or the cap with `is_capped`, which reads "10,000+"."""

    value: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.value:,}" + ("+" if self.is_capped else "")


# --- By key ------------------------------------------------------------------------------------------


def list_contacts(
    *,
    organization: Organization,
    filters: ContactFilters,
    sort: str = "quality_score",
    descending: bool = True,
    after: Position | None = None,
    before: Position | None = None,
    limit: int = 50,
) -> ContactPage:
    """List contacts in an order of `CONTACT_SORTS` or `RANKS`, ties by number in the same direction.

    `after` and `before` are positions of an earlier page: rows that come or go between two pages neither repeat nor
    drop the others. Raises `Invalid` for another sort.
    """
    order = _order(sort, CONTACT_SORTS, {}, is_descending=descending)
    found, previous, following = _walk(
        sql.CONTACTS, organization, filters, order, after, before, limit
    )
    return ContactPage(load_contacts([row.id for row in found]), following, previous)


def list_companies(
    *,
    organization: Organization,
    filters: CompanyFilters,
    sort: str = "name",
    descending: bool = False,
    after: Position | None = None,
    before: Position | None = None,
    limit: int = 50,
) -> CompanyPage:
    """List companies in an order of `COMPANY_SORTS` or `RANKS`; the rest is as for contacts."""
    order = _order(sort, COMPANY_SORTS, COMPANY_COLUMNS, is_descending=descending)
    found, previous, following = _walk(
        sql.COMPANIES, organization, filters, order, after, before, limit
    )
    return CompanyPage(load_companies([row.id for row in found]), following, previous)


def _order(
    sort: str, sorts: dict[str, str], columns: dict[str, str], *, is_descending: bool
) -> sql.Order | ranked_pages.Rank:
    if sort in RANKS:
        return ranked_pages.Rank(RANKS[sort], is_descending)
    if sort not in sorts:
        raise Invalid(f"Sort by one of {', '.join((*sorts, *RANKS))}.", field="sort")
    return sql.Order(columns.get(sort, sort), sorts[sort], is_descending)


def _walk(
    kind: sql.Kind,
    organization: Organization,
    filters: Filters,
    order: sql.Order | ranked_pages.Rank,
    after: Position | None,
    before: Position | None,
    limit: int,
) -> tuple[list[sql.Found], Position | None, Position | None]:
    """Return a page's rows and the positions of the pages before and after it; one more row tells whether one is."""
    is_back = before is not None
    if is_back:
        order = replace(order, is_descending=not order.is_descending)
    found = _find(kind, organization.pk, filters, order, before or after, limit + 1)
    has_more = len(found) > limit
    found = found[:limit]
    if is_back:
        found.reverse()
    if not found:
        return [], None, None
    first, last = (Position(row.value, row.number) for row in (found[0], found[-1]))
    has_previous, has_next = (has_more, True) if is_back else (after is not None, has_more)
    return found, first if has_previous else None, last if has_next else None


def _find(
    kind: sql.Kind,
    owner: int,
    filters: Filters,
    order: sql.Order | ranked_pages.Rank,
    after: Position | None,
    limit: int,
) -> list[sql.Found]:
    if isinstance(order, ranked_pages.Rank):
        return ranked_pages.find_ranked_page(
            kind, owner=owner, filters=filters, rank=order, after=after, limit=limit
        )
    return sql.find_page(kind, owner=owner, filters=filters, order=order, after=after, limit=limit)


def find_contact_position(
    *, organization: Organization, sort: str, number: int, filters: ContactFilters | None = None
) -> Position | None:
    """Return the place of a contact in an order of `CONTACT_SORTS` or `RANKS`; None if it is gone.

    The orders of `RANKS` depend on the filters.
    """
    if sort in RANKS:
        return _find_rank(sql.CONTACTS, organization, sort, number, filters or ContactFilters())
    return _find_position(ContactFacts, organization, sort, number)


def find_company_position(
    *, organization: Organization, sort: str, number: int, filters: CompanyFilters | None = None
) -> Position | None:
    """Return the place of a company in an order of `COMPANY_SORTS` or `RANKS`, as for contacts."""
    if sort in RANKS:
        return _find_rank(sql.COMPANIES, organization, sort, number, filters or CompanyFilters())
    return _find_position(CompanyFacts, organization, COMPANY_COLUMNS.get(sort, sort), number)


def _find_rank(
    kind: sql.Kind, organization: Organization, sort: str, number: int, filters: Filters
) -> Position | None:
    value = ranked_pages.find_rank(
        kind, owner=organization.pk, filters=filters, column=RANKS[sort], number=number
    )
    return None if value is None else Position(value, number)


def _find_position(
    facts: type[ContactFacts | CompanyFacts], organization: Organization, column: str, number: int
) -> Position | None:
    visible = facts.objects.filter(owner__in=(0, organization.pk), number=number)
    # Written by Postgres, as the searches do.
    value = visible.order_by("-owner").values_list(Cast(column, TextField()), flat=True).first()
    return None if value is None else Position(value, number)


# --- By page number ----------------------------------------------------------------------------------


def list_contacts_by_number_page(
    *, organization: Organization, filters: ContactFilters, page: int, per_page: int
) -> tuple[list[Contact], int]:
    """List a page, counted from 1, of contacts by number ascending, with the exact number of all that match.

    A page beyond the last one is empty. The contacts come with their addresses in `emails`, the first one first.
    """
    ids, total = _read_number_page(sql.CONTACTS, organization, filters, page, per_page)
    return load_contacts(ids, with_emails=True), total


def list_companies_by_number_page(
    *, organization: Organization, filters: CompanyFilters, page: int, per_page: int
) -> tuple[list[Company], int]:
    """List a page, counted from 1, of companies by number ascending, with the exact number of all that match."""
    ids, total = _read_number_page(sql.COMPANIES, organization, filters, page, per_page)
    return load_companies(ids), total


def _read_number_page(
    kind: sql.Kind, organization: Organization, filters: Filters, page: int, per_page: int
) -> tuple[list[int], int]:
    owner, offset = organization.pk, (page - 1) * per_page
    total = page_numbers.count_all(kind, owner=owner, filters=filters)
    limit = min(per_page, total - offset)
    if limit <= 0:
        return [], total
    # Leafing costs what is left out, so that it begins at the nearer end.
    is_from_end = offset > total // 2
    offset = total - offset - limit if is_from_end else offset
    if is_unfiltered(filters):
        ids = page_numbers.list_numbered(
            kind, owner=owner, limit=limit, offset=offset, is_from_end=is_from_end
        )
        return ids, total
    found = sql.find_page(
        kind,
        owner=owner,
        filters=filters,
        order=replace(_BY_NUMBER, is_descending=is_from_end),
        after=None,
        limit=limit,
        offset=offset,
    )
    return [row.id for row in (reversed(found) if is_from_end else found)], total


# --- Counts and bulk ---------------------------------------------------------------------------------


def count_contacts(
    *, organization: Organization, filters: ContactFilters, cap: int = COUNT_CAP
) -> Count:
    """Count the contacts that match: exactly up to the cap, and as the cap with a plus beyond it."""
    return _count(sql.CONTACTS, organization, filters, cap)


def count_companies(
    *, organization: Organization, filters: CompanyFilters, cap: int = COUNT_CAP
) -> Count:
    """Count the companies that match, as for contacts."""
    return _count(sql.COMPANIES, organization, filters, cap)


def _count(kind: sql.Kind, organization: Organization, filters: Filters, cap: int) -> Count:
    count = sql.count_matching(kind, owner=organization.pk, filters=filters, most=cap + 1)
    return Count(min(count, cap), count > cap)


def count_people(*, organization: Organization, companies: Sequence[Company]) -> dict[int, int]:
    """Count the contacts of some companies, by primary key; own contacts that hide shared ones count once.

    An own company has those of the shared one that it hides as well, as `queries.list_company_numbers` has it.
    """
    domains = [
        each.domain for each in companies if each.organization_id is not None and each.domain
    ]
    hidden = dict(
        Company.objects.filter(organization=None, domain__in=domains).values_list("domain", "pk")
    )
    counts = sql.count_people(
        owner=organization.pk, companies=[*(each.pk for each in companies), *hidden.values()]
    )

    def count(company: Company) -> int:
        shared = hidden.get(company.domain) if company.organization_id is not None else None
        return counts.get(company.pk, 0) + (counts.get(shared, 0) if shared else 0)

    return {company.pk: count(company) for company in companies}


def iterate_contact_ids(
    *, organization: Organization, filters: ContactFilters, after: int = 0, chunk: int = 10_000
) -> Iterator[list[int]]:
    """List the primary keys of all contacts that match, ascending, in chunks; only the last one may be shorter.

    `after` is the last key of an earlier chunk, from which a resumed job continues. Contacts that come later have
    greater keys.
    """
    held: list[int] = []
    for ids in sql.iterate_ids(sql.CONTACTS, owner=organization.pk, filters=filters, after=after):
        held += ids
        while len(held) >= chunk:
            yield held[:chunk]
            held = held[chunk:]
    if held:
        yield held


# --- Rows --------------------------------------------------------------------------------------------


def load_contacts(ids: Sequence[int], *, with_emails: bool = False) -> list[Contact]:
    """Return contacts that a search found, with their companies, in the order of their primary keys here.

    One that was deleted since is left out.
    """
    contacts = Contact.objects.select_related("company").filter(pk__in=ids)
    if with_emails:
        in_order = ContactEmail.objects.order_by("position", "pk")
        contacts = contacts.prefetch_related(Prefetch("emails", queryset=in_order))
    found = {contact.pk: contact for contact in contacts}
    return [found[pk] for pk in ids if pk in found]


def load_companies(ids: Sequence[int]) -> list[Company]:
    """Return companies that a search found, in the order of their primary keys here."""
    found = Company.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]
