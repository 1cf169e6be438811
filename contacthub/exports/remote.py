"""Exports of remote feeds: make them at the vendor, once, and bring their pages, several at a time.

Calls are made outside of transactions. Whatever dies where, a resumed job goes on from what is saved: the vendor's id
of the export, found by listing where its creation was not noted, and the pages that are here.
"""

import datetime as dt
import threading
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Self

from django.db import connection as database

from contacthub.connectors.base import Connector
from contacthub.connectors.errors import ContractBroken, Temporary, Unreachable
from contacthub.connectors.records import ExportPage, ExportSummary, IntentRow
from contacthub.core import clock
from contacthub.core.errors import Invalid, QuoteChanged, Unavailable
from contacthub.core.failpoints import failpoint
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tenancy import carry
from contacthub.exports import building, sql
from contacthub.exports.models import Export, RemoteExport, RemotePage
from contacthub.feeds.intake import BUSINESS_COLUMNS, PII_COLUMNS
from contacthub.feeds.models import Search
from contacthub.feeds.remote.actions import recount_search
from contacthub.jobs.lease import ComeBack, Lease

# Pages asked for at a time, and pages ahead of the one that is written next; a page has 1,000 rows with most vendors.
AT_ONCE = 4
MOST_AHEAD = 20
# How often the vendor is asked to make an export, and for one page, before the job lets others work meanwhile.
CREATE_TRIES, PAGE_TRIES = 4, 5
FIRST_WAIT, MOST_WAIT = 0.5, 4.0
# A vendor that is away for as long as this ends the job. Until then it is asked again after these pauses.
MOST_AWAY = dt.timedelta(minutes=30)
FIRST_PAUSE, MOST_PAUSE = 5.0, 120.0
# Seconds between two looks at whether to stop, which also prolong the lease.
LOOK_SECONDS = 1.0
STOP_SECONDS = 5.0


# --- Making it ------------------------------------------------------------------------------------


def make_at_vendor(*, export: Export, connector: Connector, lease: Lease) -> None:
    """See to it that the vendor has made an export, and charged it once, and that it has the rows that were quoted.

    Raises `QuoteChanged` where the vendor counts other rows than were quoted: before anything is spent where the
    search itself has moved, and in any case before a row is brought.
    """
    remote, search = _remote_of(export), export.search
    with lease.keep_alive():
        if not remote.is_made:
            _check_counts(search, connector)
            summary = _make(remote, search, connector)
            failpoint("remote_export_made")
            building.note_made(export, remote, search, summary)
        if not remote.is_built:
            building.wait_until_built(export, remote, search, connector)
    remote.refresh_from_db()
    export.refresh_from_db(fields=["page_size"])
    if remote.total_rows != export.total_rows:
        raise _changed(search, remote.total_rows or 0, export.total_rows)


def _remote_of(export: Export) -> RemoteExport:
    if export.remote is None:
        raise Invalid("This export is not a vendor's.")
    return export.remote


def _check_counts(search: Search, connector: Connector) -> None:
    """Raise `QuoteChanged` where the vendor's counts of the search are no longer those of the quote."""
    found = connector.find_search(
        search.feed.remote_id, search.remote_id, lookback_days=search.lookback_days
    )
    if found is None:
        raise Unavailable(
            f"{search.feed.vendor_label} no longer has this search. Run it again and export the new one."
        )
    if (found.record_count, found.with_contact_count) == (
        search.record_count,
        search.with_contact_count,
    ):
        return
    before = search.record_count
    recount_search(
        search=search,
        record_count=found.record_count,
        with_contact_count=min(found.with_contact_count, found.record_count),
    )
    raise _changed(search, found.record_count, before)


def _changed(search: Search, now: int, before: int) -> QuoteChanged:
    label = search.feed.vendor_label
    return QuoteChanged(
        f"{label} now counts {now:,} rows instead of {before:,}, so nothing was brought."
    )


def _make(remote: RemoteExport, search: Search, connector: Connector) -> ExportSummary:
    """Return the vendor's export: one that is there, or else a new one.

    Once it was asked for, it may be there whatever was answered, so the vendor's list is read before asking again.
    """
    wait, tries = FIRST_WAIT, 0
    while True:
        tries += 1
        try:
            if remote.asked_at is not None and (
                made := building.find_made(remote, search, connector)
            ):
                return made
            remote.asked_at = remote.asked_at or clock.now()
            remote.save(update_fields=["asked_at"])
            failpoint("remote_export_asked")
            return connector.create_export(
                search.remote_id,
                get_pii=remote.get_pii,
                include_business_info=remote.include_business_info,
                require_contact_id=remote.require_contact_id,
                max_rows=remote.max_rows,
            )
        except Temporary as error:
            if tries >= CREATE_TRIES or _is_away(error):
                raise
            time.sleep(max(wait, error.retry_after or 0.0))
            wait = min(2 * wait, MOST_WAIT)


# --- Bringing its pages ---------------------------------------------------------------------------


class Puller:
    """Brings the pages of an export that are not here yet, in the order in which the file needs them.

    Threads ask for them, the thread of the job saves them. A page that fails in a way that passes is asked for again
    later, while others go on: each failure costs one more call, no more.
    """

    def __init__(self, export: Export, connector: Connector, lease: Lease) -> None:
        self._remote = _remote_of(export)
        self._export, self._connector, self._lease = export, connector, lease
        here = RemotePage.objects.filter(remote=self._remote).values_list("number", flat=True)
        self._here = set(here)
        self._missing = deque(n for n in range(1, export.total_pages + 1) if n not in self._here)
        self._later: list[tuple[float, int]] = []
        self._failures: dict[int, int] = {}
        self._asked: set[int] = set()
        self._todo: SimpleQueue[int | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[int, ExportPage | Exception]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._looked_at = time.monotonic()

    @property
    def rows_here(self) -> int:
        """Return how many rows are here, of pages behind a missing one too."""
        return min(len(self._here) * self._export.page_size, self._export.total_rows)

    def __enter__(self) -> Self:
        for _ in range(min(AT_ONCE, len(self._missing))):
            thread = threading.Thread(target=carry(self._ask), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Empty):
            while True:
                self._todo.get_nowait()
        for _thread in self._threads:
            self._todo.put(None)
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(timeout=max(until - time.monotonic(), 0.0))

    def bring(self, last: int) -> None:
        """Return when all pages up to `last` are here. Raises what `Lease.save` and the vendor raise."""
        while self._is_missing(last):
            self._hand_out(last + MOST_AHEAD)
            with suppress(Empty):
                self._take(*self._answers.get(timeout=LOOK_SECONDS))
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                self._looked_at = time.monotonic()
                self._lease.save(done=self.rows_here, is_kept=False)
        if len(self._here) == self._export.total_pages:
            RemoteExport.objects.filter(pk=self._remote.pk, brought_at=None).update(
                brought_at=clock.now()
            )

    def _is_missing(self, last: int) -> bool:
        return (
            bool(self._missing and self._missing[0] <= last)
            or any(number <= last for number in self._asked)
            or any(number <= last for _, number in self._later)
        )

    def _hand_out(self, most: int) -> None:
        now = time.monotonic()
        due = [number for at, number in self._later if at <= now]
        self._later = [(at, number) for at, number in self._later if at > now]
        while self._missing and self._missing[0] <= most and len(self._asked) < 2 * AT_ONCE:
            due.append(self._missing.popleft())
            self._asked.add(due[-1])
        for number in due:
            self._asked.add(number)
            self._todo.put(number)

    def _take(self, number: int, answer: ExportPage | Exception) -> None:
        if isinstance(answer, Temporary):
            self._put_off(number, answer)
            return
        if isinstance(answer, Exception):
            raise answer
        save_page(remote=self._remote, page=answer)
        self._asked.discard(number)
        self._here.add(number)
        if self._remote.away_since is not None:
            self._remote.away_since = None
            note_answer(self._export)
        failpoint("remote_page_saved")

    def _put_off(self, number: int, error: Temporary) -> None:
        self._failures[number] = failures = self._failures.get(number, 0) + 1
        if failures >= PAGE_TRIES or _is_away(error):
            self._save_what_comes()
            raise error
        wait = min(FIRST_WAIT * 2 ** (failures - 1), MOST_WAIT)
        self._asked.discard(number)
        self._later.append((time.monotonic() + max(wait, error.retry_after or 0.0), number))

    def _save_what_comes(self) -> None:
        """Save the pages that are under way and come soon, so that nobody asks for them again."""
        until = time.monotonic() + STOP_SECONDS
        with suppress(Empty):
            while self._asked and (left := until - time.monotonic()) > 0:
                number, answer = self._answers.get(timeout=left)
                self._asked.discard(number)
                if isinstance(answer, ExportPage):
                    save_page(remote=self._remote, page=answer)

    def _ask(self) -> None:
        """Ask for pages until told to stop, from a thread with a database connection of its own."""
        try:
            while (number := self._todo.get()) is not None:
                try:
                    page = self._connector.read_export_page(self._remote.vendor_id, number)
                    check_page(remote=self._remote, page=page)
                except Exception as error:
                    self._answers.put((number, error))
                else:
                    self._answers.put((number, page))
        finally:
            database.close()


# --- While the vendor is away ---------------------------------------------------------------------


def _is_away(error: Temporary) -> bool:
    """Return whether a worker should rather do something else than wait for what failed."""
    is_late = isinstance(error, Unreachable) and error.is_late
    return is_late or (error.retry_after or 0.0) > MOST_WAIT


def note_answer(export: Export) -> None:
    """Note that the vendor answers."""
    RemoteExport.objects.filter(exports=export).exclude(away_since=None).update(away_since=None)


def put_off(export: Export, error: Temporary) -> Exception:
    """Return what to raise for a vendor that is away: `ComeBack` at first, and the error itself when it lasts.

    What is here stays; a job that comes back asks only for what is missing.
    """
    remote, now = _remote_of(export), clock.now()
    if remote.away_since is None:
        remote.away_since = now
        remote.save(update_fields=["away_since"])
    away = now - remote.away_since
    if away >= MOST_AWAY:
        # The next run gets as much time.
        note_answer(export)
        return error
    pause = min(max(away.total_seconds() / 2, FIRST_PAUSE), MOST_PAUSE)
    return ComeBack(max(pause, min(error.retry_after or 0.0, MOST_PAUSE)))


def check_page(*, remote: RemoteExport, page: ExportPage) -> None:
    """Raise `ContractBroken` for a page that has not the rows it must have."""
    size, total = remote.page_size or 1, remote.total_rows or 0
    wanted = min(size, total - (page.number - 1) * size)
    if page.total_rows not in (total, None) or len(page.rows) != wanted:
        raise ContractBroken("The provider's page has other rows than it must have.", path="rows")


def save_page(*, remote: RemoteExport, page: ExportPage) -> None:
    """Save a page as it is; nothing happens where it is here already. Raises `ContractBroken`."""
    columns = dict(zip(IntentRow._fields, zip(*page.rows, strict=True), strict=True))
    values: dict[str, list[Any] | None] = {
        name: [_text(value) for value in column]
        for name, column in columns.items()
        if name not in ("contact_id", "observed_on")
    }
    values["observed_on"] = list(columns["observed_on"])
    values["contact_key"] = _read_keys(columns["contact_id"])
    for names, is_asked in (
        (PII_COLUMNS, remote.get_pii),
        (BUSINESS_COLUMNS, remote.include_business_info),
    ):
        if not is_asked:
            values |= dict.fromkeys(names)
    sql.insert_page(remote=remote, number=page.number, columns=values)


def _text(value: str | None) -> str | None:
    # What no database text can hold.
    return value if value is None else value.replace("\x00", "")


def _read_keys(texts: tuple[str | None, ...]) -> list[int | None]:
    keys: list[int | None] = []
    for place, text in enumerate(texts):
        try:
            keys.append(None if text is None else parse_contact_id(text))
        except Invalid as error:
            raise ContractBroken(
                "The provider's contact id is none.", path=f"rows.{place}.contact_id"
            ) from error
    return keys
