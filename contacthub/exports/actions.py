"""Writes about exports: make one for the price that was quoted, cancel it, run it again, record a download."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction

from contacthub.core.errors import (
    AlreadyFinished,
    Conflict,
    Invalid,
    NotAllowed,
    OptionNotAllowed,
    QuoteChanged,
)
from contacthub.core.failpoints import failpoint
from contacthub.exports import queries
from contacthub.exports.columns import list_names
from contacthub.exports.models import Export, RemoteExport
from contacthub.exports.orders import ExportOrder
from contacthub.exports.queries import ExportOptions
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant, Search
from contacthub.feeds.queries import get_search, lock_search
from contacthub.formats import FORMATS
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import ActorKind, Organization

RENDER_TASK = "contacthub.exports.tasks.render_file"
BRING_TASK = "contacthub.exports.tasks.bring_file"


def create_export(
    *,
    organization: Organization,
    actor: Actor,
    order: ExportOrder,
    request_key: str | None = None,
) -> tuple[Export, bool]:
    """Reserve an export's rows and save it, with the job of its file if a format is requested.

    The time does not depend on the number of rows. A repeated `request_key` returns the export of the first request and
    False. Raises `NotFound`, `OptionNotAllowed`, `QuotaExceeded`, `Invalid`, `Conflict`, or `QuoteChanged` if the
    charge is no longer the one that was shown.
    """
    digest = order.digest()
    if request_key is not None and (made := _find_repeated(organization, request_key, digest)):
        return made, False
    try:
        with transaction.atomic():
            export = _create(organization, actor, order)
            if request_key is not None:
                export.request_key, export.request_hash = request_key, digest
                export.save(update_fields=["request_key", "request_hash"])
    except IntegrityError:
        # The same request came twice at once, and the other one was first.
        made = (
            _find_repeated(organization, request_key, digest) if request_key is not None else None
        )
        if made is None:
            raise
        return made, False
    failpoint("export_committed")
    return export, True


def _create(organization: Organization, actor: Actor, order: ExportOrder) -> Export:
    get_search(organization=organization, search_id=order.search_id)
    # The search is locked first: exports of one search are made one after another, so exactly one of them pays.
    search = lock_search(search_id=order.search_id)
    grant = FeedGrant.objects.select_related("feed").get(pk=search.grant_id)
    options, format = order.options, order.format
    check_options(grant=grant, options=options)
    check_purpose(actor=actor, options=options, purpose=order.purpose)
    remote = _find_remote(search, options, format)
    quote = queries.get_quote(search=search, grant=grant, options=options)
    if order.quoted_rows is not None and order.quoted_rows != quote.charged_rows:
        raise QuoteChanged(
            f"This export would now charge {quote.charged_rows:,} rows instead of {order.quoted_rows:,}."
        )
    export = Export(
        id=uuid4(),
        organization=organization,
        search=search,
        remote=remote,
        state=Export.State.RUNNING if format else Export.State.COMPLETED,
        name=(order.name.strip() or _default_name(grant, search))[:200],
        purpose=order.purpose.strip()[:300],
        format=format or "",
        columns=choose_columns(
            options=options, format=format, columns=order.columns, is_remote=remote is not None
        ),
        **asdict(options),
        matched_rows=quote.matched_rows,
        total_rows=quote.total_rows,
        page_size=(remote and remote.page_size) or settings.CONTACTBASED_EXPORT_PAGE_SIZE,
        charged_rows=quote.charged_rows,
        created_by=actor.user,
        created_by_name=actor.name,
    )
    if format:
        export.job = _enqueue(export)
    export.save(force_insert=True)
    _record(export, actor, "Exported", rows=export.total_rows, detail=_describe(export))
    # Last, because the grant's row stays locked until the commit.
    feed_actions.charge_search(
        search=search,
        export_id=export.pk,
        rows=quote.total_rows,
        actor=actor,
        note=_held_for(search),
    )
    if not format:
        feed_actions.settle_charge(search=search, actor=actor)
    return export


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


def _held_for(search: Search) -> str:
    return f"Until {search.feed.vendor_label} charges them" if search.feed.is_remote else ""


def check_options(*, grant: FeedGrant, options: ExportOptions) -> None:
    """Raise `OptionNotAllowed` for an option that the grant does not include."""
    if options.get_pii and not grant.is_pii_enabled:
        raise OptionNotAllowed("PII is not part of this feed's agreement.")
    if options.include_business_info and not grant.is_business_info_enabled:
        raise OptionNotAllowed("Business info is not part of this feed's agreement.")


def check_purpose(*, actor: Actor, options: ExportOptions, purpose: str) -> None:
    """Raise `Invalid` if a person takes personal data without saying what for; programs have no field for it."""
    if actor.kind == ActorKind.PERSON and is_purpose_missing(options=options, purpose=purpose):
        raise Invalid("Enter what the personal data is for.", field="purpose")


def is_purpose_missing(*, options: ExportOptions, purpose: str) -> bool:
    """Return whether an export holds personal data without a stated purpose."""
    return options.get_pii and not purpose.strip()


def choose_columns(
    *,
    options: ExportOptions,
    format: str | None,
    columns: Sequence[str] | None,
    is_remote: bool = False,
) -> list[str]:
    """Return the columns of a file: the chosen ones in the chosen order, or all that the options include."""
    available = list_names(
        get_pii=options.get_pii,
        include_business_info=options.include_business_info,
        is_remote=is_remote,
    )
    if format is not None and format not in FORMATS:
        raise Invalid(f"A format is one of {', '.join(FORMATS)}.", field="format")
    if columns is None:
        return available
    if unknown := [name for name in columns if name not in available]:
        raise Invalid(f"The column {unknown[0]} is not part of this export.", field="columns")
    if not columns or len(set(columns)) != len(columns):
        raise Invalid("Choose at least one column, and each one once.", field="columns")
    return list(columns)


def cancel_export(*, organization: Organization, actor: Actor, export_id: UUID) -> Job.State:
    """Stop an export. Returns CANCELLED if it had not started, RUNNING where the worker stops it in a moment."""
    export = queries.get_export(organization=organization, export_id=export_id)
    with transaction.atomic():
        lock_search(search_id=export.search_id)
        if export.job is None:
            raise AlreadyFinished("This export is complete; there is nothing to cancel.")
        state = job_actions.request_cancel(job=export.job)
        _record(export, actor, "Asked to cancel export")
        if state == Job.State.CANCELLED:
            undo_export(export=export, state=Export.State.CANCELLED, actor=actor)
    return state


def retry_export(
    *,
    organization: Organization,
    actor: Actor,
    export_id: UUID,
    purpose: str = "",
    quoted_rows: int | None = None,
    total_rows: int | None = None,
) -> Export:
    """Run a failed or cancelled export again, for what it costs now. Raises as `create_export` does.

    `total_rows` is the number of rows that the caller was shown; a vendor may have moved it since. The `purpose` it
    was made for stays; one that was made without takes another.
    """
    export = queries.get_export(organization=organization, export_id=export_id)
    with transaction.atomic():
        search = lock_search(search_id=export.search_id)
        export = Export.objects.select_related("job", "remote").get(pk=export.pk)
        if export.state not in (Export.State.FAILED, Export.State.CANCELLED) or export.job is None:
            raise Conflict("Only a failed or cancelled export can be run again.")
        grant = FeedGrant.objects.get(pk=search.grant_id)
        options = options_of(export)
        check_options(grant=grant, options=options)
        export.purpose = export.purpose or purpose.strip()[:300]
        check_purpose(actor=actor, options=options, purpose=export.purpose)
        if export.remote is not None:
            _check_open(export.remote, search)
        quote = queries.get_quote(search=search, grant=grant, options=options)
        if quoted_rows is not None and quoted_rows != quote.charged_rows:
            raise QuoteChanged(
                f"Running it again would now charge {quote.charged_rows:,} rows instead of {quoted_rows:,}."
            )
        if total_rows is not None and total_rows != quote.total_rows:
            raise QuoteChanged(
                f"It would now have {quote.total_rows:,} rows instead of {total_rows:,}."
            )
        job_actions.restart_job(job=export.job, total=quote.total_rows)
        export.state, export.charged_rows = Export.State.RUNNING, quote.charged_rows
        if search.charged_export == export.pk:
            # The vendor charged it when it was run before.
            export.charged_rows = min(search.charged_rows, quote.total_rows)
        # Other numbers than before only where a vendor has moved its own.
        export.matched_rows, export.total_rows = quote.matched_rows, quote.total_rows
        export.save(
            update_fields=["state", "charged_rows", "matched_rows", "total_rows", "purpose"]
        )
        _record(export, actor, "Ran export again", rows=export.total_rows, detail=_describe(export))
        feed_actions.charge_search(
            search=search,
            export_id=export.pk,
            rows=export.total_rows,
            actor=actor,
            note=_held_for(search),
        )
    return export


def _check_open(remote: RemoteExport, search: Search) -> None:
    if remote.brought_at is None and search.feed.closed_because:
        raise Conflict(search.feed.closed_because)


def options_of(export: Export) -> ExportOptions:
    """Return the options an export was made with."""
    return ExportOptions(
        export.get_pii, export.include_business_info, export.require_contact_id, export.max_rows
    )


def complete_export(*, export: Export) -> None:
    """Make an export and its charge final, in the transaction that ends its job."""
    search = lock_search(search_id=export.search_id)
    Export.objects.filter(pk=export.pk).update(state=Export.State.COMPLETED)
    feed_actions.settle_charge(search=search, actor=Actor(name=export.created_by_name))


def undo_export(*, export: Export, state: Export.State, actor: Actor) -> None:
    """End an export without a file and give back its rows, in the transaction that ends its job.

    Rows that another live export of the same search uses stay charged: they are delivered by that one.
    """
    search = lock_search(search_id=export.search_id)
    Export.objects.filter(pk=export.pk).update(state=state)
    released = 0
    # What a vendor has charged is settled, and stays so.
    if not queries.has_other_live_export(export=export):
        released = feed_actions.release_charge(search=search, actor=actor, note=f"Export {state}")
    action = "Cancelled export" if state == Export.State.CANCELLED else "Export failed"
    _record(export, actor, action, rows=released, detail=f"{released:,} rows given back")


def record_download(*, export: Export, actor: Actor, size: int) -> None:
    """Record that a file was handed out, each time."""
    _record(export, actor, "Downloaded", rows=export.total_rows, detail=f"{size:,} bytes")


def _enqueue(export: Export) -> Job:
    is_here = export.remote is None or export.remote.brought_at is not None
    return job_actions.enqueue_job(
        organization=export.organization,
        task=RENDER_TASK if is_here else BRING_TASK,
        title=export.name,
        total=export.total_rows,
        subject=f"export {export.pk}",
        created_by=export.created_by,
        keeps_file=True,
    )


def _record(
    export: Export, actor: Actor, action: str, rows: int | None = None, detail: str = ""
) -> None:
    record_event(
        organization=export.organization,
        actor=actor,
        action=action,
        target=export.name,
        subject=export.pk,
        detail=detail,
        rows=rows,
        has_personal_data=export.get_pii,
    )


def _describe(export: Export) -> str:
    parts = [f"{export.search.start_on:%-d %b} – {export.search.end_on:%-d %b %Y}"]
    parts += ["with contact_id"] if export.require_contact_id else []
    parts += [f"at most {export.max_rows:,}"] if export.max_rows is not None else []
    parts += [f"“{export.purpose}”"] if export.purpose else []
    return ", ".join(parts)


def _default_name(grant: FeedGrant, search: Search) -> str:
    return f"{grant.feed.name}, {search.start_on:%-d %b} – {search.end_on:%-d %b}"


def _find_repeated(
    organization: Organization, request_key: str | None, digest: bytes
) -> Export | None:
    made = Export.objects.filter(organization=organization, request_key=request_key).first()
    if made is not None and bytes(made.request_hash or b"") != digest:
        raise NotAllowed(
            "This form was already sent with other choices. Open it again to export something else."
        )
    return made
