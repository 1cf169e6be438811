"""What connectors return, in words that belong to no vendor; contacts in those of the house's own import."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
# What a search wants of contacts or companies, by the names of `contacts.filters`; those of a contact's company begin
# with `company.`: {"job_titles": ("manager",), "company.country_codes": ("NO",)}.
Question = Mapping[str, Any]
Section = str
SECTIONS: tuple[Section, ...] = ("pii", "emails", "phones")


# --- Feeds ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RemoteFeed:
    """A vendor's feed with what the account may do with it. `row_limit` and `rows_left` are None if there is no
    limit."""

    feed_id: str
    description: str
    is_pii_enabled: bool
    is_business_info_enabled: bool
    most_lookback_days: int
    row_limit: int | None
    rows_used: int
    rows_left: int | None


@dataclass(frozen=True, slots=True)
class DayCount:
    """Records observed on one UTC day."""

    day: dt.date
    records: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a window of a feed holds; both days belong to it. `days` is empty unless requested."""

    feed_id: str
    lookback_days: int
    start_on: dt.date
    end_on: dt.date
    record_count: int
    with_contact_count: int
    without_contact_count: int
    days: tuple[DayCount, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedSearch(Preview):
    """A window that the vendor has frozen."""

    search_id: str = ""
    created_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """An export that the vendor has made: its pages can be read free of charge, once it is built.

    The counts are 0 until then. The options of the request are None if the vendor does not return them. `failure` says
    why it will never be built.
    """

    export_id: str
    feed_id: str
    search_id: str
    lookback_days: int | None
    start_on: dt.date | None
    end_on: dt.date | None
    total_rows: int
    total_pages: int
    page_size: int
    get_pii: bool | None
    include_business_info: bool | None
    require_contact_id: bool | None
    max_rows: int | None
    created_at: dt.datetime | None
    is_built: bool = True
    failure: str = ""


class IntentRow(NamedTuple):
    """A row of an export, in the words of the intent import; None also if an option was not requested.

    A tuple: there are millions of them, and making frozen dataclasses was most of a page's time.
    """

    contact_id: str | None
    domain: str
    topic: str
    observed_on: dt.date
    company_name: str | None = None
    industry: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    gender: str | None = None
    age_range: str | None = None
    linkedin_url: str | None = None
    job_title: str | None = None
    company_domain: str | None = None
    seniority: str | None = None


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A page of an export, counted from 1: the same rows each time it is read. Counts are None if the vendor does not
    give them."""

    export_id: str
    number: int
    total_pages: int | None
    total_rows: int | None
    rows: tuple[IntentRow, ...]


# --- Contacts and companies -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Email:
    """An address as the vendor observed it. `confidence` is 0 to 1."""

    email: str
    type: str | None = None
    status: str | None = None
    checked_on: dt.date | None = None
    confidence: float | None = None
    first_seen: dt.date | None = None
    last_seen: dt.date | None = None
    observations: int | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as the vendor observed it."""

    phone: str
    type: str | None = None
    is_do_not_call: bool | None = None
    confidence: float | None = None
    first_seen: dt.date | None = None
    last_seen: dt.date | None = None
    observations: int | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a company is."""

    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A company, in the words of the contact import. `vendor_id` means something to this vendor alone."""

    vendor_id: str | None = None
    domain: str | None = None
    name: str | None = None
    tld: str | None = None
    industries: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    # As an import reads them: 250, "51-200", "10M-50M" (US dollars a year).
    employees: str | None = None
    revenue: str | None = None
    nace_codes: tuple[str, ...] = ()
    location: Location | None = None
    country_code: str | None = None
    linkedin_url: str | None = None
    created_at: dt.datetime | None = None

    def as_row(self) -> dict[str, Any]:
        """Return what is known as the object `company` of an import."""
        return _known(self)


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact, in the words of the contact import.

    `emails`, `phones` and `pii` are None if the vendor has no record, and empty if its record is. `vendor_id`
    means something to this vendor alone: two vendors use one number for two people.
    """

    vendor_id: str | None = None
    contact_id: str | None = None
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    department: str | None = None
    seniority: str | None = None
    seniority_level: str | None = None
    titles: tuple[str, ...] = ()
    job_levels: tuple[str, ...] = ()
    job_functions: tuple[str, ...] = ()
    is_decision_maker: bool | None = None
    country: str | None = None
    state: str | None = None
    linkedin_url: str | None = None
    linkedin_handle: str | None = None
    facebook_handle: str | None = None
    twitter_handle: str | None = None
    image_url: str | None = None
    description: str | None = None
    source: str | None = None
    source_url: str | None = None
    verified: bool | None = None
    quality_score: int | None = None
    confidence: float | None = None
    is_stale: bool | None = None
    is_speculative: bool | None = None
    is_sourced_by_people_ai: bool | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    emails: tuple[Email, ...] | None = None
    phones: tuple[Phone, ...] | None = None
    pii: Mapping[str, str] | None = None
    # What a CRM knows, under the names of Backstory's record.
    crm: Mapping[str, Any] = field(default_factory=dict)
    company: Company | None = None

    def as_row(self) -> dict[str, Any]:
        """Return what is known as a row of an import: values by column, lists and objects nested."""
        row = _known(self)
        row |= row.pop("crm", {})
        return row


def _known(record: Any) -> dict[str, Any]:
    """Return the fields of a record that say something, those of inner records too; an empty record stays one."""
    return {
        each.name: _plain(value)
        for each in fields(record)
        if each.name != "vendor_id" and _says(each.name, value := getattr(record, each.name))
    }


def _says(name: str, value: Any) -> bool:
    if name in SECTIONS:
        return value is not None
    return value is not None and value not in ((), {})


def _plain(value: Any) -> Any:
    if isinstance(value, Company | Email | Phone | Location):
        return _known(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of what a question finds. `next` is where the next page begins, in a form that only this vendor reads.

    It is None on the last page, and means something only with the same question and size. `total` is None if the
    vendor does not count.
    """

    items: tuple[Item, ...]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one person, for vendors that know none of our ids: the marks that distinguish them from
    others."""

    contact_id: str
    email: str | None = None
    full_name: str | None = None
    linkedin_url: str | None = None
    company_domain: str | None = None


# --- Enrichment -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enriched:
    """What a vendor knows of one contact id. A section is None if it was not requested or there is no record."""

    contact_id: str
    pii: Mapping[str, str] | None = None
    emails: tuple[Email, ...] | None = None
    phones: tuple[Phone, ...] | None = None

    @property
    def found(self) -> tuple[Section, ...]:
        """Return the sections with a record."""
        return tuple(section for section in SECTIONS if getattr(self, section) is not None)


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What one call found, aligned with the requested ids; when, and under which id the vendor knows the call."""

    results: tuple[Enriched, ...]
    fetched_at: dt.datetime
    request_id: str | None = None


# --- The account ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account may still do, as the vendor reports it. `limit` and `left` are None if there is no limit."""

    name: str
    used: int
    limit: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a test found: what the account may do, its quotas, and which version of the vendor's API serves it."""

    may: tuple[str, ...]
    quotas: tuple[Quota, ...] = ()
    generation: str = ""
