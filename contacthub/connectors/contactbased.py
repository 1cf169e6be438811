"""ContactBased: feeds with previews, searches and exports, and enrichment by contact id.

Source: the vendor's introduction to its Data APIs, and its later one with paged feeds, record credits and exports that
are built in the background; the messages are in `contactbased_messages`, what becomes of them in
`contactbased_records`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from contacthub.connectors import contactbased_messages as messages
from contacthub.connectors import contactbased_records as made_of
from contacthub.connectors import records
from contacthub.connectors.base import Capability, Connector, Credentials, Term
from contacthub.connectors.client import Client, FixedHeaders, Patience, Request
from contacthub.connectors.contactbased_errors import read_error
from contacthub.connectors.contactbased_messages import Generation, Stage
from contacthub.connectors.errors import (
    NotEntitled,
    NotFound,
    NotReady,
    Refused,
)
from contacthub.connectors.gate import Gate
from contacthub.connectors.replies import Reply, broken, parse
from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.wire.contactbased import MOST_IDS

Message = TypeVar("Message", bound=BaseModel)
Result = TypeVar("Result")
JSON = {"Content-Type": "application/json"}
NO_SUCH_CALL = (404, 405)
MOST_PAGE_BYTES = 64 * 1024 * 1024
# More pages of feeds or exports than any account has.
MOST_LIST_PAGES = 1000


class ContactBased(Connector):
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
    most_enriched = MOST_IDS

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
        """List the feeds, and of the later generation the record credits."""
        entries, generation = self._list_entries()
        quotas = [made_of.quota(entry) for entry in entries if entry.has_quota]
        pool = self._get_pool() if generation is Generation.LATER else None
        count = f"{len(entries)} feed{'' if len(entries) == 1 else 's'}"
        return records.Standing(
            (count, "Contact enrichment"),
            (*((pool,) if pool else ()), *quotas),
            generation.value,
        )

    # --- Feeds, previews, searches ------------------------------------------------------------------

    def list_feeds(self) -> list[records.RemoteFeed]:
        """List the feeds. One without a quota of its own takes rows from the account's pool."""
        entries, generation = self._list_entries()
        is_pooled = generation is Generation.LATER and any(not e.has_quota for e in entries)
        pool = self._get_pool() if is_pooled else None
        return [made_of.feed(entry, pool) for entry in entries]

    def _list_entries(self) -> tuple[list[messages.FeedEntry], Generation]:
        def read_page(number: int, size: int | None) -> messages.Feeds:
            paging = [] if number == 1 else [("page", str(number))]
            if number > 1 and size is not None:
                paging.append(("page_size", str(size)))
            return self.client.call(
                Request(
                    operation="list feeds",
                    method="GET",
                    path="/organization/feeds",
                    query=paging,
                    read=_reader(messages.Feeds),
                    count=lambda found: len(found.feeds),
                )
            )

        first = read_page(1, None)
        found = {entry.feed_id: entry for entry in first.feeds}
        page, number = first, 1
        while page.feeds and page.paging.has_next(number, len(found)):
            number += 1
            page = read_page(number, first.paging.page_size)
            fresh = {e.feed_id: e for e in page.feeds if e.feed_id not in found}
            if (page.feeds and not fresh) or number > MOST_LIST_PAGES:
                # Taking the half for the whole would withdraw the other feeds.
                raise broken("page", "the pages of feeds do not end", b"")
            found |= fresh
        return list(found.values()), first.generation

    def _get_pool(self) -> records.Quota | None:
        try:
            return self.client.call(
                Request(
                    operation="get record credits",
                    method="GET",
                    path="/organization/credits",
                    read=lambda reply: messages.read_pool(reply.body),
                )
            )
        except (NotFound, NotEntitled):
            return None

    def preview(
        self, feed_id: str, *, lookback_days: int, with_days: bool = True
    ) -> records.Preview:
        """Count a window. If the vendor no longer has a preview, its search counts and saves nothing."""
        body = _window(feed_id, lookback_days, with_days=with_days)
        read = partial(_read_window, feed_id=feed_id, lookback_days=lookback_days)
        try:
            return self._post("preview feed", "/intent/feeds/preview", body, read)
        except (NotFound, Refused) as error:
            if isinstance(error, Refused) and error.status not in NO_SUCH_CALL:
                raise
            return self._post("run search", "/intent/feeds/search", body, read)

    def run_search(
        self, feed_id: str, *, lookback_days: int, with_days: bool = False
    ) -> records.SavedSearch:
        """Freeze a window. The later generation saves none: there its days stand for it."""
        body = _window(feed_id, lookback_days, with_days=with_days)
        read = partial(_read_window, feed_id=feed_id, lookback_days=lookback_days)
        return self._post("run search", "/intent/feeds/search", body, read, is_repeatable=False)

    def list_searches(self, feed_id: str) -> list[records.SavedSearch]:
        """List the frozen windows of a feed."""

        def read(reply: Reply) -> list[records.SavedSearch]:
            jobs = parse(reply, messages.Searches).jobs
            return [made_of.search(job, feed_id, job.lookback_days or 1) for job in jobs]

        return self.client.call(
            Request(
                operation="list searches",
                method="GET",
                path="/intent/feeds/jobs",
                query=[("feed_id", feed_id)],
                read=read,
                count=len,
            )
        )

    def find_search(
        self, feed_id: str, search_id: str, *, lookback_days: int
    ) -> records.SavedSearch | None:
        """Return a frozen window; one that the vendor has not saved is counted again while it is the same days."""
        if made_of.read_window_id(search_id) is None:
            return super().find_search(feed_id, search_id, lookback_days=lookback_days)
        body = _window(feed_id, lookback_days, with_days=False)
        read = partial(_read_window, feed_id=feed_id, lookback_days=lookback_days)
        found = self._post("run search", "/intent/feeds/search", body, read)
        return found if found.search_id == search_id else None

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
            **_source(search_id),
            "get_pii": get_pii,
            "include_business_info": include_business_info,
            "require_contact_id": require_contact_id,
            "max_rows": max_rows,
        }
        return self.client.call(
            Request(
                operation="create export",
                method="POST",
                path="/intent/feeds/exports",
                content=orjson.dumps(body),
                headers=JSON,
                read=lambda reply: made_of.summary(parse(reply, messages.Export), search_id),
                is_repeatable=False,
                # The most that it can have cost: the second export of a search is free.
                price=lambda summary: summary.total_rows,
            )
        )

    def get_export(self, export_id: str) -> records.ExportSummary:
        """Return an export."""

        def read(reply: Reply) -> records.ExportSummary:
            found = parse(reply, messages.Export)
            if found.export_id != export_id:
                raise broken("export_id", "it is not the requested export", reply.body)
            return made_of.summary(found, "")

        body = {"export_id": export_id}
        return self._post("get export", "/intent/feeds/exports/get", body, read)

    def list_exports(
        self, *, feed_id: str = "", search_id: str = ""
    ) -> list[records.ExportSummary]:
        """List the account's exports, page by page where the vendor pages them."""
        window = made_of.read_window_id(search_id)
        body: dict[str, Any] = {
            "feed_id": feed_id or (window and window.feed_id) or None,
            "job_id": None if window else search_id or None,
        }
        found: dict[str, records.ExportSummary] = {}
        number = 0
        while number < MOST_LIST_PAGES:
            number += 1
            page = self._post(
                "list exports", "/intent/feeds/exports/list", body, _reader(messages.Exports)
            )
            before = len(found)
            found |= {
                e.export_id: made_of.summary(e, search_id if window else "") for e in page.exports
            }
            if len(found) == before or not page.has_next(number, len(found)):
                break
            body |= {"page": number + 1}
        return list(found.values())

    def read_export_page(self, export_id: str, number: int) -> records.ExportPage:
        """Read a page. A page of another export or number than was requested breaks the contract."""

        def read(reply: Reply) -> records.ExportPage:
            page = parse(reply, messages.Page)
            if (page.export_id or export_id, page.page or number) != (export_id, number):
                raise broken("page", "it is not the requested page", reply.body)
            if page.rows is None and messages.read_stage(page.status) is Stage.BUILDING:
                raise NotReady("The vendor is still building this export.")
            if page.rows is None:
                raise broken("rows", "they are missing", reply.body)
            return records.ExportPage(
                export_id,
                number,
                page.total_pages,
                page.total_rows,
                tuple(map(made_of.row, page.rows)),
            )

        return self.client.call(
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

    # --- Enrichment ---------------------------------------------------------------------------------

    def enrich(
        self,
        contact_ids: Sequence[str],
        *,
        sections: Sequence[records.Section] = records.SECTIONS,
    ) -> records.Enrichment:
        """Look up to 1,000 contact ids up."""
        if not 1 <= len(contact_ids) <= self.most_enriched:
            raise Invalid(f"Request 1 to {self.most_enriched:,} contact ids at a time.")

        def read(reply: Reply) -> tuple[messages.Envelopes, str]:
            found = parse(reply, messages.Envelopes)
            if len(found.results) != len(contact_ids):
                raise broken("results", "not as many results as ids", reply.body)
            for place, (asked, envelope) in enumerate(zip(contact_ids, found.results, strict=True)):
                # The legacy form cb_… comes back as id_….
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
        results = tuple(made_of.enriched(envelope) for envelope in found.results)
        return records.Enrichment(results, clock.now(), request_id or None)

    def _post(
        self,
        operation: str,
        path: str,
        body: dict[str, Any],
        read: Callable[[Reply], Result],
        *,
        is_repeatable: bool = True,
    ) -> Result:
        return self.client.call(
            Request(
                operation=operation,
                method="POST",
                path=path,
                content=orjson.dumps(body),
                headers=JSON,
                read=read,
                is_repeatable=is_repeatable,
            )
        )


def _reader(message: type[Message]) -> Callable[[Reply], Message]:
    return partial(parse, message=message)


def _read_window(reply: Reply, *, feed_id: str, lookback_days: int) -> records.SavedSearch:
    return made_of.search(parse(reply, messages.Window), feed_id, lookback_days)


def _window(feed_id: str, lookback_days: int, *, with_days: bool) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "lookback_days": lookback_days,
        "include_daily_counts": with_days,
    }


def _source(search_id: str) -> dict[str, Any]:
    """Return what an export is made of: a saved search, or the days of one that the vendor has not saved."""
    window = made_of.read_window_id(search_id)
    if window is None:
        return {"job_id": search_id}
    return {"feed_id": window.feed_id, "lookback_days": window.lookback_days}
