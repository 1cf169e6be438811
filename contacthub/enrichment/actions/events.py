"""Lines of the audit log about enrichments."""

from contacthub.enrichment.models import EnrichmentBatch
from contacthub.organizations.audit import Actor, record_event


def record(
    batch: EnrichmentBatch,
    actor: Actor,
    action: str,
    *,
    rows: int | None = None,
    detail: str = "",
    has_personal_data: bool = True,
) -> None:
    """Record what somebody did with the people of an enrichment, in the caller's transaction."""
    record_event(
        organization=batch.organization,
        actor=actor,
        action=action,
        target=batch.name,
        subject=batch.pk,
        rows=rows,
        detail=detail,
        has_personal_data=has_personal_data,
    )


def record_draft(
    batch: EnrichmentBatch, actor: Actor, action: str, *, rows: int | None = None, detail: str = ""
) -> None:
    """Record what somebody did with the uploaded rows themselves; ids of contacts alone are no personal data."""
    personal = batch.has_personal_data
    record(batch, actor, action, rows=rows, detail=detail, has_personal_data=personal)
