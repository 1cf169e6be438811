"""Reads about lists and the rows they came with."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from contacthub.core.errors import NotFound
from contacthub.core.matching import find_words
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization

REJECTED = (EnrichmentRow.Problem.MALFORMED, EnrichmentRow.Problem.EMPTY)


def get_batch(*, organization: Organization, batch_id: UUID) -> EnrichmentBatch:
    """Return a list of this organization. Raises `NotFound`."""
    batch = list_batches(organization=organization).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound("There is no such enrichment.")
    return batch


def lock_batch(*, organization: Organization, batch_id: UUID) -> EnrichmentBatch:
    """Return a list of this organization, locked for the caller's transaction. Raises `NotFound`."""
    batch = (
        EnrichmentBatch.objects.select_for_update(of=("self",))
        .select_related("job", "match_job", "organization")
        .filter(organization=organization, pk=batch_id)
        .first()
    )
    if batch is None:
        raise NotFound("There is no such enrichment.")
    return batch


def list_batches(*, organization: Organization, text: str = "") -> QuerySet[EnrichmentBatch]:
    """List an organization's lists, newest first; `text` finds by name, file or the beginning of the id."""
    batches = (
        EnrichmentBatch.objects.filter(organization=organization)
        .select_related("created_by", "job__result", "match_job")
        .order_by("-created_at", "-id")
    )
    if text:
        batches = batches.filter(
            find_words(text, "name", "file_name") | Q(id__startswith=text.lower())
        )
    return batches


def count_first(*, batch: EnrichmentBatch, most: int) -> tuple[int, int, int]:
    """Count the first rows of a list, the different contacts in them, and the people that only vendors may know."""
    rows = EnrichmentRow.objects.filter(batch=batch).order_by("ordinal")
    found = list(rows.values_list("contact_key", "matched_by")[:most])
    contacts = {key for key, matched_by in found if matched_by}
    strangers = {key for key, matched_by in found if key is not None} - contacts
    return len(found), len(contacts), len(strangers)


def is_matching(batch: EnrichmentBatch) -> bool:
    """Return whether a job compares the rows of a draft with the catalog now."""
    job = batch.match_job
    return job is not None and not job.is_final


def count_states(*, organization: Organization) -> dict[str, int]:
    """Count lists for the tabs of their page: all that were started, and by state."""
    counted = (
        EnrichmentBatch.objects.filter(organization=organization)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    counts = dict.fromkeys(EnrichmentBatch.State.values, 0) | dict(counted)
    return counts | {"all": sum(counts.values()) - counts[EnrichmentBatch.State.DRAFT]}


def status_of(batch: EnrichmentBatch) -> str:
    """Return the one word for a list's state: draft, queued, running, completed, expired, cancelled or failed."""
    if batch.state == EnrichmentBatch.State.RUNNING:
        return "queued" if batch.job and batch.job.state == Job.State.QUEUED else "running"
    if batch.state == EnrichmentBatch.State.COMPLETED:
        result = getattr(batch.job, "result", None)
        return "expired" if result is not None and result.deleted_at is not None else "completed"
    return str(batch.state)


def list_first_rows(*, batch: EnrichmentBatch, most: int) -> list[EnrichmentRow]:
    """List the first rows of a list."""
    return list(EnrichmentRow.objects.filter(batch=batch).order_by("ordinal")[:most])


def list_rejects(
    *, batch: EnrichmentBatch, after: int = 0, most: int = 5000
) -> list[EnrichmentRow]:
    """List rows that cannot be looked up, in order, behind the row `after`."""
    rows = EnrichmentRow.objects.filter(batch=batch, ordinal__gt=after, problem__in=REJECTED)
    return list(rows.order_by("ordinal")[:most])


def iterate_rejects(*, batch: EnrichmentBatch) -> Iterator[EnrichmentRow]:
    """Yield all rows that cannot be looked up, some thousands at a time: a slow reader holds no transaction."""
    after = 0
    while rows := list_rejects(batch=batch, after=after):
        yield from rows
        after = rows[-1].ordinal
