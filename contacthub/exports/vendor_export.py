"""An export that the vendor of a feed creates, once. Its pages are fetched in `vendor_pages`.

Calls are made outside of transactions. A resumed job continues from what is saved: the vendor's id
of the export, found by listing where its creation was not noted, and the pages that are here.
"""

import datetime as dt
import time

from contacthub.connectors.base import Connector
from contacthub.connectors.errors import Temporary, Unreachable
from contacthub.connectors.records import ExportSummary
from contacthub.core import clock
from contacthub.core.errors import Invalid, QuoteChanged, Unavailable
from contacthub.core.failpoints import failpoint
from contacthub.exports import building
from contacthub.exports.models import Export, RemoteExport
from contacthub.feeds.mirror.actions import recount_search
from contacthub.feeds.models import Search
from contacthub.jobs.lease import ComeBack, Lease

# How often the vendor is called to create an export before the job lets others work.
CREATE_TRIES = 4
# Seconds between two tries of the same thing: they grow from the first to the second.
FIRST_WAIT, MOST_WAIT = 0.5, 4.0
# If the vendor is down for this long, the job fails. Until then it is called again after these pauses.
MOST_AWAY = dt.timedelta(minutes=30)
FIRST_PAUSE, MOST_PAUSE = 5.0, 120.0


# --- Making it ------------------------------------------------------------------------------------


def make_at_vendor(*, export: Export, connector: Connector, lease: Lease) -> None:
    """See to it that the vendor has made an export, and charged it once, and that it has the rows that were quoted.

    Raises `QuoteChanged` if the vendor counts other rows than were quoted: before anything is spent if the search
    itself has changed, and in any case before a row is fetched.
    """
    remote, search = remote_of(export), export.feed_search
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


def remote_of(export: Export) -> RemoteExport:
    """Return the export that the vendor is to create. Raises `Invalid` for an export of our own records."""
    if export.remote is None:
        raise Invalid("This export is not a vendor's.")
    return export.remote


def _check_counts(search: Search, connector: Connector) -> None:
    """Raise `QuoteChanged` if the vendor's counts of the search are no longer those of the quote."""
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
        f"{label} now counts {now:,} rows instead of {before:,}, so no rows were fetched."
    )


def _make(remote: RemoteExport, search: Search, connector: Connector) -> ExportSummary:
    """Return the vendor's export: one that is there, or else a new one.

    Once it was requested, it may exist whatever was answered, so the vendor's list is read before another request.
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
            if tries >= CREATE_TRIES or is_away(error):
                raise
            time.sleep(max(wait, error.retry_after or 0.0))
            wait = min(2 * wait, MOST_WAIT)


# --- While the vendor is down ---------------------------------------------------------------------


def is_away(error: Temporary) -> bool:
    """Return whether a worker should rather do something else than wait for what failed."""
    is_late = isinstance(error, Unreachable) and error.is_late
    return is_late or (error.retry_after or 0.0) > MOST_WAIT


def note_answer(export: Export) -> None:
    """Note that the vendor answers."""
    RemoteExport.objects.filter(exports=export).exclude(away_since=None).update(away_since=None)


def put_off(export: Export, error: Temporary) -> Exception:
    """Return what to raise for a vendor that is down: `ComeBack` at first, and the error itself when it lasts.

    What is here stays; a job that comes back fetches only what is missing.
    """
    remote, now = remote_of(export), clock.now()
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
