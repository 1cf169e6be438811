"""Writes about feeds: create and grant them, run searches, and keep the ledger of rows."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from django.db import transaction

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound, QuotaExceeded
from contacthub.core.tabular import ImportReport, RejectFile, open_table
from contacthub.feeds import intake, runner, sql
from contacthub.feeds.models import Feed, FeedGrant, QuotaEntry, Search
from contacthub.feeds.windows import find_window
from contacthub.organizations.audit import COMMAND_LINE, Actor, record_event
from contacthub.organizations.models import Organization

MOST_LOOKBACK_DAYS = 3650
MOST_ROWS = 10**15


def create_feed(*, name: str, description: str = "") -> Feed:
    """Create a feed without grants."""
    if not name.strip():
        raise Invalid("A feed needs a name.", field="name")
    return Feed.objects.create(name=name.strip()[:120], description=description.strip()[:500])


def grant_feed(
    *,
    feed: Feed,
    organization: Organization,
    lookback_days: int,
    export_row_limit: int | None = None,
    pii: bool = False,
    business_info: bool = False,
    actor: Actor = COMMAND_LINE,
) -> FeedGrant:
    """Let an organization use a feed within its own limits. Granting again changes the limits.

    Raises `Conflict` for a vendor's feed: it is its owner's alone, within the vendor's limits.
    """
    check_local(feed)
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        grant = FeedGrant.objects.filter(feed=feed, organization=organization).first()
        if grant is None:
            check_limits(lookback_days=lookback_days, export_row_limit=export_row_limit)
            grant = FeedGrant.objects.create(
                feed=feed,
                organization=organization,
                lookback_days=lookback_days,
                export_row_limit=export_row_limit,
                is_pii_enabled=pii,
                is_business_info_enabled=business_info,
            )
            record_event(
                organization=organization, actor=actor, action="Granted feed", target=feed.name
            )
            return grant
        return change_grant(
            organization=organization,
            actor=actor,
            grant_id=grant.pk,
            lookback_days=lookback_days,
            export_row_limit=export_row_limit,
            pii=pii,
            business_info=business_info,
        )


def change_grant(
    *,
    organization: Organization,
    actor: Actor,
    grant_id: int,
    lookback_days: int,
    export_row_limit: int | None,
    pii: bool,
    business_info: bool,
) -> FeedGrant:
    """Change what an organization may do with a feed; the ledger shows a changed limit, the audit log every change.

    Searches and exports that exist stay as they are. A limit below what is used is legal: nothing is left then.
    """
    check_limits(lookback_days=lookback_days, export_row_limit=export_row_limit)
    wanted = {
        "lookback_days": lookback_days,
        "export_row_limit": export_row_limit,
        "is_pii_enabled": pii,
        "is_business_info_enabled": business_info,
    }
    with transaction.atomic():
        grant = (
            FeedGrant.objects.select_for_update(of=("self",))
            .select_related("feed")
            .filter(organization=organization, pk=grant_id)
            .first()
        )
        if grant is None:
            raise NotFound("There is no such feed.")
        check_local(grant.feed)
        changes = {
            name: [getattr(grant, name), value]
            for name, value in wanted.items()
            if getattr(grant, name) != value
        }
        if not changes:
            return grant
        for name, value in wanted.items():
            setattr(grant, name, value)
        if "export_row_limit" in changes:
            grant.rows_used_at_limit = grant.export_rows_used
            enter_adjustment(grant, actor, changes["export_row_limit"])
        grant.save()
        record_event(
            organization=organization,
            actor=actor,
            action="Changed feed limits",
            target=grant.feed.name,
            changes=changes,
        )
    return grant


def check_local(feed: Feed) -> None:
    """Raise `Conflict` for a vendor's feed, whose limits and records the vendor keeps."""
    if feed.is_remote:
        raise Conflict(f"{feed.vendor_label} keeps the limits and records of this feed.")


def enter_adjustment(grant: FeedGrant, actor: Actor, change: list[int | None]) -> None:
    """Write the ledger's line for a changed row limit."""
    before, after = (f"{limit:,}" if limit is not None else "none" for limit in change)
    QuotaEntry.objects.create(
        grant=grant,
        kind=QuotaEntry.Kind.ADJUST,
        rows=0,
        used_after=grant.export_rows_used,
        limit_after=grant.export_row_limit,
        actor_name=actor.name,
        note=f"Row limit: {before} → {after}",
    )


def check_limits(*, lookback_days: int, export_row_limit: int | None) -> None:
    """Raise `Invalid` for a cap outside 1 … 3,650 days or a limit below 0 rows."""
    if not 1 <= lookback_days <= MOST_LOOKBACK_DAYS:
        raise Invalid(
            f"Look-back must be between 1 and {MOST_LOOKBACK_DAYS:,} days.", field="lookback_days"
        )
    if export_row_limit is not None and not 0 <= export_row_limit <= MOST_ROWS:
        raise Invalid("Row limit must be 0 or more.", field="export_row_limit")


def run_search(
    *,
    organization: Organization,
    actor: Actor,
    grant: FeedGrant,
    lookback_days: int,
    today: dt.date | None = None,
) -> Search:
    """Freeze what a feed holds for a lookback that ends today. Free; takes the same time for any number of records.

    Raises `Conflict` for a vendor's feed, which its vendor searches (`feeds.mirror`).
    """
    check_local(grant.feed)
    window = find_window(grant=grant, lookback_days=lookback_days, today=today or clock.today())
    search_id = uuid4()
    with transaction.atomic():
        sql.insert_search(
            id=search_id,
            organization=organization.pk,
            grant=grant.pk,
            feed=grant.feed_id,
            lookback=lookback_days,
            start=window.start,
            end=window.end,
            user=actor.user.pk if actor.user else None,
            name=actor.name,
        )
        search = Search.objects.get(pk=search_id)
        record_event(
            organization=organization,
            actor=actor,
            action="Ran search",
            target=grant.feed.name,
            detail=f"{window.start:%-d %b} – {window.end:%-d %b %Y}",
            rows=search.record_count,
        )
    return search


# --- The ledger -----------------------------------------------------------------------------------
# One search is paid for once, by the first export that gets through. All three functions run in the caller's
# transaction on a search that the caller has locked; the order of locks is search, grant, job, everywhere.


def charge_search(
    *, search: Search, export_id: UUID, rows: int, actor: Actor, note: str = ""
) -> int:
    """Reserve `rows` for the first export of a locked search. Returns the rows charged: 0 if it is paid already.

    Raises `QuotaExceeded` and reserves nothing if too few rows are left.
    """
    if search.charged_export is not None:
        return 0
    if not sql.reserve_rows(
        grant_id=search.grant_id,
        search_id=search.pk,
        export_id=export_id,
        rows=rows,
        actor=actor.name,
        note=note,
    ):
        remaining = FeedGrant.objects.get(pk=search.grant_id).export_rows_remaining or 0
        raise QuotaExceeded(requested=rows, remaining=remaining)
    search.charged_export, search.charged_rows, search.is_charge_settled = export_id, rows, False
    search.save(update_fields=["charged_export", "charged_rows", "is_charge_settled"])
    return rows


def settle_charge(*, search: Search, actor: Actor, note: str = "") -> None:
    """Make the charge of a locked search final. Does nothing if it is already, or where nothing was charged."""
    if search.charged_export is None or search.is_charge_settled:
        return
    _end_charge(search, actor, is_released=False, note=note)
    search.is_charge_settled = True
    search.save(update_fields=["is_charge_settled"])


def release_charge(*, search: Search, actor: Actor, note: str) -> int:
    """Give back what a locked search has reserved. Returns the rows given back: 0 if the charge is settled."""
    if search.charged_export is None or search.is_charge_settled:
        return 0
    rows = search.charged_rows
    _end_charge(search, actor, is_released=True, note=note)
    search.charged_export, search.charged_rows = None, 0
    search.save(update_fields=["charged_export", "charged_rows"])
    return rows


def _end_charge(search: Search, actor: Actor, *, is_released: bool, note: str) -> None:
    if search.charged_export is None:
        raise Invalid("This search is not charged.")
    sql.end_reservation(
        grant_id=search.grant_id,
        search_id=search.pk,
        export_id=search.charged_export,
        rows=search.charged_rows,
        is_released=is_released,
        actor=actor.name,
        note=note,
    )


# --- Importing ------------------------------------------------------------------------------------


def import_intent(
    *,
    feed: Feed,
    path: Path,
    format: str | None = None,
    encoding: str | None = None,
    rejects_path: Path | None = None,
    today: dt.date | None = None,
    on_start: Callable[[int], None] = lambda size: None,
    on_progress: Callable[[int], None] = lambda position: None,
) -> tuple[ImportReport, Path | None]:
    """Read a file of intent records into a local feed; docs/import-format.md says what it may hold.

    Returns the counts and the path of the reject file (default: the file's name with `.rejects.csv`), or None where
    every row went in. The same file twice changes nothing; a stopped import leaves nothing.
    """
    check_local(feed)
    with (
        open_table(path, columns=intake.NAMES, format=format, encoding=encoding) as table,
        RejectFile.beside(path, rejects_path) as rejects,
    ):
        on_start(table.size)
        report = runner.import_intent(
            feed=feed,
            table=table,
            file_name=path.name,
            rejects=rejects,
            today=today or clock.today(),
            on_progress=on_progress,
        )
    return report, rejects.path if rejects.count else None
