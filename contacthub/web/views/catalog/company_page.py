"""One company: what feeds observed of it by topic, the people behind it and all others, what is known, its exports."""

from collections.abc import Sequence

from django.http import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacthub.contacts import search
from contacthub.contacts.bands import describe_revenue, describe_size
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.queries import find_contacts, get_company, list_company_numbers
from contacthub.core import clock
from contacthub.exports.company_exports import list_company_exports
from contacthub.feeds.queries import list_domain_topics
from contacthub.lists.queries import Reader, list_lists_with
from contacthub.organizations.models import Organization
from contacthub.organizations.rights import Right
from contacthub.sourcing.live.queries import list_sources
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.views.catalog.company_view import (
    TOPIC_DAYS,
    describe_exports,
    describe_topics,
    list_behind_columns,
    list_nace,
    rank_people,
    sum_up,
    word_people,
)
from contacthub.web.views.catalog.contact_columns import OF_COMPANY, make_contact_table
from contacthub.web.views.catalog.selection_actions import describe_listing

PEOPLE_SHOWN = 10
BEHIND_SHOWN = 8
# Contacts of a company that are looked for in exports, and behind its records.
MOST_PEOPLE = 500


@require_safe
@member()
def company_detail(request: HubRequest, number: int) -> HttpResponseBase:
    """Show a company: who it is, what feeds observed of it, who works there, which exports hold it."""
    organization = request.organization
    company = get_company(organization=organization, number=number)
    topics = list_domain_topics(organization=organization, domain=company.domain or "")
    people, all_people = find_people(request, company)
    page = search.list_contacts(organization=organization, filters=people, limit=PEOPLE_SHOWN)
    count = search.count_contacts(organization=organization, filters=people)
    may_see = request.membership.has_right(Right.VALUES)
    ranks = rank_people(topics)
    behind = _list_behind(organization, company, list(ranks)[:MOST_PEOPLE])
    note_look(request, "Company", people=len({each.pk for each in [*page.items, *behind]}))
    context = {
        "company": company,
        "summary": sum_up(company),
        "nace": list_nace(company),
        "size": describe_size(company.employees),
        "revenue": describe_revenue(company.revenue),
        "topics": describe_topics(topics, clock.today()),
        "topic_days": TOPIC_DAYS,
        "behind": make_contact_table(
            organization,
            behind[:BEHIND_SHOWN],
            may_see=may_see,
            columns=list_behind_columns(ranks),
        ),
        "behind_count": len(behind),
        "behind_url": f"{all_people}&named=yes",
        "sources": list_sources(organization=organization, company=company) if may_see else [],
        "lists": list_lists_with(
            reader=Reader.of(request.membership), of_companies=True, item=company.number
        ),
        "exports": describe_exports(
            list_company_exports(
                organization=organization,
                domain=company.domain,
                contacts=_list_ids(organization, people),
            )
        ),
        "table": make_contact_table(organization, page.items, may_see=may_see, columns=OF_COMPANY),
        "count": count,
        "people_words": word_people(count),
        "all_people": all_people,
        **describe_listing(request, of_companies=True),
    }
    return render_page(
        request, "companies/detail.html", "companies/detail.html", context, is_personal=True
    )


def find_people(request: HubRequest, company: Company) -> tuple[ContactFilters, str]:
    """Return the filters of a company's contacts, and the address of their list."""
    numbers = tuple(list_company_numbers(organization=request.organization, company=company))
    address = f"{reverse('contact-list')}?stale=show&speculative=show&company="
    filters = ContactFilters(company=CompanyFilters(numbers=numbers))
    return filters, address + ";".join(map(str, numbers))


def _list_behind(
    organization: Organization, company: Company, keys: Sequence[int]
) -> list[Contact]:
    """Return the people of a company that records name, in the order of their keys.

    People that records of its domain name may work elsewhere today; these are left out.
    """
    found = find_contacts(organization=organization, keys=keys)
    return [found[key] for key in keys if key in found and _works_at(found[key], key, company)]


def _works_at(contact: Contact, key: int, company: Company) -> bool:
    employer = contact.company
    return contact.key == key and employer is not None and employer.domain == company.domain


def _list_ids(organization: Organization, people: ContactFilters) -> list[int]:
    ids = search.iterate_contact_ids(organization=organization, filters=people, chunk=MOST_PEOPLE)
    return next(ids, [])
