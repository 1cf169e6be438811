"""Files that are kept and hold the rows of a search already: they are offered before the same rows are charged again.

A search is charged once, whatever is exported of it; another search of the same feed is charged in full, even where
its rows stand in a file that was paid for. So a person who wants rows sees such a file first, with the exact
number of rows that it lacks.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from contacthub.core import clock
from contacthub.exports.models import Export
from contacthub.feeds.models import Feed, Search
from contacthub.feeds.queries import count_within
from contacthub.feeds.windows import Window
from contacthub.organizations.models import Organization

# The newest files that are compared with what is wanted.
MOST_FILES = 100
# Searches of other windows that are compared by counting, and records that may be read for one: half a second at worst.
MOST_COUNTED = 4
MOST_READ = 300_000


@dataclass(frozen=True)
class Wanted:
    """Rows that someone is about to export: those of a search, or of the search that a preview would freeze."""

    feed: Feed
    window: Window
    watermark: int
    record_count: int
    with_contact_count: int
    search: Search | None = None
    needs_contact: bool = False
    columns: tuple[str, ...] = ()

    @property
    def row_count(self) -> int:
        """Return how many rows are wanted."""
        return self.with_contact_count if self.needs_contact else self.record_count


@dataclass(frozen=True)
class KeptFile:
    """A finished export whose file is kept, how many of the wanted rows it lacks, and which of the wanted columns."""

    export: Export
    new_rows: int
    missing_columns: tuple[str, ...]
    # Of the very search that is wanted: every further export of it is free.
    is_same_search: bool
    # The vendor counted both searches; which rows are new only the vendor knows.
    is_vendor_count: bool = False

    @property
    def has_all_rows(self) -> bool:
        """Return whether every wanted row is in the file, as far as counts can tell."""
        return self.new_rows == 0

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """Return what orders files, the best one first."""
        return self.new_rows, bool(self.missing_columns), not self.is_same_search


def want_search(
    search: Search, *, needs_contact: bool = False, columns: Sequence[str] = ()
) -> Wanted:
    """Return the rows of a saved search, or those of them with a contact."""
    return Wanted(
        search.feed,
        Window(search.start_on, search.end_on),
        search.watermark,
        search.record_count,
        search.with_contact_count,
        search,
        needs_contact,
        tuple(columns),
    )


def want_window(
    feed: Feed, window: Window, *, record_count: int, with_contact_count: int
) -> Wanted:
    """Return the rows that a search of a window would freeze now, as a preview has counted them."""
    return Wanted(feed, window, feed.last_batch, record_count, with_contact_count)


def find_kept_file(*, organization: Organization, wanted: Wanted) -> KeptFile | None:
    """Return the organization's file that lacks the fewest of the wanted rows; None if no file has most of them.

    A file that was deleted, one that was limited to some rows, and one of another organization are never offered.
    """
    exports = _list_exports(organization, [wanted.feed.pk])
    return _choose(wanted, exports, counts=MOST_COUNTED)


def find_kept_files(
    *, organization: Organization, searches: Sequence[Search]
) -> dict[UUID, KeptFile]:
    """Return the same for a list of saved searches, of files with the same window: search id → file. One statement."""
    exports = _list_exports(organization, {search.feed_id for search in searches})
    found = {search.pk: _choose(want_search(search), exports, counts=0) for search in searches}
    return {search_id: kept for search_id, kept in found.items() if kept is not None}


def _list_exports(organization: Organization, feed_ids: Collection[int]) -> list[Export]:
    whole = Export.objects.filter(
        organization=organization,
        search__feed__in=feed_ids,
        state=Export.State.COMPLETED,
        total_rows=F("matched_rows"),
        job__result__deleted_at=None,
        job__result__expires_at__gt=clock.now(),
    )
    newest = whole.select_related("search__feed", "job__result").order_by("-created_at", "-id")
    return list(newest[:MOST_FILES])


def _choose(wanted: Wanted, exports: Sequence[Export], *, counts: int) -> KeptFile | None:
    """Return the best file, of equal ones the newest. So many searches of other windows are counted, the newest."""
    best: KeptFile | None = None
    counted: dict[UUID, int | None] = {}
    for export in exports:
        search = export.feed_search
        if not _may_have(wanted, export):
            continue
        if search.pk not in counted:
            is_same_window = _window_of(search) == wanted.window
            counted[search.pk] = _count_new(wanted, search) if is_same_window or counts else None
            counts -= 0 if is_same_window or not counts else 1
        kept = _describe(wanted, export, counted[search.pk])
        if kept is not None and (best is None or kept.rank < best.rank):
            best = kept
    return best


def _window_of(search: Search) -> Window:
    return Window(search.start_on, search.end_on)


def _may_have(wanted: Wanted, export: Export) -> bool:
    """Return whether all that a file lacks came later: it begins no later than the wanted window, and leaves out no
    rows that are wanted."""
    search = export.feed_search
    if search.feed_id != wanted.feed.pk or (export.require_contact_id and not wanted.needs_contact):
        return False
    if _is_same(wanted, search):
        return True
    if wanted.feed.is_remote:
        return _window_of(search) == wanted.window
    return search.start_on <= wanted.window.start <= search.end_on


def _describe(wanted: Wanted, export: Export, new_rows: int | None) -> KeptFile | None:
    if new_rows is None:
        return None
    is_same = _is_same(wanted, export.feed_search)
    return KeptFile(
        export,
        new_rows,
        tuple(name for name in wanted.columns if name not in export.columns),
        is_same_search=is_same,
        is_vendor_count=wanted.feed.is_remote and not is_same,
    )


def _is_same(wanted: Wanted, search: Search) -> bool:
    return wanted.search is not None and wanted.search.pk == search.pk


def _count_new(wanted: Wanted, search: Search) -> int | None:
    """Count the wanted rows that another search lacks; None if it lacks most, or that is unknown."""
    if _is_same(wanted, search):
        return 0
    common: int | None
    if wanted.feed.is_remote:
        common = search.with_contact_count if wanted.needs_contact else search.record_count
        if common > wanted.row_count:
            return None
    else:
        common = _count_common(wanted, search)
    if not common or common * 2 < wanted.row_count:
        return None
    return wanted.row_count - common


def _count_common(wanted: Wanted, search: Search) -> int | None:
    """Count the rows that both have: those of the one that was frozen first, inside the other's window."""
    if wanted.search is not None and wanted.watermark < search.watermark:
        window = _window_of(search)
        shared = count_within(search=wanted.search, window=window, may_read=MOST_READ)
    else:
        shared = count_within(search=search, window=wanted.window, may_read=MOST_READ)
    if shared is None:
        return None
    return shared.with_contact if wanted.needs_contact else shared.records
