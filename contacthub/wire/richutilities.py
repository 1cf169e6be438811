"""Rich Utilities, Nordic contacts: parameters and replies, field by field.

Source: the vendor's API reference ("Contacts API"). What it does not say (envelope, errors, the default sort, the
cursor) is ContactHub's choice, see docs/protocols.md.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)

from contacthub.core.countries import find_country

MOST_LIMIT = 100
MOST_NUMBER = 2**53 - 1
MOST_LENGTH, MOST_VALUES = 200, 1000
MOST_CURSOR_LENGTH = 2000

Source = Literal["website", "linkedin", "facebook", "twitter", "manual"]
SeniorityLevel = Literal["executive", "senior", "manager", "staff"]
EmailStatus = Literal["valid", "catch_all", "pending", "invalid"]
SortBy = Literal["quality_score", "confidence", "created_at", "full_name"]
SortOrder = Literal["asc", "desc"]


def check_country(code: str) -> str:
    """Return a country code in capitals. Raises `ValueError` where no country has it."""
    found = find_country(code)
    if found is None:
        raise ValueError(f"There is no country with the code {code}.")
    return found


Number = Annotated[StrictInt, Field(ge=1, le=MOST_NUMBER)]
Numbers = Annotated[list[Number], Field(max_length=MOST_VALUES)]
# The pattern comes first: only of its letters are capitals what they seem (ß would be SS).
Section = Annotated[str, Field(pattern="^[A-Ua-u]$"), AfterValidator(str.upper)]
CountryCode = Annotated[str, Field(pattern="^[A-Za-z]{2}$"), AfterValidator(check_country)]
CountryCodes = Annotated[list[CountryCode], Field(max_length=MOST_VALUES)]
Level = Annotated[StrictInt, Field(ge=1, le=5)]
Text = Annotated[str, Field(max_length=MOST_LENGTH)]
Score = Annotated[StrictInt, Field(ge=0, le=100)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]

LIST = "Separated by commas, or the parameter several times."


class ContactsQuery(BaseModel):
    """Which contacts. All parameters must hold; in a list one value suffices; unknown parameters are ignored."""

    model_config = ConfigDict(extra="ignore")

    company_id: Number | None = Field(None, description="Contacts of this company.")
    q: Text | None = Field(
        None, description="Part of the name or the e-mail address.", examples=["solheim"]
    )
    source: Source | None = Field(None, description="Where the contact was found.")
    verified: StrictBool | None = Field(
        None, description="True: only verified; false: only others."
    )
    has_email: StrictBool | None = Field(None, description="With, or without, an e-mail address.")
    has_phone: StrictBool | None = Field(None, description="With, or without, a phone number.")
    department: Text | None = Field(
        None, description="Department, whatever the case.", examples=["Sales"]
    )
    job_title: Text | None = Field(
        None, description="Part of the job title, whatever the case.", examples=["engineer"]
    )
    seniority_level: SeniorityLevel | None = Field(None, description="Seniority.")
    min_quality_score: Score | None = Field(None, description="This quality score or a higher one.")
    max_quality_score: Score | None = Field(None, description="This quality score or a lower one.")
    min_confidence: Ratio | None = Field(None, description="This confidence or a higher one.")
    max_confidence: Ratio | None = Field(None, description="This confidence or a lower one.")
    email_status: EmailStatus | None = Field(
        None, description="What the last check of the address found."
    )
    exclude_stale: StrictBool = Field(True, description="Leave out outdated contacts.")
    exclude_speculative: StrictBool = Field(True, description="Leave out inferred contacts.")
    industry_id: Numbers = Field([], description=f"Industries of the company, by id. {LIST}")
    industry_section: Annotated[list[Section], Field(max_length=MOST_VALUES)] = Field(
        [],
        description=f"NACE Rev. 2 sections A to U of the company. {LIST}",
        examples=[["J", "K"]],
    )
    industry_level: Annotated[list[Level], Field(max_length=MOST_VALUES)] = Field(
        [],
        description=f"NACE levels of the company's industries: 1 section … 5 national. {LIST}",
    )
    country_code: CountryCodes = Field(
        [], description=f"Countries of the company, ISO 3166-1 alpha-2. {LIST}", examples=[["NO"]]
    )
    exclude_industry_id: Numbers = Field([], description=f"Not of these industries. {LIST}")
    exclude_country_code: CountryCodes = Field([], description=f"Not in these countries. {LIST}")
    sort_by: SortBy = Field("quality_score", description="What to sort by; ties by id.")
    sort_order: SortOrder = Field("desc", description="Descending, or ascending.")
    cursor: Annotated[str, Field(max_length=MOST_CURSOR_LENGTH)] | None = Field(
        None,
        description="`next_cursor` of the page before, with the same sort. It does not hold the filters: repeat them.",
    )
    limit: StrictInt = Field(50, ge=1, le=MOST_LIMIT, description="Contacts per page.")

    @field_validator("max_quality_score", "max_confidence")
    @classmethod
    def check_range(cls, most: float | None, info: ValidationInfo) -> float | None:
        """Refuse a range that holds nothing."""
        least = info.data.get(str(info.field_name).replace("max_", "min_"))
        if most is not None and least is not None and least > most:
            raise ValueError(f"The maximum {most} is below the minimum {least}.")
        return most


class Contact(BaseModel):
    """A contact: 18 fields, none of them ever absent."""

    model_config = ConfigDict(extra="ignore")

    id: int
    company_id: int | None
    full_name: str
    job_title: str | None
    email: str | None
    phone: str | None
    source: Source
    source_url: str | None
    verified: bool
    seniority_level: SeniorityLevel | None
    email_status: EmailStatus | None
    department: str | None
    quality_score: int = Field(ge=0, le=100)
    confidence: float = Field(ge=0, le=1)
    is_stale: bool
    is_speculative: bool
    created_at: dt.datetime
    updated_at: dt.datetime


class Pagination(BaseModel):
    """Where the page ends."""

    limit: int
    has_more: bool
    next_cursor: str | None = Field(description="Null exactly where `has_more` is false.")


class ContactsReply(BaseModel):
    """A page of contacts."""

    data: list[Contact]
    pagination: Pagination


class Reason(BaseModel):
    """What is wrong, and with which parameter where it is one."""

    code: str
    message: str
    parameter: str | None


class Failure(BaseModel):
    """Every failure."""

    error: Reason


def reply_body(
    data: Sequence[dict[str, Any]], *, limit: int, next_cursor: str | None
) -> dict[str, Any]:
    """Return the body of a page."""
    paging = {"limit": limit, "has_more": next_cursor is not None, "next_cursor": next_cursor}
    return {"data": data, "pagination": paging}


def failure_body(code: str, message: str, parameter: str | None) -> dict[str, Any]:
    """Return the body of a failure."""
    return {"error": {"code": code, "message": message, "parameter": parameter}}
