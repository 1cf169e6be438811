"""Backstory (People.ai), Enriched Contacts: requests, replies and records, field by field.

Source: the vendor's "Enriched Contacts API", "Authentication", "Bulk APIs" and "Enriched Contacts Schema". What these
do not say (error codes, the shape of JSON files) is ContactHub's choice, see docs/protocols.md.
"""

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    WithJsonSchema,
)

from contacthub.core.countries import country_name, find_country

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = "%Y-%m-%dT%H:%M:%SZ"
TOKEN_SECONDS = 7200
MOST_PLACE_LENGTH = 200
JOB_ID = "5f0c2a9e-31f4-4a55-9a53-0d5f7d9f2c11"

State = Literal["Queued", "Running", "Completed", "Canceled", "Failed"]
OutputFormat = Literal["CSV", "JSON"]


def _read_day(value: object) -> dt.date:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError("a day is written yyyy-mm-dd")
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("there is no such day") from error


Day = Annotated[
    dt.date,
    BeforeValidator(_read_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}),
]


def _read_country(text: str) -> str:
    if not text.strip():
        return text
    code = find_country(text)
    if code is None:
        raise ValueError("there is no such country; write it like United States")
    return country_name(code)


Country = Annotated[StrictStr, Field(max_length=MOST_PLACE_LENGTH), AfterValidator(_read_country)]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", description="In UTC.")
]
JobId = Annotated[str, Field(description="Id of a job.", examples=[JOB_ID])]


class Message(BaseModel):
    """A message; names it does not know are ignored."""

    model_config = ConfigDict(extra="ignore")


class CreateJob(Message):
    """Which contacts to extract, by the day on which they were created, both days included, in UTC."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "start_date": "2026-10-01",
                    "end_date": "2026-10-31",
                    "output_format": "JSON",
                    "include_historical": True,
                }
            ]
        }
    )

    start_date: Day = Field(description="From 0:00 of this day.", examples=["2026-10-01"])
    end_date: Day = Field(
        description="To the end of this day, at most 366 days after the start.",
        examples=["2026-10-31"],
    )
    output_format: OutputFormat = "CSV"
    include_historical: StrictBool = Field(
        False, description="Whether to include contacts without an account and an opportunity."
    )
    include_existing: StrictBool = Field(
        False, description="Whether to include contacts that exist in the CRM."
    )
    is_sourced_by_people_ai: StrictBool = Field(
        False, description="Only contacts that the vendor created."
    )
    country: Country | None = Field(
        None, examples=["United States"], description="In any case, or its ISO 3166-1 code."
    )
    state: StrictStr | None = Field(
        None, max_length=MOST_PLACE_LENGTH, examples=["New York"], description="In any case."
    )


class Job(Message):
    """A job. What is not known yet is null."""

    job_id: JobId
    state: State
    output_format: OutputFormat
    job_created_time: Moment
    job_start_time: Moment | None = Field(description="When the work began.")
    job_end_time: Moment | None = Field(description="When it ended in any form.")
    results_size: int | None = Field(ge=0, description="Bytes of the whole file.")
    fragments: int | None = Field(ge=1, description="Parts that can be retrieved one by one.")


class TokenRequest(Message):
    """A form: the public id of a key, and the key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "client_credentials",
                    "client_id": "7Qm2vX9dTe",
                    "client_secret": "chub_live_7Qm2vX9dTe_…",
                }
            ]
        }
    )

    grant_type: Literal["client_credentials"]
    client_id: str = Field(description="Public id of a key.", examples=["7Qm2vX9dTe"])
    client_secret: str = Field(description="The whole key.", examples=["chub_live_7Qm2vX9dTe_…"])


class Token(Message):
    """A token for `Authorization: Bearer`. Asking again gives another; this one stays valid to its end."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(ge=0, le=TOKEN_SECONDS, description="Seconds left.")


class Contact(Message):
    """One row of a result, in this order."""

    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    job_title: str | None
    department: str | None
    seniority: str | None
    country: str | None
    state: str | None = Field(description="Of the United States only.")
    account_name: str | None
    account_type: str | None
    account_domain: str | None
    account_crm_id: str | None
    source_peopleai_id: str | None
    response_activity_id: str | None
    source_email: str | None
    from_cc: bool | None
    total_inbound: int | None
    total_inbound_30d: int | None
    total_outbound: int | None
    total_outbound_30d: int | None
    total_meetings: int | None
    total_meetings_30d: int | None
    total_time_spent: int | None = Field(description="Seconds.")
    total_time_spent_30d: int | None = Field(description="Seconds.")


class Error(Message):
    """A failure: a code for programs, a sentence for people."""

    error: str = Field(examples=["invalid_request"])
    message: str
    error_description: str | None = Field(
        None, description="The same sentence, from the token endpoint only (RFC 6749 §5.2)."
    )


def token_error_body(code: str, message: str) -> dict[str, Any]:
    """Return the body of a failure of the token endpoint, for clients of OAuth as well."""
    return {"error": code, "error_description": message, "message": message}


def error_body(code: str, message: str) -> dict[str, Any]:
    """Return the body of a failure."""
    return {"error": code, "message": message}
