"""An export as its vendor has made it: found again where the answer was lost, waited for while it is built, noted."""

import datetime as dt

from django.db import transaction

from contacthub.connectors.base import Connector
from contacthub.connectors.errors import ContractBroken
from contacthub.connectors.records import ExportSummary
from contacthub.core import clock
from contacthub.core.errors import Unavailable
from contacthub.exports.models import Export, RemoteExport
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.mirror.actions import recount_search, sync_connection
from contacthub.feeds.models import Search
from contacthub.feeds.queries import lock_search
from contacthub.jobs.lease import ComeBack
from contacthub.organizations.audit import Actor

MOST_PAGE_SIZE = 100_000
# An export that its vendor has not built by then ends the job. Until then it is looked at after these pauses.
MOST_BUILDING = dt.timedelta(hours=12)
LEAST_WAIT, MOST_WAIT = 2.0, 60.0
# How far the vendor's clock may be behind.
CLOCK_MARGIN = dt.timedelta(minutes=5)


def find_made(remote: RemoteExport, search: Search, connector: Connector) -> ExportSummary | None:
    """Return the export that an unanswered call has made; the oldest, so that every look finds the same one."""
    listed = connector.list_exports(search_id=search.remote_id)
    return next((each for each in reversed(listed) if _is_ours(each, remote, search)), None)


def _is_ours(summary: ExportSummary, remote: RemoteExport, search: Search) -> bool:
    if summary.failure or not _fits(summary, remote, search):
        return False
    if summary.created_at is None or remote.asked_at is None:
        return True
    # Of a search that the vendor has frozen every export has the same rows; of its days, only a fresh one.
    is_frozen = not search.remote_id.startswith("window:")
    return is_frozen or summary.created_at >= remote.asked_at - CLOCK_MARGIN


def _fits(summary: ExportSummary, remote: RemoteExport, search: Search) -> bool:
    """Return whether an export was requested as ours was, as far as the vendor says how."""
    said = (
        (summary.search_id, search.remote_id),
        (summary.feed_id or search.feed.remote_id, search.feed.remote_id),
        (summary.lookback_days or search.lookback_days, search.lookback_days),
        (summary.end_on or search.end_on, search.end_on),
        (_or(summary.get_pii, remote.get_pii), remote.get_pii),
        (
            _or(summary.include_business_info, remote.include_business_info),
            remote.include_business_info,
        ),
        (_or(summary.require_contact_id, remote.require_contact_id), remote.require_contact_id),
        # None means no limit where the vendor repeats the options, and nothing if it does not.
        (remote.max_rows if summary.get_pii is None else summary.max_rows, remote.max_rows),
    )
    return all(theirs == ours for theirs, ours in said)


def _or(said: bool | None, asked: bool) -> bool:
    return asked if said is None else said


def note_made(export: Export, remote: RemoteExport, search: Search, summary: ExportSummary) -> None:
    """Save the vendor's answer. One that is not built yet is noted by its id: it is never requested again."""
    if not _fits(summary, remote, search):
        raise ContractBroken("The vendor created a different export than requested.", path="job_id")
    if summary.is_built:
        _note_built(export, remote, search, summary)
    else:
        unmade = RemoteExport.objects.filter(pk=remote.pk, vendor_id="")
        unmade.update(vendor_id=summary.export_id)
    remote.refresh_from_db()


def wait_until_built(
    export: Export, remote: RemoteExport, search: Search, connector: Connector
) -> None:
    """Look at an export that the vendor builds, and note it once it is built.

    Raises `ComeBack` until then, and `Unavailable` where it will never be: then the vendor creates another one when
    someone runs it again.
    """
    label = search.feed.vendor_label
    summary = connector.get_export(remote.vendor_id)
    if summary.failure:
        RemoteExport.objects.filter(pk=remote.pk, total_rows=None).update(
            vendor_id="", asked_at=None
        )
        raise Unavailable(f"{label} could not build this export.")
    if summary.is_built:
        _note_built(export, remote, search, summary)
        return
    waited = clock.now() - (remote.asked_at or clock.now())
    if waited > MOST_BUILDING:
        hours = round(MOST_BUILDING.total_seconds() / 3600)
        raise Unavailable(f"{label} has not built this export in {hours} hours.")
    raise ComeBack(min(max(waited.total_seconds() / 4, LEAST_WAIT), MOST_WAIT))


def _note_built(
    export: Export, remote: RemoteExport, search: Search, summary: ExportSummary
) -> None:
    """Save what was built, and make the charge final: the vendor does not give rows back."""
    pages = -(-summary.total_rows // summary.page_size)
    if summary.total_pages != pages or summary.page_size > MOST_PAGE_SIZE:
        raise ContractBroken("The vendor's pages do not add up.", path="total_pages")
    label = search.feed.vendor_label
    with transaction.atomic():
        locked = lock_search(search_id=search.pk)
        # Two workers that were both told to do this: the first one's export counts, the rows are the same.
        RemoteExport.objects.filter(
            pk=remote.pk, vendor_id__in=("", summary.export_id), total_rows=None
        ).update(
            vendor_id=summary.export_id,
            total_rows=summary.total_rows,
            page_size=summary.page_size,
        )
        Export.objects.filter(remote=remote).update(page_size=summary.page_size)
        feed_actions.settle_charge(
            search=locked, actor=Actor(name=export.created_by_name), note=f"Charged by {label}"
        )
        if summary.total_rows != export.total_rows:
            _recount(locked, remote, summary.total_rows)
    if search.feed.connection is not None:
        sync_connection(search.feed.connection)


def _recount(search: Search, remote: RemoteExport, total: int) -> None:
    if remote.max_rows is not None and total > remote.max_rows:
        raise ContractBroken("The vendor exports more rows than requested.", path="total_rows")
    if remote.require_contact_id:
        records, with_contact = max(search.record_count, total), total
    else:
        records, with_contact = total, min(search.with_contact_count, total)
    recount_search(search=search, record_count=records, with_contact_count=with_contact)
