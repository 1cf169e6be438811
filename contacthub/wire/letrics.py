"""Letrics: requests and replies, field by field.

Source: the vendor's API documentation ("Contacts", "Companies"); the names of its newer revision (`exclude_…`,
`has_personal_email`, `company_has_…`) are taken too. What it does not say (paths, records, totals, limits of lists) is
ContactHub's choice, see docs/protocols.md.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
)

from contacthub.core.countries import find_country
from contacthub.wire.numbers import IN_ANY_FORM

FIRST_PAGE, PER_PAGE, MOST_PER_PAGE = 1, 25, 100
# Far beyond every catalog; a page times its size still is a number that databases take.
MOST_PAGE = 10**9
MOST_TITLES, MOST_VALUES = 100, 1000
MOST_LENGTH = 500

# --- Kinds of values ------------------------------------------------------------------------------

MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+ -]\d\d:?\d\d)?", re.ASCII
)
WORD_PATTERN = r"\S"
PLACE_PARTS = {"city": 3, "state": 2, "country": 1}
PART = r"[^|]*[^|\s][^|]*"
PLACE_PATTERN = rf"^(city:{PART}\|\|({PART})?\|\|{PART}|state:{PART}\|\|{PART}|country:{PART})$"
TLD = re.compile(r"\.?[^\s.@/:]+(\.[^\s.@/:]+)*")
TLD_PATTERN = r"^\.?[^\s.@/:]+(\.[^\s.@/:]+)*$"


class Place(NamedTuple):
    """Where a company is; None is a part that does not matter."""

    city: str | None
    state: str | None
    country: str


def parse_place(text: str) -> Place:
    """Return the place of `city:…||…||…`, `state:…||…` or `country:…`. Raises `ValueError` for anything else."""
    kind, _, rest = text.partition(":")
    parts = [part.strip() for part in rest.split("||")]
    if len(parts) != PLACE_PARTS.get(kind):
        raise ValueError(
            "Write city:<city>||<state>||<country>, state:<state>||<country> or country:<country>."
        )
    # Only the state of a city may be left open.
    if any(not part for place, part in enumerate(parts) if (kind, place) != ("city", 1)):
        raise ValueError("Only the state of a city may be empty: city:London||||United Kingdom.")
    if any("|" in part for part in parts):
        raise ValueError("The parts are separated by two bars (||) and hold none themselves.")
    city, state, country = [None] * (3 - len(parts)) + [part or None for part in parts]
    return Place(city, state, country or "")


def check_word(text: str) -> str:
    """Return a text as it came. Raises `ValueError` where there is nothing in it."""
    if not re.search(WORD_PATTERN, text):
        raise ValueError("Write some text, or leave the field out.")
    return text


def check_place(text: str) -> str:
    """Return a location as it came. Raises `ValueError` where it is none, or where there is no such country."""
    place = parse_place(text)
    if find_country(place.country) is None:
        raise ValueError(f"There is no country “{place.country}”. Write it like United Kingdom.")
    return text


def check_tld(text: str) -> str:
    """Return a top-level domain in lower case, without the dot in front. Raises `ValueError` where it is none."""
    if not TLD.fullmatch(text):
        raise ValueError("Write a top-level domain such as no, .no or co.uk.")
    return text.removeprefix(".").lower()


def read_moment(value: object) -> object:
    """Return a time of ISO 8601 in UTC, which is also the zone of a time that names none. Numbers raise `ValueError`.

    A space before the offset is the plus sign of a query that was not escaped.
    """
    if isinstance(value, dt.datetime | None):
        return value
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise ValueError("Write a UTC time of ISO 8601: 2026-01-31T00:00:00Z.")
    try:
        moment = dt.datetime.fromisoformat(value.upper().replace(" ", "+"))
        if moment.tzinfo is None:
            # The document asks for times in UTC, and many clients leave the zone out.
            return moment.replace(tzinfo=dt.UTC)
        # Offsets go up to a day here and not as far in databases.
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"There is no such time: {error}.") from error


Word = Annotated[
    str,
    StringConstraints(strict=True, max_length=MOST_LENGTH),
    AfterValidator(check_word),
    Field(json_schema_extra={"pattern": WORD_PATTERN, "examples": ["Sales"]}),
]
Location = Annotated[
    str,
    StringConstraints(strict=True, max_length=MOST_LENGTH),
    AfterValidator(check_place),
    Field(json_schema_extra={"pattern": PLACE_PATTERN, "examples": ["country:Norway"]}),
]
Tld = Annotated[
    str,
    StringConstraints(strict=True, max_length=100),
    AfterValidator(check_tld),
    Field(json_schema_extra={"pattern": TLD_PATTERN, "examples": ["no"]}),
]
Moment = Annotated[dt.datetime, BeforeValidator(read_moment, json_schema_input_type=dt.datetime)]
Words = Annotated[list[Word], Field(max_length=MOST_VALUES)]
Titles = Annotated[list[Word], Field(max_length=MOST_TITLES)]
Locations = Annotated[list[Location], Field(max_length=MOST_VALUES)]
Tlds = Annotated[list[Tld], Field(max_length=MOST_VALUES)]


class Message(BaseModel):
    """A reply; names it does not know are ignored."""

    model_config = ConfigDict(extra="ignore")


# --- Requests -------------------------------------------------------------------------------------


class CompaniesRequest(BaseModel):
    """Which companies. All fields must hold; in a list one value suffices; null and `[]` filter nothing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"tlds": ["no", "se"], "page": 1, "per_page": 25}]},
    )

    added_after: Moment | None = Field(
        None,
        description="The company was created at this time (UTC, ISO 8601) or later.",
        examples=["2026-01-31T00:00:00Z"],
    )
    added_before: Moment | None = Field(
        None, description="The company was created at this time (UTC, ISO 8601) or before."
    )
    locations: Locations | None = Field(
        None,
        description="Where the company is, whatever the case; the state of a city may be empty.",
        examples=[["city:San Francisco||California||United States", "country:Brazil"]],
    )
    functions: Words | None = Field(None, description="Functions of the company, exactly.")
    industries: Words | None = Field(None, description="Industries of the company, exactly.")
    tlds: Tlds | None = Field(
        None,
        description="The company's top-level domain, with or without the dot.",
        examples=[["no", ".co.uk"]],
    )
    technologies: Words | None = Field(
        None, description="The company uses at least one of these technologies."
    )
    exclude_locations: Locations | None = Field(None, description="Not there.")
    exclude_functions: Words | None = Field(None, description="Without these functions.")
    exclude_industries: Words | None = Field(None, description="Not of these industries.")
    exclude_tlds: Tlds | None = Field(None, description="Not with these top-level domains.")
    exclude_technologies: Words | None = Field(None, description="Using none of these.")
    page: Annotated[StrictInt, Field(ge=1, le=MOST_PAGE), IN_ANY_FORM] | None = Field(
        FIRST_PAGE, description="Page number; beyond the last one there is no data."
    )
    per_page: Annotated[StrictInt, Field(ge=1, le=MOST_PER_PAGE), IN_ANY_FORM] | None = Field(
        PER_PAGE, description=f"Page size, at most {MOST_PER_PAGE}."
    )

    @property
    def page_number(self) -> int:
        """Return the page, which null leaves open."""
        return self.page or FIRST_PAGE

    @property
    def page_size(self) -> int:
        """Return the size of a page, which null leaves open."""
        return self.per_page or PER_PAGE


class ContactsRequest(CompaniesRequest):
    """Which contacts, by what they are and by their company. False filters nothing, as null does."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"job_titles": ["manager"], "locations": ["country:Norway"], "page": 1}]
        }
    )

    job_titles: Titles | None = Field(
        None,
        description="Parts of job titles, whatever the case: `manager` finds `Finance Manager`.",
        examples=[["manager"]],
    )
    departments: Words | None = Field(None, description="Departments, exactly.")
    seniorities: Words | None = Field(None, description="Seniorities, exactly.")
    has_personal_emails: StrictBool | None = Field(
        None, description="Only contacts with a personal e-mail address."
    )
    has_personal_email: StrictBool | None = Field(
        None, description="Another name of `has_personal_emails`."
    )
    has_linkedin_profile: StrictBool | None = Field(
        None, description="Only contacts with a LinkedIn profile."
    )
    is_decision_maker: StrictBool | None = Field(None, description="Only decision makers.")
    company_has_generic_email: StrictBool | None = Field(
        None, description="Only contacts of companies with an address such as info@."
    )
    company_has_linkedin_profile: StrictBool | None = Field(
        None, description="Only contacts of companies with a LinkedIn profile."
    )
    exclude_job_titles: Titles | None = Field(None, description="Without these in the title.")
    exclude_departments: Words | None = Field(None, description="Not in these departments.")
    exclude_seniorities: Words | None = Field(None, description="Not of these seniorities.")


# --- Replies --------------------------------------------------------------------------------------


class CompanyLocation(Message):
    """Where a company is."""

    city: str | None
    state: str | None
    country: str | None


class Company(Message):
    """A company."""

    id: int
    name: str | None
    domain: str | None
    tld: str | None
    industry: str | None = Field(description="The first of its industries.")
    functions: list[str]
    technologies: list[str]
    location: CompanyLocation
    linkedin_url: str | None
    created_at: dt.datetime


class Email(Message):
    """An address of a contact. `type` is work or personal; null where no source says which."""

    email: str
    type: str | None


class Contact(Message):
    """A contact with its addresses and its company."""

    id: int
    first_name: str | None
    last_name: str | None
    full_name: str | None
    job_title: str | None
    department: str | None
    seniority: str | None
    is_decision_maker: bool
    emails: list[Email]
    linkedin_url: str | None
    company: Company | None


class Paging(Message):
    """The request, as understood: which page of how many."""

    page: int
    per_page: int
    total: int = Field(ge=0)
    total_pages: int = Field(ge=0)


class ErrorItem(Message):
    """One thing that made a request fail: a stable id, the HTTP status, and how to mend it."""

    id: str
    code: int
    details: str


class ContactsReply(Message):
    """A page of contacts, by ascending id."""

    data: list[Contact]
    meta: Paging
    errors: list[ErrorItem] = Field(max_length=0)


class CompaniesReply(Message):
    """A page of companies, by ascending id."""

    data: list[Company]
    meta: Paging
    errors: list[ErrorItem] = Field(max_length=0)


class Nothing(Message):
    """An object without members."""


class Failure(Message):
    """Every failure: no data, and one item for each field that cannot be used."""

    data: None
    meta: Nothing
    errors: list[ErrorItem] = Field(min_length=1)


def reply_body(
    data: Sequence[dict[str, Any]], *, page: int, per_page: int, total: int
) -> dict[str, Any]:
    """Return the body of a page. `total` counts what the whole request finds."""
    pages = -(-total // per_page)
    meta = {"page": page, "per_page": per_page, "total": total, "total_pages": pages}
    return {"data": data, "meta": meta, "errors": []}


def failure_body(error_id: str, code: int, details: Sequence[str]) -> dict[str, Any]:
    """Return the body of a failure with one item for each sentence of `details`."""
    items = [{"id": error_id, "code": code, "details": sentence} for sentence in details]
    return {"data": None, "meta": {}, "errors": items}
