"""Two columns of lists that feeds fill: when they last observed a row's company, and how often in the last days."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.intent import RECENT_DAYS, count_recent, list_last_days
from contacthub.contacts.models import Company, Contact
from contacthub.core import clock
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import UNKNOWN, Cell
from contacthub.web.templatetags.figures import rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.columns import Column, Item
from contacthub.web.views.catalog.keyset import Sort

Find = Callable[..., Mapping[str, Any]]
SORTS = {
    "seen": Sort("seen", "Last seen", "last_seen", is_descending=True),
    "intent": Sort("intent", "Intent", "intent", is_descending=True),
}
SEEN_HELP = (
    "Last seen: the last day on which one of your feeds observed the company, inside its look-back and with the feeds,"
    " topics and score of the filters."
)
INTENT_HELP = (
    f"Intent: records of the company in the last {RECENT_DAYS} days, today included, in the feeds and topics of the"
    " filters; in fewer days where a look-back or “In the last” is shorter."
)


def _domain_of(item: Contact | Company) -> str | None:
    company = item.company if isinstance(item, Contact) else item
    return company.domain if company is not None else None


def _read(
    find: Find,
    filters: CompanyFilters,
    organization: Organization,
    items: Sequence[Contact | Company],
) -> Mapping[int, Any]:
    """Return what feeds observed of the companies of some rows, by the primary key of the row."""
    domains = {item.pk: domain for item in items if (domain := _domain_of(item))}
    found = find(organization=organization, filters=filters, domains=set(domains.values()))
    return {pk: found[domain] for pk, domain in domains.items() if domain in found}


def _make_seen(_: Contact | Company, last_day: dt.date | None) -> Cell:
    return Cell(UNKNOWN if last_day is None else format_seen(last_day))


def format_seen(last_day: dt.date) -> str:
    """Write a day as lists do: Today, Yesterday, 27 Nov."""
    days = (clock.today() - last_day).days
    return {0: "Today", 1: "Yesterday"}.get(days, day(last_day))


def _make_intent(item: Contact | Company, records: int | None) -> Cell:
    # A company without a domain cannot be observed, which is not the same as no record.
    return Cell(rows(records or 0) if _domain_of(item) else UNKNOWN)


def make_columns() -> tuple[Column[Any], Column[Any]]:
    """Return the two columns, about all feeds until `ask_intent` says of which filters."""
    return (
        Column(
            "seen",
            "Last seen",
            _make_seen,
            read=partial(_read, list_last_days, CompanyFilters()),
            css="ch-nowrap",
            is_number=True,
            sort="seen",
            is_default=True,
            help=SEEN_HELP,
        ),
        Column(
            "intent",
            "Intent",
            _make_intent,
            read=partial(_read, count_recent, CompanyFilters()),
            css="ch-off",
            is_number=True,
            sort="intent",
            help=INTENT_HELP,
        ),
    )


def ask_intent(
    columns: Sequence[Column[Item]], filters: CompanyFilters
) -> tuple[Column[Item], ...]:
    """Return columns of which those about intent are about the windows, topics and score of some filters."""
    finders: dict[str, Find] = {"seen": list_last_days, "intent": count_recent}
    return tuple(
        replace(each, read=partial(_read, finders[each.name], filters))
        if each.name in finders
        else each
        for each in columns
    )
