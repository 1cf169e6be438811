"""ContactBased's replies as the connector reads them, of both generations. What we serve is `wire.contactbased`.

The earlier generation lists all feeds at once and has each export ready when it is made. The later one ("ContactBased
Data APIs" of 2026) lists feeds in pages, has one pool of record credits for all feeds, and makes exports while their
status is `building`. Its documents show few fields; other usual names of the same thing are taken, too.
"""

from enum import StrEnum
from typing import Annotated, Any

import orjson
from pydantic import AliasChoices, BeforeValidator, Field

from contacthub.connectors.records import Quota
from contacthub.connectors.tolerant import (
    Big,
    Day,
    Flag,
    Id,
    Items,
    Maybe,
    Message,
    Moment,
    read_word,
)


class Generation(StrEnum):
    """Which of the vendor's documents an account is served by, in words for people."""

    EARLIER = "First generation: all feeds at once, exports ready when made"
    LATER = "Second generation: paged feeds, record credits, exports built in the background"


def _names(*names: str) -> Any:
    return Field(validation_alias=AliasChoices(*names))


def _optional(*names: str) -> Any:
    return Field(None, validation_alias=AliasChoices(*names))


# --- Feeds ----------------------------------------------------------------------------------------


class Paging(Message):
    """Which page of how many, as far as it is said."""

    page: Maybe[Big]
    page_size: Annotated[Maybe[Big], _optional("page_size", "per_page", "limit")]
    total: Annotated[Maybe[Big], _optional("total", "total_count", "total_items", "count")]
    total_pages: Annotated[Maybe[Big], _optional("total_pages", "pages")]
    has_more: Annotated[Maybe[bool], _optional("has_more", "has_next")]
    next_page: Maybe[Big]

    @property
    def is_said(self) -> bool:
        """Return whether the reply says anything about pages."""
        return any(value is not None for _, value in self)

    def has_next(self, number: int, here: int) -> bool:
        """Return whether there are more pages behind page `number`, with which `here` items are here."""
        if self.has_more is not None:
            return self.has_more
        if self.total_pages is not None:
            return number < self.total_pages
        if self.total is not None:
            return here < self.total
        return self.next_page is not None and self.next_page > number


class FeedEntry(Message):
    """A feed the organization may use, with its limits."""

    feed_id: Annotated[Id, _names("feed_id", "id")]
    description: Annotated[str | None, _optional("description", "name", "title")]
    pii_enabled: Annotated[Flag, _optional("pii_enabled", "get_pii")]
    business_info_enabled: Annotated[
        Flag, _optional("business_info_enabled", "include_business_info")
    ]
    lookback_days: Annotated[
        int | None, _optional("lookback_days", "max_lookback_days", "lookback_days_cap")
    ]
    export_row_limit: int | None = None
    export_rows_used: int | None = None
    export_rows_remaining: int | None = None

    @property
    def has_quota(self) -> bool:
        """Return whether the feed has a quota of its own, uncapped ones among them."""
        return "export_rows_used" in self.model_fields_set


class Feeds(Paging):
    """Feeds, all or a page of them."""

    feeds: Annotated[Items[FeedEntry], _names("feeds", "items", "results", "data")]
    inner: Annotated[Maybe[Paging], _optional("pagination", "paging", "meta")]

    @property
    def paging(self) -> Paging:
        """Return what the reply says about pages."""
        return self.inner or Paging.model_construct(
            **{n: getattr(self, n) for n in Paging.model_fields}
        )

    @property
    def generation(self) -> Generation:
        """Return the generation: only the later one has pages."""
        return Generation.LATER if self.paging.is_said else Generation.EARLIER


LEFT_WORDS = ("remaining", "available", "left", "balance")
USED_WORDS = ("used", "consumed", "spent")
LIMIT_WORDS = ("limit", "total", "granted", "pool", "cap", "allotment")


def read_pool(body: bytes) -> Quota | None:
    """Return the pool of record credits; None if a reply says nothing of one that is capped."""
    try:
        figures = dict(_list_figures(orjson.loads(body)))
    except orjson.JSONDecodeError:
        return None
    left, used = _find(figures, LEFT_WORDS), _find(figures, USED_WORDS)
    rest = {n: v for n, v in figures.items() if not any(w in n for w in LEFT_WORDS + USED_WORDS)}
    limit = _find(rest, LIMIT_WORDS)
    if limit is None and left is None:
        return None
    if limit is None:
        limit = (left or 0) + (used or 0)
    if used is None:
        used = max(limit - (limit if left is None else left), 0)
    return Quota("Record credits", used, limit, max(limit - used, 0) if left is None else left)


def _list_figures(value: Any, depth: int = 0) -> list[tuple[str, int]]:
    if not isinstance(value, dict) or depth > 3:
        return []
    found: list[tuple[str, int]] = []
    for name, inner in value.items():
        if isinstance(inner, dict):
            found += _list_figures(inner, depth + 1)
        elif isinstance(inner, int | float) and not isinstance(inner, bool):
            found.append((name.lower(), max(int(inner), 0)))
        elif isinstance(inner, str) and inner.isascii() and inner.isdigit() and len(inner) < 19:
            found.append((name.lower(), int(inner)))
    return found


def _find(figures: dict[str, int], words: tuple[str, ...]) -> int | None:
    # A pool of records counts; other limits of the account may stand beside it.
    named = [(n, v) for n, v in figures.items() if any(word in n for word in words)]
    ours = [v for n, v in named if "record" in n or "credit" in n] or [v for _, v in named]
    return ours[0] if ours else None


# --- Previews and searches ------------------------------------------------------------------------


class DailyCount(Message):
    """Records observed on one UTC day."""

    date: Day
    count: Big


class Window(Message):
    """What a window holds; of a search also its id, which the later generation may leave out."""

    feed_id: Id | None = None
    lookback_days: int | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    total_records: Annotated[Big, _names("total_records", "total")]
    records_with_contact_id: Annotated[Big, _names("records_with_contact_id", "records_with_cb_id")]
    records_without_contact_id: Annotated[
        Maybe[Big], _optional("records_without_contact_id", "records_without_cb_id")
    ]
    daily_counts: list[DailyCount] | None = None
    job_id: Annotated[Id | None, _optional("job_id", "search_id")]
    created_at: Maybe[Moment]


class Searches(Message):
    """Saved searches of a feed, newest first."""

    jobs: Annotated[Items[Window], _names("jobs", "items", "results", "data")]


# --- Exports --------------------------------------------------------------------------------------


class Stage(StrEnum):
    """Whether an export's pages can be read."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


BUILDING_WORDS = (
    "building",
    "pending",
    "queued",
    "processing",
    "running",
    "in_progress",
    "created",
)
READY_WORDS = (
    "ready",
    "completed",
    "complete",
    "done",
    "built",
    "available",
    "finished",
    "succeeded",
)
FAILED_WORDS = ("failed", "error", "errored", "cancelled", "canceled")
STAGES = {
    **dict.fromkeys(BUILDING_WORDS, Stage.BUILDING),
    **dict.fromkeys(READY_WORDS, Stage.READY),
    **dict.fromkeys(FAILED_WORDS, Stage.FAILED),
}


def read_stage(word: str | None) -> Stage | None:
    """Return what a status means; None for one that is not said or not known."""
    return read_word(word, STAGES)


class Export(Message):
    """An export. While it is built its counts may be missing; the options of the request may be, too."""

    export_id: Annotated[Id, _names("export_id", "id")]
    feed_id: Id | None = None
    job_id: Annotated[Id | None, _optional("job_id", "search_id")]
    lookback_days: int | None = None
    start_date: Maybe[Day]
    end_date: Maybe[Day]
    total_rows: Big | None = None
    total_pages: Big | None = None
    page_size: Big | None = None
    get_pii: bool | None = None
    include_business_info: bool | None = None
    require_contact_id: bool | None = None
    max_rows: Big | None = None
    created_at: Maybe[Moment]
    status: Maybe[str]
    error: Annotated[Maybe[str], _optional("error", "error_message")]

    @property
    def stage(self) -> Stage:
        """Return how far it is. The earlier generation says no status: there it is ready."""
        is_counted = None not in (self.total_rows, self.total_pages, self.page_size)
        if self.status is None:
            return Stage.READY
        unknown = Stage.READY if is_counted else Stage.BUILDING
        return read_stage(self.status) or unknown


class Exports(Paging):
    """Exports, newest first, all or a page of them."""

    exports: Annotated[Items[Export], _names("exports", "items", "results", "data")]


def _as_text(value: Any) -> Any:
    return "" if value is None else value


class Row(Message):
    """A row of an export. Fields that were not requested are absent or null."""

    contact_id: str | None = None
    domain: str
    topic: Annotated[str, BeforeValidator(_as_text)] = ""
    observed_date: Day
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


class Page(Message):
    """A page of an export. Without rows it is still being built."""

    export_id: Id | None = None
    page: int | None = None
    total_rows: Big | None = None
    total_pages: Big | None = None
    status: Maybe[str]
    rows: Annotated[list[Row] | None, _optional("rows", "items", "data")]


# --- Enrichment -----------------------------------------------------------------------------------


class Pii(Message):
    """Demographic and postal fields of a contact."""

    first_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    age_range: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Email(Message):
    """An address as it was observed."""

    email: str
    first_seen: Maybe[Day]
    last_seen: Maybe[Day]
    observations: Maybe[Big]


class Phone(Message):
    """A number as it was observed."""

    phone: str
    type: str | None = None
    first_seen: Maybe[Day]
    last_seen: Maybe[Day]
    observations: Maybe[Big]


class Envelope(Message):
    """What is known of a contact."""

    contact_id: str
    pii: Pii | None = None
    emails: list[Email] | None = None
    phones: list[Phone] | None = None

    @property
    def found_sections(self) -> int:
        """Return how many sections have a record."""
        return sum(section is not None for section in (self.pii, self.emails, self.phones))


class Envelopes(Message):
    """Aligned by index with the requested ids."""

    results: list[Envelope]


class Reason(Message):
    """Why one value cannot be used."""

    loc: Items[str | int] = []
    msg: str = ""


class Error(Message):
    """Every failure."""

    detail: str | list[Reason]
