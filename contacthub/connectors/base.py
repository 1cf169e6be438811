"""What a connector is: the same calls for every vendor, of which each offers some. Errors: `connectors.errors`."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import ClassVar, Self

from contacthub.connectors import bulk, records
from contacthub.connectors.client import BACKGROUND, Client, Patience
from contacthub.connectors.errors import NotOffered
from contacthub.connectors.gate import Gate
from contacthub.connectors.questions import Table, list_unhonored


class Capability(Flag):
    """What a vendor can do."""

    FEEDS = auto()
    PREVIEW = auto()
    SEARCH = auto()
    EXPORT = auto()
    CONTACT_SEARCH = auto()
    COMPANY_SEARCH = auto()
    ENRICHMENT = auto()
    BULK_JOBS = auto()
    PERSON_LOOKUP = auto()


@dataclass(frozen=True)
class Term:
    """A credential that a vendor requires, by the vendor's name for it. One that is not a secret may be shown."""

    name: str
    label: str
    help_text: str = ""
    is_secret: bool = True


Credentials = Mapping[str, str]


class Connector:
    """A connector: one account at one vendor. A context manager, because it keeps connections.

    Every call raises a `VendorError`; `NotOffered` for what is not among the `capabilities`. Calls may be made from
    several threads. Never call within a database transaction: it would be held for as long as the vendor takes.
    """

    vendor: ClassVar[str]
    label: ClassVar[str]
    default_base_url: ClassVar[str]
    terms: ClassVar[tuple[Term, ...]]
    capabilities: ClassVar[Capability]
    # What of a question is honored, by the names of `records.Question`.
    contact_table: ClassVar[Table] = {}
    company_table: ClassVar[Table] = {}
    # What of a record its rows always can say, by the names of `records.Contact` and `records.Company` (those of a
    # contact's company begin with `company.`), so that rows can be filtered by it afterwards. A missing value of one of
    # these means that there is none.
    contact_carries: ClassVar[frozenset[str]] = frozenset()
    company_carries: ClassVar[frozenset[str]] = frozenset()
    # The most items of one call: of a page of a search, of ids to enrich, of ids of a bulk job.
    most_page_size: ClassVar[int] = 100
    most_enriched: ClassVar[int] = 0
    # What of a contact the vendor's records hold, and what must be known of one that is not looked up by id.
    enriched_sections: ClassVar[tuple[records.Section, ...]] = records.SECTIONS
    asks_by: ClassVar[str] = ""
    most_bulk_ids: ClassVar[int] = 0

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Credentials,
        gate: Gate,
        patience: Patience = BACKGROUND,
    ) -> None:
        self.client = self.make_client(base_url, credentials, gate, patience)

    def make_client(
        self, base_url: str, credentials: Credentials, gate: Gate, patience: Patience
    ) -> Client:
        """Return the client that speaks for this account."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    @classmethod
    def can(cls, capability: Capability) -> bool:
        """Return whether this vendor offers something."""
        return capability in cls.capabilities

    @classmethod
    def list_unhonored(cls, question: records.Question, *, of_companies: bool = False) -> list[str]:
        """List what of a question about contacts (or companies) this vendor cannot honor, in its order."""
        table = cls.company_table if of_companies else cls.contact_table
        return list_unhonored(table, question)

    def sign_in(self) -> None:
        """Get the token that calls carry, where they carry one, so that what fails next is the call itself."""
        self.client.authorizer.headers()

    def check(self) -> records.Standing:
        """Try the credentials with a call that spends nothing, and return what the account may do."""
        raise self._no("be tested")

    # --- Feeds, previews, searches, exports ---------------------------------------------------------

    def list_feeds(self) -> list[records.RemoteFeed]:
        """List the feeds that the account may use, with its quotas as they are now."""
        raise self._no("list feeds")

    def preview(
        self, feed_id: str, *, lookback_days: int, with_days: bool = True
    ) -> records.Preview:
        """Count what a window of a feed holds; nothing is saved and nothing spent."""
        raise self._no("preview feeds")

    def run_search(
        self, feed_id: str, *, lookback_days: int, with_days: bool = False
    ) -> records.SavedSearch:
        """Freeze a window of a feed. Costs nothing, but leaves a search behind: it is never repeated automatically."""
        raise self._no("search feeds")

    def list_searches(self, feed_id: str) -> list[records.SavedSearch]:
        """List the frozen windows of a feed, newest first."""
        raise self._no("list searches")

    def find_search(
        self, feed_id: str, search_id: str, *, lookback_days: int
    ) -> records.SavedSearch | None:
        """Return a frozen window as the vendor counts it now; None if it has it no more."""
        listed = self.list_searches(feed_id)
        return next((search for search in listed if search.search_id == search_id), None)

    def create_export(
        self,
        search_id: str,
        *,
        get_pii: bool = False,
        include_business_info: bool = False,
        require_contact_id: bool = False,
        max_rows: int | None = None,
    ) -> records.ExportSummary:
        """Make an export of a frozen window, which SPENDS quota. It is never repeated automatically.

        After `Unreachable` with `is_sent`, or `VendorDown`, it may exist: look with `list_exports` before another
        request. If it is not built yet, poll `get_export`. Raises `QuotaShort`.
        """
        raise self._no("make exports")

    def get_export(self, export_id: str) -> records.ExportSummary:
        """Return an export."""
        raise self._no("make exports")

    def list_exports(
        self, *, feed_id: str = "", search_id: str = ""
    ) -> list[records.ExportSummary]:
        """List the account's exports, newest first."""
        raise self._no("make exports")

    def read_export_page(self, export_id: str, number: int) -> records.ExportPage:
        """Read a page of an export, counted from 1, free of charge."""
        raise self._no("make exports")

    # --- Live search --------------------------------------------------------------------------------

    def search_contacts(
        self, question: records.Question, *, position: str | None = None, size: int = 50
    ) -> records.Page[records.Contact]:
        """Read a page of the contacts that a question finds; `position` is the `next` of the page before.

        Raises `Invalid` if the search has conditions that this vendor cannot honor: see `list_unhonored`.
        """
        raise self._no("search contacts")

    def search_companies(
        self, question: records.Question, *, position: str | None = None, size: int = 50
    ) -> records.Page[records.Company]:
        """Read a page of the companies that a question finds, as for contacts."""
        raise self._no("search companies")

    # --- Enrichment ---------------------------------------------------------------------------------

    def enrich(
        self,
        contact_ids: Sequence[str],
        *,
        sections: Sequence[records.Section] = records.SECTIONS,
    ) -> records.Enrichment:
        """Look up to `most_enriched` contact ids up in one call."""
        raise self._no("enrich contacts")

    @classmethod
    def can_ask_about(cls, person: records.Person) -> bool:
        """Return whether enough is known of a person for this vendor to look up exactly this person."""
        return False

    def enrich_person(
        self,
        person: records.Person,
        *,
        sections: Sequence[records.Section] = records.SECTIONS,
    ) -> records.Enrichment:
        """Look one known person up. What comes is certainly theirs; two records that may be are no record."""
        raise self._no("look people up")

    # --- Bulk jobs ----------------------------------------------------------------------------------

    def start_bulk(
        self, request: bulk.BulkRequest, *, answered: Callable[[], None] | None = None
    ) -> bulk.BulkJob:
        """Start a job, which may spend. It is never repeated automatically.

        `answered` is called once the vendor has taken the job, before anything in its answer is interpreted.
        """
        raise self._no("run bulk jobs")

    def get_bulk(self, job_id: str) -> bulk.BulkJob:
        """Return where a job stands."""
        raise self._no("run bulk jobs")

    def list_bulk(self, *, since: dt.date, until: dt.date) -> list[bulk.BulkJob]:
        """List the account's jobs of some days, where the vendor lists them, so that an orphan can be found."""
        raise self._no("list bulk jobs")

    def cancel_bulk(self, job_id: str) -> bulk.BulkJob:
        """Cancel a job, where the vendor lets it."""
        raise self._no("cancel bulk jobs")

    def read_bulk(self, job_id: str, fragment: int) -> list[records.Contact]:
        """Read a fragment of a completed job, counted from 0."""
        raise self._no("run bulk jobs")

    def _no(self, what: str) -> NotOffered:
        return NotOffered(f"{self.label} cannot {what}.")
