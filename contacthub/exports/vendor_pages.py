"""The pages of an export that a vendor has made: fetched, several at a time, checked and saved."""

import threading
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Self

from django.db import connection as database

from contacthub.connectors.base import Connector
from contacthub.connectors.errors import ContractBroken, Temporary
from contacthub.connectors.records import ExportPage, IntentRow
from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.core.failpoints import failpoint
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tenancy import carry
from contacthub.exports import sql, vendor_export
from contacthub.exports.models import Export, RemoteExport, RemotePage
from contacthub.feeds.intake import BUSINESS_COLUMNS, PII_COLUMNS
from contacthub.jobs.lease import Lease

# Pages fetched at a time, and pages ahead of the one that is written next; a page has 1,000 rows with most vendors.
AT_ONCE = 4
MOST_AHEAD = 20
# How often one page is fetched before the job lets others work.
PAGE_TRIES = 5
# Seconds between two looks at whether to stop, which also prolong the lease.
LOOK_SECONDS = 1.0
STOP_SECONDS = 5.0


class PageFetcher:
    """Fetches the pages of an export that are not here yet, in the order in which the file needs them.

    Threads fetch them, the thread of the job saves them. A page that fails temporarily is fetched again later, while
    others continue: each failure costs one more call, no more.
    """

    def __init__(self, export: Export, connector: Connector, lease: Lease) -> None:
        self._remote = vendor_export.remote_of(export)
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

    def fetch(self, last: int) -> None:
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
            vendor_export.note_answer(self._export)
        failpoint("remote_page_saved")

    def _put_off(self, number: int, error: Temporary) -> None:
        self._failures[number] = failures = self._failures.get(number, 0) + 1
        if failures >= PAGE_TRIES or vendor_export.is_away(error):
            self._save_what_comes()
            raise error
        wait = min(vendor_export.FIRST_WAIT * 2 ** (failures - 1), vendor_export.MOST_WAIT)
        self._asked.discard(number)
        self._later.append((time.monotonic() + max(wait, error.retry_after or 0.0), number))

    def _save_what_comes(self) -> None:
        """Save the pages that are under way and come soon, so that they are not fetched again."""
        until = time.monotonic() + STOP_SECONDS
        with suppress(Empty):
            while self._asked and (left := until - time.monotonic()) > 0:
                number, answer = self._answers.get(timeout=left)
                self._asked.discard(number)
                if isinstance(answer, ExportPage):
                    save_page(remote=self._remote, page=answer)

    def _ask(self) -> None:
        """Fetch pages until stopped, from a thread with its own database connection."""
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


def check_page(*, remote: RemoteExport, page: ExportPage) -> None:
    """Raise `ContractBroken` for a page that has not the rows it must have."""
    size, total = remote.page_size or 1, remote.total_rows or 0
    wanted = min(size, total - (page.number - 1) * size)
    if page.total_rows not in (total, None) or len(page.rows) != wanted:
        raise ContractBroken("The vendor's page has other rows than expected.", path="rows")


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
            values |= dict.fromkeys(name for name in names if name in values)
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
                "The vendor's contact id is not valid.", path=f"rows.{place}.contact_id"
            ) from error
    return keys
