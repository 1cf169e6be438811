"""Writes about lists that are started: run, cancel, run again, end, download."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from contacthub.core.errors import Conflict, Invalid
from contacthub.enrichment import queries
from contacthub.enrichment.models import EnrichmentBatch, Section
from contacthub.jobs import actions as job_actions
from contacthub.jobs.encoders import FORMATS
from contacthub.jobs.models import Job
from contacthub.organizations.actions import Actor, record_event
from contacthub.organizations.models import Organization

ANSWER_TASK = "contacthub.enrichment.tasks.answer_rows"
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
) -> tuple[EnrichmentBatch, bool]:
    """Start a checked draft. Free: answers come from the organization's own catalogue.

    A repeated `request_key` returns the list it started and False. Raises `NotFound`, `Invalid` for an unknown section
    or format, and `Conflict` for a list that is started already, is not mapped, or has no row to look up.
    """
    asked = check_sections(sections)
    if format not in FORMATS:
        raise Invalid(f"A format is one of {', '.join(FORMATS)}.", field="format")
    try:
        with transaction.atomic():
            batch = queries.lock_batch(organization=organization, batch_id=batch_id)
            if request_key is not None and batch.request_key == request_key:
                return batch, False
            _check_startable(batch)
            batch.name = name.strip()[:200] or batch.name
            batch.sections, batch.format, batch.state = asked, format, State.RUNNING
            batch.request_key = request_key
            batch.job = _enqueue(batch, actor)
            batch.save()
            _record(batch, actor, "Started enrichment", detail=_describe(batch))
    except IntegrityError as error:
        raise Conflict("This form started another list already. Open it again.") from error
    return batch, True


def check_sections(sections: Sequence[str]) -> list[Section]:
    """Return the asked sections in their order. Raises `Invalid` for none and for an unknown one."""
    if unknown := [name for name in sections if name not in Section.values]:
        raise Invalid(f"There is no section {unknown[0]}.", field="sections")
    asked = [section for section in Section if section in sections]
    if not asked:
        raise Invalid("Choose at least one section to ask for.", field="sections")
    return asked


def _check_startable(batch: EnrichmentBatch) -> None:
    if batch.state != State.DRAFT:
        raise Conflict("This list was started already.")
    if not batch.is_mapped:
        raise Conflict("Choose the column of ids first.")
    if not batch.valid_count:
        raise Conflict("No row of this list holds a contact id; there is nothing to look up.")


def cancel_batch(*, organization: Organization, actor: Actor, batch_id: UUID) -> Job.State:
    """Stop a list. Returns CANCELLED where it had not begun, RUNNING where the worker stops it in a moment.

    Raises `NotFound`, and `Conflict` for one that does not run.
    """
    with transaction.atomic():
        batch = queries.lock_batch(organization=organization, batch_id=batch_id)
        if batch.job is None or batch.state != State.RUNNING:
            raise Conflict("This enrichment does not run; there is nothing to cancel.")
        state = job_actions.request_cancel(job=batch.job)
        _record(batch, actor, "Asked to cancel enrichment")
        if state == Job.State.CANCELLED:
            undo_batch(batch=batch, state=State.CANCELLED, actor=actor)
    return state


def retry_batch(*, organization: Organization, actor: Actor, batch_id: UUID) -> EnrichmentBatch:
    """Run a failed or cancelled list again from its first row. Raises `NotFound` or `Conflict`."""
    with transaction.atomic():
        batch = queries.lock_batch(organization=organization, batch_id=batch_id)
        if batch.state not in (State.FAILED, State.CANCELLED) or batch.job is None:
            raise Conflict("Only a failed or cancelled enrichment can be run again.")
        job_actions.restart_job(job=batch.job)
        batch.answers.all().delete()
        batch.found_count = batch.empty_count = batch.no_record_count = batch.unusable_count = 0
        batch.state = State.RUNNING
        batch.save()
        _record(batch, actor, "Ran enrichment again", detail=_describe(batch))
    return batch


def complete_batch(*, batch: EnrichmentBatch) -> None:
    """Make a list final, in the transaction that ends its job."""
    EnrichmentBatch.objects.filter(pk=batch.pk).update(state=State.COMPLETED)


def undo_batch(*, batch: EnrichmentBatch, state: EnrichmentBatch.State, actor: Actor) -> None:
    """End a list without a file, in the transaction that ends its job."""
    EnrichmentBatch.objects.filter(pk=batch.pk).update(state=state)
    action = "Cancelled enrichment" if state == State.CANCELLED else "Enrichment failed"
    _record(batch, actor, action)


def record_download(*, batch: EnrichmentBatch, actor: Actor, size: int) -> None:
    """Record that a result file was handed out, each time."""
    _record(batch, actor, "Downloaded enrichment", detail=f"{size:,} bytes")


def record_rejects_download(*, batch: EnrichmentBatch, actor: Actor) -> None:
    """Record that the list of unusable rows was handed out."""
    record_event(
        organization=batch.organization,
        actor=actor,
        action="Downloaded rejected rows",
        target=batch.name,
        subject=batch.pk,
        rows=batch.reject_count,
    )


def _enqueue(batch: EnrichmentBatch, actor: Actor) -> Job:
    return job_actions.enqueue_job(
        organization=batch.organization,
        task=ANSWER_TASK,
        title=batch.name,
        total=batch.row_count,
        path=f"/enrichment/{batch.pk}/",
        created_by=actor.user,
    )


def _record(batch: EnrichmentBatch, actor: Actor, action: str, *, detail: str = "") -> None:
    record_event(
        organization=batch.organization,
        actor=actor,
        action=action,
        target=batch.name,
        subject=batch.pk,
        rows=batch.row_count,
        detail=detail,
        has_personal_data=True,
    )


def _describe(batch: EnrichmentBatch) -> str:
    asked = ", ".join(Section(section).label.lower() for section in batch.sections)
    return f"{asked}; {batch.lookup_count:,} lookups, free"
