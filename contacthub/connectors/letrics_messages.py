"""Letrics' replies as the connector reads them. What we serve ourselves is `wire.letrics`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from contacthub.connectors.tolerant import Big, Flag, Id, Items, Maybe, Message, Moment


class Place(Message):
    """Where a company is."""

    city: str | None = None
    state: str | None = None
    country: str | None = None


class Company(Message):
    """A company."""

    id: Id
    name: str | None = None
    domain: str | None = None
    tld: str | None = None
    industry: str | None = None
    functions: Items[str] = []
    technologies: Items[str] = []
    location: Maybe[Place]
    linkedin_url: str | None = None
    created_at: Maybe[Moment]


def _as_object(value: Any) -> Any:
    return {"email": value} if isinstance(value, str) else value


class Email(Message):
    """An address of a contact."""

    email: str
    type: str | None = None


class Contact(Message):
    """A contact with its addresses and its company."""

    id: Id
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    job_title: str | None = None
    department: str | None = None
    seniority: str | None = None
    is_decision_maker: Flag = False
    emails: Items[Annotated[Email, BeforeValidator(_as_object)]] = []
    linkedin_url: str | None = None
    company: Company | None = None


class Paging(Message):
    """Which page of how many; None if a count is left out."""

    page: Big
    total: Maybe[Big]
    total_pages: Maybe[Big]


class ErrorItem(Message):
    """One thing that made a request fail."""

    details: str = ""


class ContactsReply(Message):
    """A page of contacts."""

    data: Items[Contact]
    meta: Paging
    errors: Annotated[Items[ErrorItem], Field(max_length=0)] = []


class CompaniesReply(Message):
    """A page of companies."""

    data: Items[Company]
    meta: Paging
    errors: Annotated[Items[ErrorItem], Field(max_length=0)] = []


class Failure(Message):
    """Every failure."""

    errors: Annotated[list[ErrorItem], Field(min_length=1)]
