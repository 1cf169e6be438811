"""What becomes of ContactBased's messages: the vendor's words in ours."""

import datetime as dt
import re
from operator import attrgetter
from typing import NamedTuple

from contacthub.connectors import contactbased_messages as messages
from contacthub.connectors import records
from contacthub.connectors.contactbased_messages import Stage
from contacthub.connectors.replies import broken
from contacthub.core import clock

# The look-back of a feed that says none: the one that the vendor's documents show.
USUAL_LOOKBACK = 30
# The id that we give to a window which the vendor has counted and not saved: its feed and its days.
WINDOW_ID = re.compile(r"window:(?P<feed>.+):(?P<days>\d{1,5}):\d{4}-\d\d-\d\d", re.ASCII)


class WindowId(NamedTuple):
    """A window that the vendor has not saved."""

    feed_id: str
    lookback_days: int


def read_window_id(search_id: str) -> WindowId | None:
    """Return the window that an id of ours stands for; None for an id of the vendor's."""
    match = WINDOW_ID.fullmatch(search_id)
    return WindowId(match["feed"], int(match["days"])) if match else None


def feed(entry: messages.FeedEntry, pool: records.Quota | None) -> records.RemoteFeed:
    """Return a feed with its own quota, or the account's pool where it has none."""
    limit, used, left = entry.export_row_limit, entry.export_rows_used, entry.export_rows_remaining
    if not entry.has_quota and pool is not None:
        limit, used, left = pool.limit, pool.used, pool.left
    return records.RemoteFeed(
        feed_id=entry.feed_id,
        description=entry.description or "",
        is_pii_enabled=bool(entry.pii_enabled),
        is_business_info_enabled=bool(entry.business_info_enabled),
        most_lookback_days=entry.lookback_days or USUAL_LOOKBACK,
        row_limit=_count(limit),
        rows_used=_count(used) or 0,
        rows_left=_count(left),
    )


def quota(entry: messages.FeedEntry) -> records.Quota:
    """Return a feed's own quota."""
    found = feed(entry, None)
    return records.Quota(found.description, found.rows_used, found.row_limit, found.rows_left)


def _count(value: int | None) -> int | None:
    return None if value is None else max(value, 0)


def search(found: messages.Window, feed_id: str, lookback_days: int) -> records.SavedSearch:
    """Return a counted window. Days that are not said follow from the look-back, which ends today."""
    end_on = found.end_date or clock.today()
    start_on = found.start_date or end_on - dt.timedelta(days=lookback_days - 1)
    without = found.records_without_contact_id
    if without is None:
        without = max(found.total_records - found.records_with_contact_id, 0)
    return records.SavedSearch(
        feed_id=found.feed_id or feed_id,
        lookback_days=found.lookback_days or lookback_days,
        start_on=start_on,
        end_on=end_on,
        record_count=found.total_records,
        with_contact_count=found.records_with_contact_id,
        without_contact_count=without,
        days=tuple(records.DayCount(day.date, day.count) for day in found.daily_counts or ()),
        search_id=found.job_id or f"window:{feed_id}:{lookback_days}:{end_on}",
        created_at=found.created_at,
    )


def summary(made: messages.Export, search_id: str) -> records.ExportSummary:
    """Return an export; `search_id` is the search it was requested, if the vendor does not say which."""
    stage = made.stage
    if stage is Stage.READY and None in (made.total_rows, made.total_pages, made.page_size):
        raise broken("total_rows", "an export that is ready has counts", b"")
    return records.ExportSummary(
        export_id=made.export_id,
        feed_id=made.feed_id or "",
        search_id=made.job_id or search_id,
        lookback_days=made.lookback_days,
        start_on=made.start_date,
        end_on=made.end_date,
        total_rows=made.total_rows or 0,
        total_pages=made.total_pages or 0,
        page_size=max(made.page_size or 1, 1),
        get_pii=made.get_pii,
        include_business_info=made.include_business_info,
        require_contact_id=made.require_contact_id,
        max_rows=made.max_rows,
        created_at=made.created_at,
        is_built=stage is Stage.READY,
        failure=(made.error or "The vendor gives no reason.") if stage is Stage.FAILED else "",
    )


# The vendor's names of a row's columns, in the order of ours.
ROW_NAMES = {"observed_on": "observed_date"}
_values_of = attrgetter(*(ROW_NAMES.get(name, name) for name in records.IntentRow._fields))


def row(found: messages.Row) -> records.IntentRow:
    """Return a row of an export."""
    return records.IntentRow._make(_values_of(found))


def enriched(envelope: messages.Envelope) -> records.Enriched:
    """Return what is known of a contact."""
    pii = envelope.pii
    return records.Enriched(
        contact_id="id_" + envelope.contact_id[3:],
        pii=None if pii is None else {name: value for name, value in pii if value is not None},
        emails=None if envelope.emails is None else tuple(map(_email, envelope.emails)),
        phones=None if envelope.phones is None else tuple(map(_phone, envelope.phones)),
    )


def _email(found: messages.Email) -> records.Email:
    return records.Email(
        email=found.email,
        first_seen=found.first_seen,
        last_seen=found.last_seen,
        observations=found.observations,
    )


def _phone(found: messages.Phone) -> records.Phone:
    return records.Phone(
        phone=found.phone,
        type=found.type,
        first_seen=found.first_seen,
        last_seen=found.last_seen,
        observations=found.observations,
    )
