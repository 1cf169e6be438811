"""Writes about lists that are started: run, cancel, run again, end, download."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from contacthub.core.errors import AlreadyFinished, Conflict, Invalid
from contacthub.enrichment.actions.events import record, record_draft
from contacthub.enrichment.matching import count_rows
from contacthub.enrichment.models import EnrichmentBatch, Section, UploadPart
from contacthub.enrichment.plans import Plan
from contacthub.enrichment.queries.batches import is_matching, lock_batch
from contacthub.enrichment.queries.quotes import quote_lookups
from contacthub.enrichment.queries.waterfall import get_plan
from contacthub.enrichment.sql import parts as sql
from contacthub.formats import FORMATS
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

ANSWER_TASK = "contacthub.enrichment.tasks.answer_rows"
ASK_TASK = "contacthub.enrichment.tasks.ask_and_answer_rows"
# Rows of a trial.
TRIAL_ROWS = 10
State = EnrichmentBatch.State


def start_batch(
    *,
    organization: Organization,
    actor: Actor,
    batch_id: UUID,
    sections: Sequence[str],
    format: str,
    name: str = "",
    request_key: str | None = None,
    lookup_limit: int = 0,
) -> tuple[EnrichmentBatch, bool]:
    """Start a checked draft. Free without a `lookup_limit`: answers come from the organization's own catalog.

    With one, the vendors of the waterfall are queried for data missing from the catalog, up to that many lookups and
    never more than the waterfall's own limit; the waterfall is kept as it is now. A repeated `request_key` returns the
    list it started and False. Raises `NotFound`, `Invalid` for an unknown section or format, and `Conflict` for a list
    that is started already, is not mapped, or has no row to look up.
    """
    asked = check_sections(sections)
    if format not in FORMATS:
        raise Invalid(f"A format is one of {', '.join(FORMATS)}.", field="format")
    try:
        with transaction.atomic():
            batch = lock_batch(organization=organization, batch_id=batch_id)
            if request_key is not None and batch.request_key == request_key:
                return batch, False
            _check_startable(batch)
            if not batch.valid_count and not lookup_limit:
                raise Conflict("No row of this list is a contact of your catalog.")
            batch.name = name.strip()[:200] or batch.name
            batch.sections, batch.format, batch.state = asked, format, State.RUNNING
            batch.request_key = request_key
            _keep_plan(batch, lookup_limit)
            # The file can no longer be read another way.
            UploadPart.objects.filter(upload__batch=batch).delete()
            batch.job = _enqueue(batch, actor)
            batch.save()
            record(
                batch, actor, "Started enrichment", rows=batch.row_count, detail=_describe(batch)
            )
    except IntegrityError as error:
        raise Conflict("This form already started another list. Open it again.") from error
    return batch, True


def _keep_plan(batch: EnrichmentBatch, lookup_limit: int) -> None:
    """Keep the waterfall that is agreed to with the list; without lookups no vendor is queried."""
    if not lookup_limit:
        return
    if lookup_limit < 0:
        raise Invalid("A limit of lookups is 1 or more.", field="lookup_limit")
    sections = [Section(section) for section in batch.sections]
    plan = get_plan(organization=batch.organization, sections=sections)
    if not plan.connections:
        raise Conflict("The waterfall no longer has a vendor for these sections.")
    batch.plan = plan.as_json()
    batch.lookup_limit = min(lookup_limit, quote_lookups(batch, plan).altogether)


def start_trial(
    *,
    organization: Organization,
    actor: Actor,
    batch_id: UUID,
    sections: Sequence[str],
    format: str,
    lookup_limit: int,
    request_key: str | None = None,
) -> EnrichmentBatch:
    """Run the first ten rows of a checked draft as a list of their own; the draft stays. Raises as `start_batch`."""
    with transaction.atomic():
        draft = lock_batch(organization=organization, batch_id=batch_id)
        started = _find_started(organization, request_key)
        if started is not None:
            return started
        _check_startable(draft)
        part = _copy_part(draft, actor, name=f"{draft.name[:170]} (first {TRIAL_ROWS} rows)")
        sql.copy_first_rows(source=draft.pk, target=part.pk, most=TRIAL_ROWS)
        _save_counts(part)
        batch, _ = start_batch(
            organization=organization,
            actor=actor,
            batch_id=part.pk,
            sections=sections,
            format=format,
            request_key=request_key,
            lookup_limit=lookup_limit,
        )
    return batch


def ask_failed_again(
    *, organization: Organization, actor: Actor, batch_id: UUID
) -> EnrichmentBatch:
    """Run the failed rows of a completed list again, as a list of their own that spends as much as these rows may.

    The waterfall is the one that was agreed to; the page states the lookups. Raises `NotFound`, and `Conflict` where
    there is nothing to look up.
    """
    with transaction.atomic():
        source = lock_batch(organization=organization, batch_id=batch_id)
        if source.state != State.COMPLETED or not source.asks_vendors:
            raise Conflict("Only the failed rows of a completed enrichment can be retried.")
        if source.parts.filter(state=State.RUNNING).exists():
            raise Conflict("The failed rows are already being retried.")
        part = _copy_part(source, actor, name=f"{source.name[:180]} (failed rows)")
        sql.copy_failed_rows(source=source.pk, target=part.pk)
        _save_counts(part)
        if not part.lookup_count:
            raise Conflict("No row of this list failed.")
        part.sections, part.format, part.plan = source.sections, source.format, source.plan
        part.lookup_limit = quote_lookups(part, Plan.from_json(source.plan)).altogether
        part.state = State.RUNNING
        part.job = _enqueue(part, actor)
        part.save()
        record(part, actor, "Asked failed rows again", rows=part.row_count, detail=_describe(part))
    return part


def _find_started(organization: Organization, request_key: str | None) -> EnrichmentBatch | None:
    if request_key is None:
        return None
    return EnrichmentBatch.objects.filter(
        organization=organization, request_key=request_key
    ).first()


def _copy_part(source: EnrichmentBatch, actor: Actor, *, name: str) -> EnrichmentBatch:
    """Save an empty list that reads its rows as another one does."""
    return EnrichmentBatch.objects.create(
        organization=source.organization,
        origin=source,
        name=name,
        file_name=source.file_name,
        reading=source.reading,
        header=source.header,
        fit_counts=source.fit_counts,
        id_column=source.id_column,
        uses=source.uses,
        is_mapped=True,
        row_count=0,
        created_by=actor.user,
        created_by_name=actor.name[:200],
    )


def _save_counts(batch: EnrichmentBatch) -> None:
    count_rows(batch)
    batch.row_count = batch.rows.count()
    batch.save()


def check_sections(sections: Sequence[str]) -> list[Section]:
    """Return the requested sections in their order. Raises `Invalid` for none and for an unknown one."""
    if unknown := [name for name in sections if name not in Section.values]:
        raise Invalid(f"There is no section {unknown[0]}.", field="sections")
    asked = [section for section in Section if section in sections]
    if not asked:
        raise Invalid("Choose at least one section.", field="sections")
    return asked


def _check_startable(batch: EnrichmentBatch) -> None:
    if batch.state != State.DRAFT:
        raise Conflict("This list has already started.")
    if not batch.is_mapped:
        raise Conflict("Choose the columns with keys first.")
    if is_matching(batch):
        raise Conflict("The rows are still being matched.")
    if not batch.lookup_count:
        what = "has a contact id" if batch.is_by_ids else "is a contact, or can be"
        raise Conflict(f"No row of this list {what}; there is nothing to look up.")


def cancel_batch(*, organization: Organization, actor: Actor, batch_id: UUID) -> Job.State:
    """Stop a list. Returns CANCELLED if it had not begun, RUNNING where the worker stops it in a moment.

    Raises `NotFound`, and `Conflict` for one that does not run.
    """
    with transaction.atomic():
        batch = lock_batch(organization=organization, batch_id=batch_id)
        if batch.job is None or batch.state != State.RUNNING:
            raise AlreadyFinished(
                f"This enrichment is {batch.get_state_display().lower()}; there is nothing to cancel."
            )
        state = job_actions.request_cancel(job=batch.job)
        record(batch, actor, "Asked to cancel enrichment", rows=batch.row_count)
        if state == Job.State.CANCELLED:
            undo_batch(batch=batch, state=State.CANCELLED, actor=actor)
    return state


def retry_batch(*, organization: Organization, actor: Actor, batch_id: UUID) -> EnrichmentBatch:
    """Run a failed or cancelled list again from its first row. Raises `NotFound` or `Conflict`."""
    with transaction.atomic():
        batch = lock_batch(organization=organization, batch_id=batch_id)
        if batch.state not in (State.FAILED, State.CANCELLED) or batch.job is None:
            raise Conflict("Only a failed or cancelled enrichment can be run again.")
        job_actions.restart_job(job=batch.job)
        batch.answers.all().delete()
        batch.found_count = batch.empty_count = batch.no_record_count = batch.unusable_count = 0
        batch.failed_count = batch.blocked_count = batch.left_out_count = 0
        batch.state = State.RUNNING
        batch.save()
        record(batch, actor, "Ran enrichment again", rows=batch.row_count, detail=_describe(batch))
    return batch


def complete_batch(*, batch: EnrichmentBatch) -> None:
    """Make a list final, in the transaction that ends its job."""
    EnrichmentBatch.objects.filter(pk=batch.pk).update(state=State.COMPLETED)


def undo_batch(*, batch: EnrichmentBatch, state: EnrichmentBatch.State, actor: Actor) -> None:
    """End a list without a file, in the transaction that ends its job."""
    EnrichmentBatch.objects.filter(pk=batch.pk).update(state=state)
    action = "Cancelled enrichment" if state == State.CANCELLED else "Enrichment failed"
    record(batch, actor, action, rows=batch.row_count)


def record_download(*, batch: EnrichmentBatch, actor: Actor, size: int) -> None:
    """Record that a result file was handed out, each time."""
    record(batch, actor, "Downloaded enrichment", rows=batch.row_count, detail=f"{size:,} bytes")


def record_rejects_download(*, batch: EnrichmentBatch, actor: Actor) -> None:
    """Record that the list of unusable rows was handed out."""
    record_draft(batch, actor, "Downloaded rejected rows", rows=batch.reject_count)


def _enqueue(batch: EnrichmentBatch, actor: Actor) -> Job:
    return job_actions.enqueue_job(
        organization=batch.organization,
        task=ASK_TASK if batch.asks_vendors else ANSWER_TASK,
        title=batch.name,
        # With vendors a row is done twice: when it was looked up, and when it is answered.
        total=batch.row_count + (batch.lookup_count if batch.asks_vendors else 0),
        subject=f"enrichment {batch.pk}",
        created_by=actor.user,
        keeps_file=True,
    )


def _describe(batch: EnrichmentBatch) -> str:
    asked = ", ".join(Section(section).label.lower() for section in batch.sections)
    cost = f"up to {batch.lookup_limit:,} paid" if batch.asks_vendors else "free"
    lookups = batch.lookup_count if batch.asks_vendors else batch.valid_count
    return f"{asked}; {lookups:,} lookups, {cost}"
