"""Rich Utilities' replies as the connector reads them. What we serve ourselves is `wire.richutilities`."""

from typing import Annotated

from pydantic import Field

from contacthub.connectors.tolerant import Flag, Id, Items, Maybe, Message, Moment
from contacthub.wire.richutilities import EmailStatus, SeniorityLevel, Source


class Contact(Message):
    """A contact. A word that is not in the vendor's own lists is ignored."""

    id: Id
    company_id: Maybe[Id]
    full_name: str | None = None
    job_title: str | None = None
    email: str | None = None
    phone: str | None = None
    source: Maybe[Source]
    source_url: str | None = None
    verified: Maybe[bool]
    seniority_level: Maybe[SeniorityLevel]
    email_status: Maybe[EmailStatus]
    department: str | None = None
    quality_score: Maybe[Annotated[int, Field(ge=0, le=100)]]
    confidence: Maybe[Annotated[float, Field(ge=0, le=1)]]
    is_stale: Maybe[bool]
    is_speculative: Maybe[bool]
    created_at: Maybe[Moment]
    updated_at: Maybe[Moment]


class Pagination(Message):
    """Where the page ends."""

    has_more: Flag
    next_cursor: str | None = None


class ContactsReply(Message):
    """A page of contacts."""

    data: Items[Contact]
    pagination: Pagination


class Reason(Message):
    """What is wrong."""

    message: str = ""


class Failure(Message):
    """Every failure."""

    error: Reason
