"""Backstory's replies as the connector reads them. What we serve ourselves is `wire.backstory`."""

from pydantic import AliasChoices, Field

from contacthub.connectors.bulk import BulkState
from contacthub.connectors.tolerant import Big, Id, Maybe, Message, Moment, Small, read_word

STATES = {
    "queued": BulkState.QUEUED,
    "pending": BulkState.QUEUED,
    "running": BulkState.RUNNING,
    "completed": BulkState.COMPLETED,
    "canceled": BulkState.CANCELLED,
    "cancelled": BulkState.CANCELLED,
    "failed": BulkState.FAILED,
}


def read_state(word: str) -> BulkState:
    """Return what a state means. One that is not known is looked at again: an unknown state is not an end."""
    return read_word(word, STATES) or BulkState.RUNNING


class Token(Message):
    """A token. Its kind and its life may be left out."""

    access_token: str
    token_type: str | None = None
    expires_in: Maybe[float]


class Job(Message):
    """A job."""

    job_id: Id
    state: str
    job_created_time: Maybe[Moment]
    job_start_time: Maybe[Moment]
    job_end_time: Maybe[Moment]
    results_size: Maybe[Big]
    fragments: Maybe[Small]


class Contact(Message):
    """One row of a result."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    job_title: str | None = None
    department: str | None = None
    seniority: str | None = None
    country: str | None = None
    state: str | None = None
    account_name: str | None = None
    account_type: str | None = None
    account_domain: str | None = None
    account_crm_id: str | None = None
    source_peopleai_id: str | None = None
    response_activity_id: str | None = None
    source_email: str | None = None
    from_cc: Maybe[bool]
    total_inbound: Maybe[int]
    total_inbound_30d: Maybe[int]
    total_outbound: Maybe[int]
    total_outbound_30d: Maybe[int]
    total_meetings: Maybe[int]
    total_meetings_30d: Maybe[int]
    total_time_spent: Maybe[int]
    total_time_spent_30d: Maybe[int]


class Error(Message):
    """A failure: a code for programs, a sentence for people."""

    error: str = ""
    sentence: str = Field("", validation_alias=AliasChoices("message", "error_description"))
