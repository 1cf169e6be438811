"""Letrics: live search of contacts and companies, page by page.

Source: the vendor's API documentation ("Contacts", "Companies"); the messages are in `letrics_messages`.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import orjson

from contacthub.connectors import letrics_messages as messages
from contacthub.connectors import records
from contacthub.connectors.base import Capability, Connector, Credentials, Term
from contacthub.connectors.client import Client, FixedHeaders, Patience, Request
from contacthub.connectors.errors import VendorError
from contacthub.connectors.gate import Gate
from contacthub.connectors.questions import Parameter, as_list, encode, only_true
from contacthub.connectors.replies import Reply, broken, failure_of, parse
from contacthub.core.countries import country_name
from contacthub.core.errors import Invalid
from contacthub.wire.letrics import MOST_PER_PAGE

Found = TypeVar("Found", messages.ContactsReply, messages.CompaniesReply)
JSON = {"Content-Type": "application/json"}


def _places(locations: Iterable[tuple[str, str, str]]) -> list[str]:
    """Format places given as country, state and city."""
    return [_place(*location) for location in locations]


def _place(country: str, state: str = "", city: str = "") -> str:
    if city:
        return f"city:{city}||{state}||{country}"
    return f"state:{state}||{country}" if state else f"country:{country}"


def _countries(codes: Iterable[str]) -> list[str]:
    """Return the places of countries given by alpha-2 code; the vendor's document writes names."""
    return [_place(country_name(code)) for code in codes]


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


COMPANY_TABLE = {
    "created_from": Parameter("added_after", _moment),
    "created_until": Parameter("added_before", _moment),
    "locations": Parameter("locations", _places),
    "country_codes": Parameter("locations", _countries),
    "functions": Parameter("functions", as_list),
    "industries": Parameter("industries", as_list),
    "tlds": Parameter("tlds", as_list),
    "technologies": Parameter("technologies", as_list),
    "exclude_locations": Parameter("exclude_locations", _places),
    "exclude_country_codes": Parameter("exclude_locations", _countries),
    "exclude_functions": Parameter("exclude_functions", as_list),
    "exclude_industries": Parameter("exclude_industries", as_list),
    "exclude_tlds": Parameter("exclude_tlds", as_list),
    "exclude_technologies": Parameter("exclude_technologies", as_list),
}
CONTACT_TABLE = {
    "job_titles": Parameter("job_titles", as_list),
    "departments": Parameter("departments", as_list),
    "seniorities": Parameter("seniorities", as_list),
    "has_personal_email": Parameter("has_personal_emails", only_true),
    "has_linkedin": Parameter("has_linkedin_profile", only_true),
    "is_decision_maker": Parameter("is_decision_maker", only_true),
    "exclude_job_titles": Parameter("exclude_job_titles", as_list),
    "exclude_departments": Parameter("exclude_departments", as_list),
    "exclude_seniorities": Parameter("exclude_seniorities", as_list),
    "company.has_generic_email": Parameter("company_has_generic_email", only_true),
    "company.has_linkedin": Parameter("company_has_linkedin_profile", only_true),
    **{f"company.{name}": parameter for name, parameter in COMPANY_TABLE.items()},
}
# The records of its reply (`wire.letrics`).
COMPANY_CARRIES = frozenset(
    ("domain", "name", "tld", "industries", "functions", "technologies", "location", "linkedin_url", "created_at")
)  # fmt: skip
CONTACT_CARRIES = frozenset(
    (
        "full_name", "job_title", "department", "seniority", "is_decision_maker", "linkedin_url", "emails",
        "emails.type",
        *(f"company.{name}" for name in COMPANY_CARRIES),
    )
)  # fmt: skip


class Letrics(Connector):
    """An account at Letrics."""

    vendor = "letrics"
    label = "Letrics"
    default_base_url = "https://letrics.ai"
    terms = (Term("api_key", "API token", "From API tokens in Letrics' user settings."),)
    capabilities = Capability.CONTACT_SEARCH | Capability.COMPANY_SEARCH
    contact_table = CONTACT_TABLE
    company_table = COMPANY_TABLE
    contact_carries = CONTACT_CARRIES
    company_carries = COMPANY_CARRIES
    most_page_size = MOST_PER_PAGE

    def make_client(
        self, base_url: str, credentials: Credentials, gate: Gate, patience: Patience
    ) -> Client:
        """Return a client with the token as Bearer."""
        return Client(
            base_url=base_url,
            gate=gate,
            patience=patience,
            authorizer=FixedHeaders(Authorization=f"Bearer {credentials['api_key']}"),
            read_error=read_error,
        )

    def check(self) -> records.Standing:
        """Ask for one company."""
        page = self.search_companies({}, size=1)
        counted = () if page.total is None else (f"{page.total:,} companies",)
        return records.Standing(("Contact search", "Company search", *counted))

    def search_contacts(
        self, question: records.Question, *, position: str | None = None, size: int = 50
    ) -> records.Page[records.Contact]:
        """Read a page of contacts."""
        body = encode(CONTACT_TABLE, question, label=self.label)
        found = self._find("/api/contacts", messages.ContactsReply, body, position, size)
        return _page(tuple(map(_contact, found.data)), found.meta)

    def search_companies(
        self, question: records.Question, *, position: str | None = None, size: int = 50
    ) -> records.Page[records.Company]:
        """Read a page of companies."""
        body = encode(COMPANY_TABLE, question, label=self.label)
        found = self._find("/api/companies", messages.CompaniesReply, body, position, size)
        return _page(tuple(map(_company, found.data)), found.meta)

    def _find(
        self,
        path: str,
        message: type[Found],
        body: dict[str, Any],
        position: str | None,
        size: int,
    ) -> Found:
        page = _page_number(position)
        count: Callable[[Found], int] = lambda found: len(found.data)  # noqa: E731
        return self.client.call(
            Request(
                operation=f"search {path.rpartition('/')[2]}",
                method="POST",
                path=path,
                content=orjson.dumps(body | {"page": page, "per_page": size}),
                headers=JSON,
                read=partial(_read, message=message, page=page),
                count=count,
            )
        )


def _page_number(position: str | None) -> int:
    if position is None:
        return 1
    if not (position.isascii() and position.isdigit() and 1 <= len(position) <= 9):
        raise Invalid("This is not a Letrics page.", field="position")
    return int(position)


def _read(reply: Reply, *, message: type[Found], page: int) -> Found:
    found = parse(reply, message)
    if found.meta.page != page:
        raise broken("meta.page", "not the requested page", reply.body)
    return found


def read_error(reply: Reply) -> VendorError:
    """Return what a failure is: its sentences are the `details` of `errors`."""
    try:
        items = messages.Failure.model_validate_json(reply.body).errors
    except ValueError:
        return failure_of(reply)
    return failure_of(reply, vendor_says=" ".join(item.details for item in items))


# --- The vendor's words in ours -------------------------------------------------------------------

Item = TypeVar("Item")


def _page(items: tuple[Item, ...], meta: messages.Paging) -> records.Page[Item]:
    # A page without data is the last one, whatever the vendor counts: else a count that is too high never ends.
    # Where the pages are not counted, an empty one tells.
    has_more = bool(items) and (meta.total_pages is None or meta.page < meta.total_pages)
    return records.Page(items, str(meta.page + 1) if has_more else None, meta.total)


def _contact(found: messages.Contact) -> records.Contact:
    return records.Contact(
        vendor_id=found.id,
        first_name=found.first_name,
        last_name=found.last_name,
        full_name=found.full_name,
        job_title=found.job_title,
        department=found.department,
        seniority=found.seniority,
        is_decision_maker=found.is_decision_maker,
        linkedin_url=found.linkedin_url,
        emails=tuple(records.Email(email.email, type=email.type) for email in found.emails),
        company=_company(found.company) if found.company else None,
    )


def _company(found: messages.Company) -> records.Company:
    place = found.location
    return records.Company(
        vendor_id=found.id,
        domain=found.domain,
        name=found.name,
        tld=found.tld,
        industries=(found.industry,) if found.industry else (),
        functions=tuple(found.functions),
        technologies=tuple(found.technologies),
        location=records.Location(place.city, place.state, place.country) if place else None,
        linkedin_url=found.linkedin_url,
        created_at=found.created_at,
    )
