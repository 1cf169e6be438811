"""Writes about exports: make one for the price that was quoted, cancel it, run it again, record a download."""

from dataclasses import asdict
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from contacthub.contacts.models import Selection
from contacthub.contacts.selections import lock_selection, thaw_selection
from contacthub.core.apart import apart
from contacthub.core.errors import AlreadyFinished, Conflict, NotAllowed, QuoteChanged
from contacthub.core.failpoints import failpoint
from contacthub.exports import queries
from contacthub.exports.models import Export
from contacthub.exports.options import Quote
from contacthub.exports.orders import ExportOrder
from contacthub.exports.sources import choose_source, source_of
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

RENDER_TASK = "contacthub.exports.tasks.render_file"
BRING_TASK = "contacthub.exports.tasks.bring_file"
# Selections of one round of forgetting.
MOST_FORGOTTEN = 500


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
    export = Export(
        id=uuid4(),
        organization=organization,
        state=Export.State.RUNNING if order.format else Export.State.COMPLETED,
        purpose=order.purpose.strip()[:300],
        format=order.format or "",
        created_by=actor.user,
        created_by_name=actor.name,
        **asdict(order.options),
    )
    source = choose_source(export, order)
    source.draft(actor=actor, order=order)
    export.name = export.name[:200]
    if order.format:
        export.job = _enqueue(export)
    export.save(force_insert=True)
    _record(export, actor, "Exported", rows=export.total_rows, detail=_describe(export))
    # Last, because the grant's row stays locked until the commit.
    source.charge(actor=actor)
    if not order.format:
        source.settle(actor=actor)
    return export


def cancel_export(*, organization: Organization, actor: Actor, export_id: UUID) -> Job.State:
    """Stop an export. Returns CANCELLED if it had not started, RUNNING where the worker stops it in a moment."""
    export = queries.get_export(organization=organization, export_id=export_id)
    with transaction.atomic():
        source_of(export).lock()
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

    `total_rows` is the number of rows that the caller was shown; a vendor may have moved it since, and the catalog has
    other contacts. The `purpose` it was made for stays; one that was made without takes another.
    """
    export = queries.get_export(organization=organization, export_id=export_id)
    with transaction.atomic():
        source_of(export).lock()
        export = Export.objects.select_related("job", "remote").get(pk=export.pk)
        if export.state not in (Export.State.FAILED, Export.State.CANCELLED) or export.job is None:
            raise Conflict("Only a failed or cancelled export can be run again.")
        source = source_of(export)
        export.purpose = export.purpose or purpose.strip()[:300]
        source.check(actor=actor)
        quote = source.quote()
        _check_quote(quote, quoted_rows=quoted_rows, total_rows=total_rows)
        job_actions.restart_job(job=export.job, total=quote.total_rows)
        export.state = Export.State.RUNNING
        source.renew(quote)
        export.save(
            update_fields=["state", "charged_rows", "matched_rows", "total_rows", "purpose"]
        )
        _record(export, actor, "Ran export again", rows=export.total_rows, detail=_describe(export))
        source.charge(actor=actor)
    return export


def _check_quote(quote: Quote, *, quoted_rows: int | None, total_rows: int | None) -> None:
    if quoted_rows is not None and quoted_rows != quote.charged_rows:
        raise QuoteChanged(
            f"Running it again would now charge {quote.charged_rows:,} rows instead of {quoted_rows:,}."
        )
    if total_rows is not None and total_rows != quote.total_rows:
        raise QuoteChanged(
            f"It would now have {quote.total_rows:,} rows instead of {total_rows:,}."
        )


def complete_export(*, export: Export, omitted_rows: int = 0) -> None:
    """Make an export and its charge final, in the transaction that ends its job.

    `omitted_rows` were counted and gone from the catalog before they were written.
    """
    source = source_of(export)
    source.lock()
    export.total_rows = export.matched_rows - omitted_rows if omitted_rows else export.total_rows
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.COMPLETED, total_rows=export.total_rows
    )
    source.settle(actor=Actor(name=export.created_by_name))


def undo_export(*, export: Export, state: Export.State, actor: Actor) -> None:
    """End an export without a file and give back its rows, in the transaction that ends its job.

    Rows that another live export of the same search uses stay charged: they are delivered by that one.
    """
    source = source_of(export)
    source.lock()
    Export.objects.filter(pk=export.pk).update(state=state)
    released = source.give_back(actor=actor, note=f"Export {state}")
    action = "Cancelled export" if state == Export.State.CANCELLED else "Export failed"
    _record(export, actor, action, rows=released, detail=f"{released:,} rows given back")


def forget_selected_rows() -> int:
    """Forget which contacts stood in files that are deleted. Returns of how many exports."""
    over = Selection.objects.filter(export__job__result__deleted_at__isnull=False).exclude(
        frozen_at=None
    )
    count = 0
    for selection in over.order_by("frozen_at")[:MOST_FORGOTTEN]:
        with apart("selection_not_forgotten", selection=str(selection.pk)), transaction.atomic():
            locked = lock_selection(selection_id=selection.pk)
            thaw_selection(selection=locked, count=locked.count)
            count += 1
    return count


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
    said = source_of(export).describe()
    return f"{said}, “{export.purpose}”" if export.purpose else said


def _find_repeated(
    organization: Organization, request_key: str | None, digest: bytes
) -> Export | None:
    made = Export.objects.filter(organization=organization, request_key=request_key).first()
    if made is not None and bytes(made.request_hash or b"") != digest:
        raise NotAllowed(
            "This form was already sent with other choices. Open it again to export something else."
        )
    return made
