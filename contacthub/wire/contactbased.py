"""ContactBased API: requests and replies, field by field.

Source: the vendor's introduction to its Data APIs. What it does not say (row fields, error bodies, the page size) is
ContactHub's choice, see docs/protocols.md.
"""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from contacthub.wire.numbers import IN_ANY_FORM

MOST_IDS = 1000
MOST_ROWS = 2**63 - 1
FEED_ID = "3d0c2b5e-7f4a-4c7e-9d55-0a4f3c1b2a19"
JOB_ID = "b1a7c1de-52b8-4b0f-8a43-6f6f0f0f7a01"
EXPORT_ID = "9f8e7d6c-5b4a-4392-8170-1f2e3d4c5b6a"
CONTACT_ID = "id_3f2a8d1b9c0e5f47"


def _field(description: str, example: Any, pattern: str | None = None) -> Any:
    """Describe a value. The pattern is told, not checked: a wrong contact id is 400, pydantic's refusals are 422."""
    told: dict[str, Any] = {"pattern": pattern} if pattern else {}
    return Field(description=description, examples=[example], json_schema_extra=told)


FeedId = Annotated[UUID, _field("Id of a feed, see `GET /organization/feeds`.", FEED_ID)]
JobId = Annotated[UUID, Field(description="Id of a saved search.", examples=[JOB_ID])]
ExportId = Annotated[UUID, Field(description="Id of an export.", examples=[EXPORT_ID])]
LookbackDays = Annotated[
    StrictInt,
    Field(
        ge=1,
        description="Days of the window, which ends today (UTC) and includes it: 30 covers the last 30 days. "
        "At most the feed's cap.",
        examples=[30],
    ),
    IN_ANY_FORM,
]
ContactId = Annotated[
    str,
    _field(
        "`id_` and 16 lower-case hex digits; the legacy `cb_` form is accepted.",
        CONTACT_ID,
        "^(id|cb)_[0-9a-f]{16}$",
    ),
]
Section = Literal["pii", "emails", "phones"]
SECTIONS: tuple[Section, ...] = ("pii", "emails", "phones")
Include = Annotated[
    str,
    _field(
        "Sections, separated by commas: pii, emails, phones. All three when left out.",
        "pii,emails",
        "^ *(pii|emails|phones) *(, *(pii|emails|phones) *)*$",
    ),
]


class Message(BaseModel):
    """A message; names it does not know are ignored."""

    model_config = ConfigDict(extra="ignore")


class WindowRequest(Message):
    """Body of preview and search."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"feed_id": FEED_ID, "lookback_days": 30}]}
    )

    feed_id: FeedId
    lookback_days: LookbackDays
    include_daily_counts: StrictBool = Field(False, description="Whether to count each day.")


class DailyCount(Message):
    """Records observed on one UTC day."""

    date: dt.date
    count: int = Field(ge=0)


class Window(Message):
    """What a window holds. `total_records` is the sum of the other two counts."""

    feed_id: FeedId
    lookback_days: int
    start_date: dt.date
    end_date: dt.date
    total_records: int = Field(ge=0)
    records_with_contact_id: int = Field(
        ge=0, description="The rows of an export with `require_contact_id`."
    )
    records_without_contact_id: int = Field(ge=0)


class Preview(Window):
    """Reply of preview. Nothing is saved."""

    daily_counts: list[DailyCount] | None = Field(
        description="One entry a day, days without records included; null unless asked for."
    )


class SearchReply(Preview):
    """Reply of search: a saved search, to be exported any number of times."""

    job_id: JobId
    created_at: AwareDatetime


class SavedSearch(Window):
    """A saved search in a list."""

    job_id: JobId
    created_at: AwareDatetime


class SavedSearches(Message):
    """Saved searches of a feed, newest first."""

    jobs: list[SavedSearch]


class ExportOptions(Message):
    """What an export holds."""

    get_pii: StrictBool = Field(False, description="Name, address and demographics on every row.")
    include_business_info: StrictBool = Field(
        False, description="LinkedIn, title, seniority on every row."
    )
    require_contact_id: StrictBool = Field(
        False, description="Only rows that resolved to a contact."
    )
    max_rows: Annotated[StrictInt, Field(ge=1, le=MOST_ROWS), IN_ANY_FORM] | None = Field(
        None, description="At most so many rows, the newest ones."
    )


class ExportOfWindow(ExportOptions):
    """An export of a fresh window, which saves a search of its own."""

    feed_id: FeedId
    lookback_days: LookbackDays


class ExportOfSearch(ExportOptions):
    """An export of a saved search."""

    job_id: JobId


class CreateExport(ExportOptions):
    """Either `job_id`, or `feed_id` with `lookback_days`, which saves a search of its own."""

    feed_id: FeedId | None = None
    lookback_days: LookbackDays | None = None
    job_id: JobId | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the two bodies as objects of their own, which is what generators of clients understand."""
        kinds = (ExportOfSearch, ExportOfWindow)
        return {
            "title": cls.__name__,
            "description": cls.__doc__,
            "oneOf": [handler(kind.__pydantic_core_schema__) for kind in kinds],
            "examples": [
                {"job_id": JOB_ID, "require_contact_id": True, "max_rows": 1000},
                {"feed_id": FEED_ID, "lookback_days": 30},
            ],
        }

    @model_validator(mode="after")
    def check_source(self) -> "CreateExport":
        """Refuse a body that names both sources, or neither."""
        is_window = self.feed_id is not None or self.lookback_days is not None
        if is_window == (self.job_id is not None):
            raise ValueError("Give either job_id, or feed_id and lookback_days.")
        if is_window and (self.feed_id is None or self.lookback_days is None):
            raise ValueError("A fresh window needs both feed_id and lookback_days.")
        return self


class ExportSummary(Message):
    """An export. It is ready when create returns."""

    export_id: ExportId
    feed_id: FeedId
    job_id: JobId
    lookback_days: int
    start_date: dt.date
    end_date: dt.date
    total_rows: int = Field(ge=0)
    total_pages: int = Field(ge=0)
    page_size: int = Field(ge=1)
    get_pii: bool
    include_business_info: bool
    require_contact_id: bool
    max_rows: int | None
    created_at: AwareDatetime


class ExportSummaries(Message):
    """Exports, newest first."""

    exports: list[ExportSummary]


class PageRequest(Message):
    """Body of a page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"export_id": EXPORT_ID, "page": 1}]})

    export_id: ExportId
    page: Annotated[
        StrictInt, Field(ge=1, description="1 … `total_pages`.", examples=[1]), IN_ANY_FORM
    ]


class ExportRequest(Message):
    """Body of get."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"export_id": EXPORT_ID}]})

    export_id: ExportId


class ListExports(Message):
    """Body of list: both filters may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"feed_id": FEED_ID}, {}]})

    feed_id: FeedId | None = None
    job_id: JobId | None = None


class Row(BaseModel):
    """A row of an export. The fields of an option that was not asked for are absent, not null."""

    model_config = ConfigDict(extra="forbid")

    contact_id: str | None
    domain: str
    topic: str
    observed_date: dt.date
    company_name: str | None
    industry: str | None
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


class Page(Message):
    """A page of an export: the same rows in the same order for the life of the export."""

    export_id: ExportId
    page: int
    page_size: int
    total_rows: int
    total_pages: int
    rows: list[Row]


class FeedEntry(Message):
    """A feed the organization may use, with its limits."""

    feed_id: FeedId
    description: str
    pii_enabled: bool
    business_info_enabled: bool
    lookback_days: int = Field(ge=1, description="The most days a window may have.")
    export_row_limit: int | None = Field(description="Quota cap; null when uncapped.")
    export_rows_used: int = Field(ge=0)
    export_rows_remaining: int | None = Field(description="What is left; null when uncapped.")


class FeedEntries(Message):
    """The organization's feeds."""

    feeds: list[FeedEntry]


class Pii(Message):
    """Demographic and postal fields of a contact."""

    contact_id: str
    first_name: str | None
    last_name: str | None
    gender: str | None
    age_range: str | None
    address: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None


class EmailObservation(Message):
    """An address; the hashes are of its lower-case, trimmed form, in lower-case hex."""

    email: str
    md5: str
    sha1: str
    sha256: str
    first_seen: dt.date | None
    last_seen: dt.date | None
    observations: int | None


class PhoneObservation(Message):
    """A phone number, `+` and digits."""

    phone: str
    type: str | None
    first_seen: dt.date | None
    last_seen: dt.date | None
    observations: int | None


class Envelope(Message):
    """What is known of a contact. A section is null where it was not asked for or has no record."""

    contact_id: str
    found_sections: int = Field(ge=0, le=3)
    pii: Pii | None
    emails: list[EmailObservation] | None
    phones: list[PhoneObservation] | None


class BatchRequest(Message):
    """Up to 1,000 contact ids."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"contact_ids": [CONTACT_ID]}]})

    contact_ids: list[ContactId] = Field(
        min_length=1,
        description=f"At most {MOST_IDS:,}; more are 413.",
        examples=[[CONTACT_ID]],
        json_schema_extra={"maxItems": MOST_IDS},
    )
    include: list[str] | None = Field(
        None,
        description="Sections; all three when left out. A name that is none of them is 400.",
        examples=[["pii", "emails"]],
    )


class Envelopes(Message):
    """Aligned by index with `contact_ids`."""

    results: list[Envelope]


class Reason(Message):
    """Why one value cannot be used."""

    loc: list[str | int]
    msg: str
    type: str


class Error(Message):
    """Every failure: a sentence, and for 422 one entry for each value that cannot be used."""

    detail: str | list[Reason]


def error_body(detail: str | list[dict[str, Any]]) -> dict[str, Any]:
    """Return the body of a failure."""
    return {"detail": detail}
