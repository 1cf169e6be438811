"""ContactBased: feeds with previews, searches and exports, and enrichment by contact id.

Source: the vendor's introduction to its Data APIs; the messages are those of `wire.contactbased`.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict

from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.providers import records
from contacthub.providers.base import Capability, Credentials, Provider, Term
from contacthub.providers.client import Client, FixedHeaders, Patience, Request
from contacthub.providers.errors import ProviderError, QuotaShort, Refused
from contacthub.providers.gate import Gate
from contacthub.providers.replies import Reply, broken, clean_sentence, failure_of, parse
from contacthub.wire import contactbased as wire

Message = TypeVar("Message", bound=BaseModel)
JSON = {"Content-Type": "application/json"}
QUOTA_STATUS = 403
# The vendor's documents name no error for a quota that is short; this is how it is worded, with or without figures.
QUOTA = re.compile(
    r"quota exceeded(?:: requested (\d{1,18}), remaining (\d{1,18}))?", re.IGNORECASE
)
MOST_PAGE_BYTES = 64 * 1024 * 1024


class Row(wire.Row):
    """A row as a client reads it: a vendor that adds a field has broken nothing."""

    model_config = ConfigDict(extra="ignore")


class Page(wire.Page):
    """A page of such rows."""

    rows: list[Row]  # type: ignore[assignment]


class ContactBased(Provider):
    """An account at ContactBased."""

    vendor = "contactbased"
    label = "ContactBased"
    default_base_url = "https://api.contactbased.com"
    terms = (Term("api_key", "API key", "From API keys in ContactBased's dashboard."),)
    capabilities = (
        Capability.FEEDS
        | Capability.PREVIEW
        | Capability.SEARCH
        | Capability.EXPORT
        | Capability.ENRICHMENT
    )
    most_enriched = wire.MOST_IDS

    def make_client(
        self, base_url: str, credentials: Credentials, gate: Gate, patience: Patience
    ) -> Client:
        """Return a client with the key in X-API-Key."""
        return Client(
            base_url=base_url,
            gate=gate,
            patience=patience,
            authorizer=FixedHeaders(X_API_Key=credentials["api_key"]),
            read_error=read_error,
        )

    def check(self) -> records.Standing:
        """List the feeds."""
        feeds = self.list_feeds()
        quotas = tuple(
            records.Quota(feed.description, feed.rows_used, feed.row_limit, feed.rows_left)
            for feed in feeds
        )
        count = f"{len(feeds)} feed{'' if len(feeds) == 1 else 's'}"
        return records.Standing((count, "Contact enrichment"), quotas)

    # --- Feeds, previews, searches ------------------------------------------------------------------

    def list_feeds(self) -> list[records.RemoteFeed]:
        """List the feeds."""
        reply = self.client.call(
            Request(
                operation="list feeds",
                method="GET",
                path="/organization/feeds",
                read=_reader(wire.FeedEntries),
                count=lambda found: len(found.feeds),
            )
        )
        return [_feed(entry) for entry in reply.feeds]

    def preview(
        self, feed_id: str, *, lookback_days: int, with_days: bool = True
    ) -> records.Preview:
        """Count a window."""
        body = _window(feed_id, lookback_days, with_days=with_days)
        found = self._post("preview feed", "/intent/feeds/preview", body, wire.Preview)
        return records.Preview(**_counts(found), days=_days(found))

    def run_search(
        self, feed_id: str, *, lookback_days: int, with_days: bool = False
    ) -> records.SavedSearch:
        """Freeze a window."""
        body = _window(feed_id, lookback_days, with_days=with_days)
        found = self._post(
            "run search", "/intent/feeds/search", body, wire.SearchReply, is_repeatable=False
        )
        return _search(found, _days(found))

    def list_searches(self, feed_id: str) -> list[records.SavedSearch]:
        """List the frozen windows of a feed."""
        reply = self.client.call(
            Request(
                operation="list searches",
                method="GET",
                path="/intent/feeds/jobs",
                query=[("feed_id", feed_id)],
                read=_reader(wire.SavedSearches),
                count=lambda found: len(found.jobs),
            )
        )
        return [_search(job, ()) for job in reply.jobs]

    # --- Exports ------------------------------------------------------------------------------------

    def create_export(
        self,
        search_id: str,
        *,
        get_pii: bool = False,
        include_business_info: bool = False,
        require_contact_id: bool = False,
        max_rows: int | None = None,
    ) -> records.ExportSummary:
        """Make an export of a frozen window."""
        body = {
            "job_id": search_id,
            "get_pii": get_pii,
            "include_business_info": include_business_info,
            "require_contact_id": require_contact_id,
            "max_rows": max_rows,
        }
        made = self.client.call(
            Request(
                operation="create export",
                method="POST",
                path="/intent/feeds/exports",
                content=orjson.dumps(body),
                headers=JSON,
                read=_reader(wire.ExportSummary),
                is_repeatable=False,
                # The most that it can have cost: the second export of a search is free.
                price=lambda summary: summary.total_rows,
            )
        )
        return _summary(made)

    def get_export(self, export_id: str) -> records.ExportSummary:
        """Return an export."""
        body = {"export_id": export_id}
        found = self._post("get export", "/intent/feeds/exports/get", body, wire.ExportSummary)
        return _summary(found)

    def list_exports(
        self, *, feed_id: str = "", search_id: str = ""
    ) -> list[records.ExportSummary]:
        """List the account's exports."""
        body = {"feed_id": feed_id or None, "job_id": search_id or None}
        found = self._post("list exports", "/intent/feeds/exports/list", body, wire.ExportSummaries)
        return [_summary(export) for export in found.exports]

    def read_export_page(self, export_id: str, number: int) -> records.ExportPage:
        """Read a page. A page of another export or number than was asked for breaks the contract."""

        def read(reply: Reply) -> Page:
            page = parse(reply, Page)
            if (str(page.export_id), page.page) != (export_id, number):
                raise broken("page", "it is another page than was asked for", reply.body)
            return page

        page = self.client.call(
            Request(
                operation="read export page",
                method="POST",
                path="/intent/feeds/exports/page",
                content=orjson.dumps({"export_id": export_id, "page": number}),
                headers=JSON,
                read=read,
                count=lambda found: len(found.rows),
                most_bytes=MOST_PAGE_BYTES,
            )
        )
        rows = tuple(_row(row) for row in page.rows)
        return records.ExportPage(export_id, number, page.total_pages, page.total_rows, rows)

    # --- Enrichment ---------------------------------------------------------------------------------

    def enrich(
        self,
        contact_ids: Sequence[str],
        *,
        sections: Sequence[records.Section] = records.SECTIONS,
    ) -> records.Enrichment:
        """Look up to 1,000 contact ids up."""
        if not 1 <= len(contact_ids) <= self.most_enriched:
            raise Invalid(f"Ask for 1 to {self.most_enriched:,} contact ids at a time.")

        def read(reply: Reply) -> tuple[wire.Envelopes, str]:
            found = parse(reply, wire.Envelopes)
            if len(found.results) != len(contact_ids):
                raise broken("results", "not as many results as ids", reply.body)
            for place, (asked, envelope) in enumerate(zip(contact_ids, found.results, strict=True)):
                # The legacy spelling cb_… comes back as id_….
                if envelope.contact_id[3:] != asked[3:]:
                    raise broken(f"results.{place}.contact_id", "another id", reply.body)
            return found, reply.request_id

        found, request_id = self.client.call(
            Request(
                operation="enrich contacts",
                method="POST",
                path="/enrich/contacts/batch",
                content=orjson.dumps({"contact_ids": list(contact_ids), "include": list(sections)}),
                headers=JSON,
                read=read,
                count=lambda result: sum(e.found_sections > 0 for e in result[0].results),
                most_bytes=MOST_PAGE_BYTES,
            )
        )
        results = tuple(_enriched(envelope) for envelope in found.results)
        return records.Enrichment(results, clock.now(), request_id or None)

    def _post(
        self,
        operation: str,
        path: str,
        body: dict[str, Any],
        message: type[Message],
        *,
        is_repeatable: bool = True,
    ) -> Message:
        return self.client.call(
            Request(
                operation=operation,
                method="POST",
                path=path,
                content=orjson.dumps(body),
                headers=JSON,
                read=_reader(message),
                is_repeatable=is_repeatable,
            )
        )


def read_error(reply: Reply) -> ProviderError:
    """Return what a failure is: its sentence is `detail`."""
    try:
        detail = wire.Error.model_validate_json(reply.body).detail
    except ValueError:
        return failure_of(reply)
    says = detail if isinstance(detail, str) else "; ".join(_reason(item) for item in detail)
    short = QUOTA.search(says) if reply.status == QUOTA_STATUS else None
    if short:
        requested, remaining = (int(text) if text else None for text in short.groups())
        return QuotaShort(
            "The account's row quota is too small.",
            requested=requested,
            remaining=remaining,
            vendor_says=clean_sentence(says),
        )
    if reply.status == 413:
        return Refused("The provider calls the request too large.", status=413)
    return failure_of(reply, vendor_says=says)


def _reason(item: wire.Reason) -> str:
    return f"{'.'.join(map(str, item.loc))}: {item.msg}"


def _reader(message: type[Message]) -> Callable[[Reply], Message]:
    return partial(parse, message=message)


# --- The vendor's words in ours -------------------------------------------------------------------


def _window(feed_id: str, lookback_days: int, *, with_days: bool) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "lookback_days": lookback_days,
        "include_daily_counts": with_days,
    }


def _feed(entry: wire.FeedEntry) -> records.RemoteFeed:
    return records.RemoteFeed(
        feed_id=str(entry.feed_id),
        description=entry.description,
        is_pii_enabled=entry.pii_enabled,
        is_business_info_enabled=entry.business_info_enabled,
        most_lookback_days=entry.lookback_days,
        row_limit=entry.export_row_limit,
        rows_used=entry.export_rows_used,
        rows_left=entry.export_rows_remaining,
    )


def _counts(found: wire.Window) -> dict[str, Any]:
    return {
        "feed_id": str(found.feed_id),
        "lookback_days": found.lookback_days,
        "start_on": found.start_date,
        "end_on": found.end_date,
        "record_count": found.total_records,
        "with_contact_count": found.records_with_contact_id,
        "without_contact_count": found.records_without_contact_id,
    }


def _days(found: wire.Preview) -> tuple[records.DayCount, ...]:
    return tuple(records.DayCount(day.date, day.count) for day in found.daily_counts or ())


def _search(
    found: wire.SearchReply | wire.SavedSearch, days: tuple[records.DayCount, ...]
) -> records.SavedSearch:
    return records.SavedSearch(
        **_counts(found), days=days, search_id=str(found.job_id), created_at=found.created_at
    )


def _summary(made: wire.ExportSummary) -> records.ExportSummary:
    return records.ExportSummary(
        export_id=str(made.export_id),
        feed_id=str(made.feed_id),
        search_id=str(made.job_id),
        lookback_days=made.lookback_days,
        start_on=made.start_date,
        end_on=made.end_date,
        total_rows=made.total_rows,
        total_pages=made.total_pages,
        page_size=made.page_size,
        get_pii=made.get_pii,
        include_business_info=made.include_business_info,
        require_contact_id=made.require_contact_id,
        max_rows=made.max_rows,
        created_at=made.created_at,
    )


# The vendor's names of a row's columns, in the order of ours.
ROW_NAMES = {"observed_on": "observed_date"}
_values_of = attrgetter(*(ROW_NAMES.get(name, name) for name in records.IntentRow._fields))


def _row(row: Row) -> records.IntentRow:
    return records.IntentRow._make(_values_of(row))


def _enriched(envelope: wire.Envelope) -> records.Enriched:
    pii = envelope.pii
    return records.Enriched(
        contact_id="id_" + envelope.contact_id[3:],
        pii=None if pii is None else {n: v for n, v in pii if n != "contact_id" and v is not None},
        emails=None if envelope.emails is None else tuple(map(_email, envelope.emails)),
        phones=None if envelope.phones is None else tuple(map(_phone, envelope.phones)),
    )


def _email(found: wire.EmailObservation) -> records.Email:
    return records.Email(
        email=found.email,
        first_seen=found.first_seen,
        last_seen=found.last_seen,
        observations=found.observations,
    )


def _phone(found: wire.PhoneObservation) -> records.Phone:
    return records.Phone(
        phone=found.phone,
        type=found.type,
        first_seen=found.first_seen,
        last_seen=found.last_seen,
        observations=found.observations,
    )
