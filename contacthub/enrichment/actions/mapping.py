"""Writes about how a draft is mapped: what its columns are used as, and the job that matches a large list."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from contacthub.core import clock
from contacthub.core.errors import Conflict
from contacthub.core.text import fold
from contacthub.enrichment.actions.drafts import check_ids, lock_draft
from contacthub.enrichment.actions.events import record
from contacthub.enrichment.keys.mappings import check_uses, hash_headers, list_keys
from contacthub.enrichment.matching import match_rows
from contacthub.enrichment.models import ColumnMapping, ColumnUse, EnrichmentBatch
from contacthub.enrichment.queries.batches import get_batch, is_matching
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

MATCH_TASK = "contacthub.enrichment.tasks.match_list"
# Rows that are matched while a page waits; more are matched by a job.
MOST_AT_ONCE = 10_000


def map_columns(
    *,
    organization: Organization,
    actor: Actor,
    batch_id: UUID,
    uses: Sequence[str],
    may_see_values: bool,
    keeps_mapping: bool = False,
) -> EnrichmentBatch:
    """Say what each column of a draft is used as, and match its rows: at once, or by a job from 10,000 rows on.

    With `keeps_mapping` the organization's next file with these headers is mapped so. `may_see_values` is whether the
    person may find people by their addresses and numbers. Raises `NotFound`, `Invalid` or `Conflict`.
    """
    with transaction.atomic():
        batch = lock_draft(organization, batch_id)
        if is_matching(batch):
            raise Conflict("The rows of this list are being matched.")
        checked = check_uses(uses, column_count=len(batch.header), may_see_values=may_see_values)
        if keeps_mapping:
            _keep_mapping(batch, actor, checked)
        _match(batch, actor, checked)
        batch.is_mapped = True
        batch.save()
        keys = ", ".join(key.label for key in list_keys(batch.uses))
        record(batch, actor, "Matched list", rows=batch.row_count, detail=f"by {keys}"[:500])
    return batch


def _match(batch: EnrichmentBatch, actor: Actor, uses: Sequence[str]) -> None:
    used = [use for use in uses if use]
    if used == [ColumnUse.CONTACT_ID]:
        check_ids(batch, uses.index(ColumnUse.CONTACT_ID))
        return
    batch.uses = list(uses)
    batch.id_column = next(place for place, use in enumerate(uses) if use)
    if batch.row_count <= MOST_AT_ONCE:
        match_rows(batch)
    else:
        batch.match_job = enqueue_matching(batch, actor)


def enqueue_matching(batch: EnrichmentBatch, actor: Actor) -> Job:
    """Queue the job that takes in the contacts of a list's selection, or matches its rows."""
    return job_actions.enqueue_job(
        organization=batch.organization,
        task=MATCH_TASK,
        title=f"Match {batch.name}",
        total=batch.row_count or (batch.selection.count if batch.selection else None),
        subject=f"enrichment {batch.pk}",
        most_at_once=1,
        created_by=actor.user,
    )


def _keep_mapping(batch: EnrichmentBatch, actor: Actor, uses: Sequence[str]) -> None:
    ColumnMapping.objects.update_or_create(
        organization=batch.organization,
        headers_hash=hash_headers(batch.header),
        defaults={
            "uses": {fold(name): use for name, use in zip(batch.header, uses, strict=True) if use},
            "file_name": batch.file_name,
            "saved_by_name": actor.name[:200],
            "saved_at": clock.now(),
        },
    )


def cancel_matching(*, organization: Organization, batch_id: UUID) -> Job.State:
    """Stop the matching of a list. Returns CANCELLED if it had not begun, RUNNING where it stops in a moment.

    Raises `NotFound`, and `Conflict` for one that is not being matched.
    """
    with transaction.atomic():
        batch = lock_draft(organization, batch_id)
        if batch.match_job is None:
            raise Conflict("This list is not being matched.")
        state = job_actions.request_cancel(job=batch.match_job)
        if state == Job.State.CANCELLED:
            forget_mapping(batch_id)
    return state


def forget_mapping(batch_id: UUID) -> None:
    """Say that a draft is not mapped: its matching was stopped, or failed."""
    EnrichmentBatch.objects.filter(pk=batch_id, state=EnrichmentBatch.State.DRAFT).update(
        is_mapped=False
    )


def find_mapping(*, organization: Organization, batch_id: UUID) -> ColumnMapping | None:
    """Return the mapping that the organization saved for the headers of a list."""
    batch = get_batch(organization=organization, batch_id=batch_id)
    return ColumnMapping.objects.filter(
        organization=organization, headers_hash=hash_headers(batch.header)
    ).first()
