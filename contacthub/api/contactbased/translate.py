"""ContactHub's things in ContactBased's words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.queries.envelopes import Envelope
from contacthub.exports.columns import make_column
from contacthub.exports.models import Export
from contacthub.feeds.models import FeedGrant, Search
from contacthub.feeds.queries import DayCount, Preview
from contacthub.formats import Column
from contacthub.wire import contactbased as wire

# The vendor's name of a column, where it is not ours.
ROW_NAMES = {"observed_on": "observed_date"}


def preview(grant: FeedGrant, found: Preview, *, with_days: bool) -> dict[str, Any]:
    """Serialize a preview."""
    return {
        "feed_id": grant.feed.public_id,
        "lookback_days": len(found.days),
        "start_date": found.window.start,
        "end_date": found.window.end,
        "total_records": found.record_count,
        "records_with_contact_id": found.with_contact_count,
        "records_without_contact_id": found.without_contact_count,
        "daily_counts": daily_counts(found.days) if with_days else None,
    }


def daily_counts(days: Sequence[DayCount]) -> list[dict[str, Any]]:
    """Serialize counts by day."""
    return [{"date": day.day, "count": day.records} for day in days]


def search(saved: Search) -> dict[str, Any]:
    """Serialize a saved search."""
    return {
        "job_id": saved.pk,
        "feed_id": saved.feed.public_id,
        "lookback_days": saved.lookback_days,
        "start_date": saved.start_on,
        "end_date": saved.end_on,
        "total_records": saved.record_count,
        "records_with_contact_id": saved.with_contact_count,
        "records_without_contact_id": saved.without_contact_count,
        "created_at": saved.created_at,
    }


def export_summary(export: Export) -> dict[str, Any]:
    """Serialize an export."""
    saved = export.feed_search
    return {
        "export_id": export.pk,
        "feed_id": saved.feed.public_id,
        "job_id": saved.pk,
        "lookback_days": saved.lookback_days,
        "start_date": saved.start_on,
        "end_date": saved.end_on,
        "total_rows": export.total_rows,
        "total_pages": export.total_pages,
        "page_size": export.page_size,
        "get_pii": export.get_pii,
        "include_business_info": export.include_business_info,
        "require_contact_id": export.require_contact_id,
        "max_rows": export.max_rows,
        "created_at": export.created_at,
    }


def page(export: Export, number: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Serialize a page of rows that were read with `row_columns`."""
    return {
        "export_id": export.pk,
        "page": number,
        "page_size": export.page_size,
        "total_rows": export.total_rows,
        "total_pages": export.total_pages,
        "rows": rows,
    }


def row_columns(names: Sequence[str]) -> list[Column]:
    """Return those columns that a row has, named as the vendor does, so that rows need no translation one by one."""
    columns = (replace(make_column(name), name=ROW_NAMES.get(name, name)) for name in names)
    return [column for column in columns if column.name in wire.Row.model_fields]


def feed(grant: FeedGrant) -> dict[str, Any]:
    """Serialize what an organization may do with a feed."""
    return {
        "feed_id": grant.feed.public_id,
        "description": grant.feed.description or grant.feed.name,
        "pii_enabled": grant.is_pii_enabled,
        "business_info_enabled": grant.is_business_info_enabled,
        "lookback_days": grant.lookback_days,
        "export_row_limit": grant.export_row_limit,
        "export_rows_used": grant.export_rows_used,
        "export_rows_remaining": grant.export_rows_remaining,
    }


def envelope(found: Envelope) -> bytes:
    """Serialize what is known of a contact by joining the catalog's ready-made texts."""
    return (
        f'{{"contact_id":"{format_contact_id(found.key)}","found_sections":{found.found_sections},'
        f'"pii":{found.pii or "null"},"emails":{found.emails or "null"},"phones":{found.phones or "null"}}}'
    ).encode()


def envelopes(found: Sequence[Envelope]) -> bytes:
    """Serialize a batch, aligned with the request."""
    return b'{"results":[' + b",".join(map(envelope, found)) + b"]}"
