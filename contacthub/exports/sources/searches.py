"""Exports of a feed: the rows of a frozen search, charged once, in pages that never change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.conf import settings
from psycopg.sql import Composable

from contacthub.connectors.errors import Temporary
from contacthub.core.errors import Conflict, NotFound, OptionNotAllowed, QuoteChanged
from contacthub.exports import queries, sql
from contacthub.exports.columns import list_names, make_column
from contacthub.exports.feed_rows import find_source
from contacthub.exports.models import Export, RemoteExport
from contacthub.exports.options import ExportOptions, Quote, check_purpose
from contacthub.exports.orders import ExportOrder
from contacthub.exports.sources.base import Source, choose_columns, make_stem
from contacthub.exports.vendor_export import make_at_vendor, put_off
from contacthub.exports.vendor_pages import PageFetcher
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.mirror.queries import open_feed
from contacthub.feeds.models import FeedGrant, Search
from contacthub.feeds.queries import get_search, lock_search
from contacthub.formats import Column
from contacthub.jobs.lease import Lease
from contacthub.organizations.audit import Actor


class SearchSource(Source):
    """A search of a feed: what it froze stays as it is, so the same export has the same rows for ever."""

    # 10,000 rows are written in about 60 ms and take about 1.5 MB before compression.
    pages_per_fragment = 10

    def __init__(self, export: Export) -> None:
        super().__init__(export)
        self._fetcher: PageFetcher | None = None

    # --- Making it, and what it costs ---------------------------------------------------------------

    def draft(self, *, actor: Actor, order: ExportOrder) -> None:
        """Quote the rows of the search that is ordered, and find or note the vendor's export."""
        export, options = self.export, order.options
        if order.search_id is None:
            raise NotFound("There is no such search.")
        get_search(organization=export.organization, search_id=order.search_id)
        # The search is locked first: exports of one search are made one after another, so exactly one of them pays.
        search = export.search = lock_search(search_id=order.search_id)
        grant = FeedGrant.objects.select_related("feed").get(pk=search.grant_id)
        check_options(grant=grant, options=options)
        check_purpose(actor=actor, options=options, purpose=order.purpose)
        remote = export.remote = _find_remote(search, options, order.format)
        quote = queries.get_quote(search=search, grant=grant, options=options)
        if order.quoted_rows is not None and order.quoted_rows != quote.charged_rows:
            raise QuoteChanged(
                f"This export would now charge {quote.charged_rows:,} rows instead of {order.quoted_rows:,}."
            )
        export.name = order.name.strip() or _default_name(grant, search)
        export.columns = choose_columns(
            list_names(
                get_pii=options.get_pii,
                include_business_info=options.include_business_info,
                is_remote=remote is not None,
            ),
            format=order.format,
            columns=order.columns,
        )
        export.matched_rows, export.total_rows = quote.matched_rows, quote.total_rows
        export.charged_rows = quote.charged_rows
        export.page_size = (remote and remote.page_size) or settings.CONTACTBASED_EXPORT_PAGE_SIZE

    def lock(self) -> None:
        """Lock the search: the first of the locks that spending takes."""
        self.export.search = lock_search(search_id=self.export.feed_search.pk)

    def check(self, *, actor: Actor) -> None:
        """Raise if the agreement no longer includes the options, no purpose is stated, or the feed is closed."""
        export, search = self.export, self.export.feed_search
        options = queries.options_of(export)
        check_options(grant=self._grant(), options=options)
        check_purpose(actor=actor, options=options, purpose=export.purpose)
        remote = export.remote
        if remote is not None and remote.brought_at is None and search.feed.closed_because:
            raise Conflict(search.feed.closed_because)

    def quote(self) -> Quote:
        """Return what the search charges now."""
        return queries.get_quote(
            search=self.export.feed_search,
            grant=self._grant(),
            options=queries.options_of(self.export),
        )

    def renew(self, quote: Quote) -> None:
        """Take the quote, or what a vendor has charged when it was run before."""
        # Other numbers than before only where a vendor has moved its own.
        super().renew(quote)
        search = self.export.feed_search
        if search.charged_export == self.export.pk:
            self.export.charged_rows = min(search.charged_rows, quote.total_rows)

    def charge(self, *, actor: Actor) -> None:
        """Reserve the rows for the first export of the search."""
        search = self.export.feed_search
        feed_actions.charge_search(
            search=search,
            export_id=self.export.pk,
            rows=self.export.total_rows,
            actor=actor,
            note=f"Until {search.feed.vendor_label} charges them" if search.feed.is_remote else "",
        )

    def settle(self, *, actor: Actor) -> None:
        """Make the charge of the search final."""
        feed_actions.settle_charge(search=self.export.feed_search, actor=actor)

    def give_back(self, *, actor: Actor, note: str) -> int:
        """Give back the rows, unless another live export of the same search delivers them."""
        # What a vendor has charged is settled, and stays so.
        if queries.has_other_live_export(export=self.export):
            return 0
        return feed_actions.release_charge(search=self.export.feed_search, actor=actor, note=note)

    def _grant(self) -> FeedGrant:
        return FeedGrant.objects.get(pk=self.export.feed_search.grant_id)

    # --- Words --------------------------------------------------------------------------------------

    def describe(self) -> str:
        """Return the window, and what was chosen of it."""
        export, search = self.export, self.export.feed_search
        parts = [f"{search.start_on:%-d %b} – {search.end_on:%-d %b %Y}"]
        parts += ["with contact_id"] if export.require_contact_id else []
        parts += [f"at most {export.max_rows:,}"] if export.max_rows is not None else []
        return ", ".join(parts)

    def name_file(self) -> str:
        """Return feed, window and limit."""
        export, search = self.export, self.export.feed_search
        limit = f"_first-{export.total_rows}-of-{export.matched_rows}" if export.is_limited else ""
        return f"{make_stem(search.feed.name)}_{search.start_on}_{search.end_on}{limit}"

    # --- Rows ---------------------------------------------------------------------------------------

    def make_column(self, name: str) -> Column:
        """Return a column of the records."""
        return make_column(name)

    @contextmanager
    def open(self, lease: Lease) -> Iterator[None]:
        """Let a vendor make the export where it is one of a vendor, and fetch pages while the block runs."""
        remote = self.export.remote
        if remote is None or remote.brought_at is not None:
            yield
            return
        try:
            with open_feed(self.export.feed_search.feed) as connector:
                make_at_vendor(export=self.export, connector=connector, lease=lease)
                with PageFetcher(self.export, connector, lease) as self._fetcher:
                    yield
        except Temporary as error:
            raise put_off(self.export, error) from error

    def fetch(self, last: int) -> None:
        """Fetch a vendor's pages up to one, where they are not here yet."""
        if self._fetcher is not None:
            self._fetcher.fetch(last)

    def count_done(self, page: int) -> int:
        """Return the rows written; for a vendor's export the rows received, which takes nearly all the time."""
        if self._fetcher is not None:
            return self._fetcher.rows_here
        return min(page * self.export.page_size, self.export.total_rows)

    def find_rows(
        self, *, first: int, last: int, columns: Sequence[Column]
    ) -> tuple[Composable, int]:
        """Return records between two boundaries, or pages of a vendor. Raises `Unavailable`."""
        return find_source(export=self.export, first=first, last=last)

    def read_rows(self, *, first: int, count: int, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return rows of one page, which is read whole: 1,000 rows in a few milliseconds."""
        page, offset = divmod(first, self.export.page_size)
        source, _ = find_source(export=self.export, first=page + 1, last=page + 1)
        columns = [self.make_column(name) for name in names]
        return sql.fetch_rows(columns=columns, source=source)[offset : offset + count]


def check_options(*, grant: FeedGrant, options: ExportOptions) -> None:
    """Raise `OptionNotAllowed` for an option that the grant does not include."""
    if options.get_pii and not grant.is_pii_enabled:
        raise OptionNotAllowed("PII is not part of this feed's agreement.")
    if options.include_business_info and not grant.is_business_info_enabled:
        raise OptionNotAllowed("Business info is not part of this feed's agreement.")


def _find_remote(search: Search, options: ExportOptions, format: str | None) -> RemoteExport | None:
    """Return the source of a vendor search's rows: what is already here, or the vendor, if it may be called."""
    if not search.feed.is_remote:
        return None
    if (brought := queries.find_brought(search=search, options=options)) is not None:
        return brought
    if format is None:
        raise Conflict("A job fetches the rows of a vendor; choose a file format.")
    if search.feed.closed_because:
        raise Conflict(search.feed.closed_because)
    return RemoteExport.objects.create(search=search, **asdict(options))


def _default_name(grant: FeedGrant, search: Search) -> str:
    return f"{grant.feed.name}, {search.start_on:%-d %b} – {search.end_on:%-d %b}"
