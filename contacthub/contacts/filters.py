"""What can be searched of contacts and companies, in words that belong to no protocol.

Every caller fills one of the two, so a page, a protocol and a bulk job with the same filters get the same rows.
Within a list any item will do, between fields all must hold. An empty list, an empty text and None are no condition;
`exclude_` drops what the field of that name would keep, and wins over it. `empty` names fields of which having no value
will do as well, `exclude_empty` fields that must have one.

`contacts.sql.conditions` is the other half: one row per field.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from contacthub.core.countries import as_country_name
from contacthub.core.text import fold

Texts = tuple[str, ...]
Numbers = tuple[int, ...]
EXCLUDE = "exclude_"


class Location(NamedTuple):
    """A company's place: a country, a state of it, or a city. Each part is whole; case and accents do not matter.

    The country may be given by name or code.

    A city without a state is that city in any state.
    """

    country: str
    state: str = ""
    city: str = ""

    @property
    def place(self) -> str:
        """Return the place as `contacts.sql.facts` writes it."""
        country, state = fold(as_country_name(self.country)), fold(self.state)
        if self.city:
            return f"city:{fold(self.city)}||{state}||{country}"
        return f"state:{state}||{country}" if self.state else f"country:{country}"


@dataclass(frozen=True, kw_only=True)
class CompanyFilters:
    """What can be searched of a company, and of the company of a contact."""

    # Public integer ids.
    numbers: Numbers = ()
    # Words that stand in the name or in the domain, in any order.
    text: str = ""
    # When the source first knew it; both ends count.
    created_from: dt.datetime | None = None
    created_until: dt.datetime | None = None
    has_generic_email: bool | None = None
    has_linkedin: bool | None = None
    # ISO 3166-1 alpha-2 in capitals.
    country_codes: Texts = ()
    # `co.uk` or `uk`, with a dot in front or without, in any case.
    tlds: Texts = ()
    # Whole values, as they are written.
    functions: Texts = ()
    industries: Texts = ()
    technologies: Texts = ()
    # In any case and without accents; keys of bands of `contacts.bands`.
    keywords: Texts = ()
    sizes: Texts = ()
    revenues: Texts = ()
    locations: tuple[Location, ...] = ()
    # Nodes that the company itself is assigned, sections above them (letters), and levels of them, 1 to 5.
    nace_codes: Texts = ()
    nace_sections: Texts = ()
    nace_levels: Numbers = ()
    # Lists of companies, by primary key. The caller has checked that the reader may see them.
    lists: Numbers = ()
    # Sections, divisions, groups or classes, each with everything below it.
    nace_branches: Texts = ()
    # States of a country, and cities of one in any state.
    regions: tuple[Location, ...] = ()
    cities: tuple[Location, ...] = ()
    # Names of fields above, see the head of this file; those of `contacts.sql.conditions.IS_EMPTY` are possible.
    empty: Texts = ()
    # What feeds observed of its domain, within the windows that the organization is granted when it asks: whether there
    # is anything; its feeds (by primary key; none: all that are granted), its topics (whole values), on one of the last
    # days (today included), not before a day, with this score or a better one.
    has_intent: bool | None = None
    intent_feeds: Numbers = ()
    intent_topics: Texts = ()
    intent_days: int | None = None
    intent_since: dt.date | None = None
    intent_score: float | None = None

    exclude_country_codes: Texts = ()
    exclude_tlds: Texts = ()
    exclude_functions: Texts = ()
    exclude_industries: Texts = ()
    exclude_technologies: Texts = ()
    exclude_keywords: Texts = ()
    exclude_sizes: Texts = ()
    exclude_revenues: Texts = ()
    exclude_locations: tuple[Location, ...] = ()
    exclude_nace_codes: Texts = ()
    exclude_nace_sections: Texts = ()
    exclude_lists: Numbers = ()
    exclude_nace_branches: Texts = ()
    exclude_regions: tuple[Location, ...] = ()
    exclude_cities: tuple[Location, ...] = ()
    exclude_empty: Texts = ()

    # Asks nothing itself: functions, industries and technologies are whole values in any case and without accents.
    is_case_ignored: bool = False


@dataclass(frozen=True, kw_only=True)
class ContactFilters:
    """What can be searched of a contact and its company."""

    is_stale: bool | None = None
    is_speculative: bool | None = None
    verified: bool | None = None
    has_email: bool | None = None
    has_phone: bool | None = None
    has_personal_email: bool | None = None
    has_linkedin: bool | None = None
    is_decision_maker: bool | None = None
    # 0 to 100, and 0 to 1; both ends count.
    min_quality_score: int | None = None
    max_quality_score: int | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    # When the source first knew the contact: from a moment on, and before one.
    created_from: dt.datetime | None = None
    created_before: dt.datetime | None = None
    sources: Texts = ()
    seniority_levels: Texts = ()
    email_statuses: Texts = ()
    # When the e-mail address was checked, in days before today: "within:30" is up to 30 of them, "over:180" longer ago.
    email_checks: Texts = ()
    # Whole numbers from 0 to 100, both ends included: "60-79".
    quality_bands: Texts = ()
    # Whole values, as they are written.
    departments: Texts = ()
    seniorities: Texts = ()
    # The whole value; case and accents do not matter here and below.
    department: str = ""
    # The contact's own, not the company's: whole values. The country may be given by name or code.
    country: str = ""
    state: str = ""
    is_in_crm: bool | None = None
    is_sourced_by_people_ai: bool | None = None
    has_account_or_opportunity: bool | None = None
    # Whether a record that `company` asks for in its fields of intent names the contact; those then ask nothing of the
    # company itself.
    has_own_intent: bool | None = None
    # Words that stand in the full name or in the first address, in any order and in part; and in the name alone.
    text: str = ""
    name: str = ""
    # Words of which each stands in the full name, the title, the name or domain of the company, or the first address;
    # and the same without the address.
    words: str = ""
    public_words: str = ""
    # Part of the title, word by word as entered.
    job_titles: Texts = ()
    # Lists of people, by primary key. The caller has checked that the reader may see them.
    lists: Numbers = ()
    # Names of the fields above, as for companies.
    empty: Texts = ()

    exclude_sources: Texts = ()
    exclude_seniority_levels: Texts = ()
    exclude_email_statuses: Texts = ()
    exclude_departments: Texts = ()
    exclude_seniorities: Texts = ()
    exclude_job_titles: Texts = ()
    exclude_lists: Numbers = ()
    exclude_email_checks: Texts = ()
    exclude_quality_bands: Texts = ()
    exclude_empty: Texts = ()

    # Asks nothing itself: departments and seniorities are whole values in any case and without accents.
    is_case_ignored: bool = False
    company: CompanyFilters = field(default_factory=CompanyFilters)


Filters = ContactFilters | CompanyFilters
# Fields that are one condition together, see `contacts.sql.observed`.
INTENT = (
    "has_intent",
    "intent_feeds",
    "intent_topics",
    "intent_days",
    "intent_since",
    "intent_score",
)


def list_active(filters: Filters) -> list[tuple[str, object]]:
    """List the fields that have a condition, with their values; those of a contact's company are not among them."""
    return [
        (each.name, value)
        for each in fields(filters)
        if each.name not in ("company", "is_case_ignored")
        and _asks(value := getattr(filters, each.name))
    ]


def asks_intent(filters: CompanyFilters) -> bool:
    """Return whether there is a condition on what feeds observed."""
    return any(_asks(getattr(filters, name)) for name in INTENT)


def is_unfiltered(filters: Filters) -> bool:
    """Return whether there is no condition, neither on a contact nor on its company."""
    company = filters.company if isinstance(filters, ContactFilters) else filters
    return not list_active(filters) and not list_active(company)


def _asks(value: object) -> bool:
    return bool(value) if isinstance(value, str | Collection) else value is not None
