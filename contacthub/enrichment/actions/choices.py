"""Writes about ambiguous rows: which of the candidates each one is."""

from uuid import UUID

from django.db import transaction

from contacthub.core.errors import CountChanged, Invalid, NotFound
from contacthub.enrichment.actions.drafts import lock_draft
from contacthub.enrichment.actions.events import record
from contacthub.enrichment.keys.row_keys import RowReader
from contacthub.enrichment.matching import count_rows
from contacthub.enrichment.models import EnrichmentRow, MatchKey
from contacthub.enrichment.sql import choices as sql
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization


def choose_candidate(
    *,
    organization: Organization,
    actor: Actor,
    batch_id: UUID,
    ordinal: int,
    contact_key: int | None,
) -> EnrichmentRow:
    """Say which candidate an ambiguous row of a draft is; None: none of them. It can be changed until the list starts.

    Raises `NotFound` for a row without candidates, `Invalid` for a contact that is none of them, and `Conflict`.
    """
    with transaction.atomic():
        batch = lock_draft(organization, batch_id)
        row = EnrichmentRow.objects.filter(
            batch=batch, ordinal=ordinal, candidates__isnull=False
        ).first()
        if row is None:
            raise NotFound("There is no such row.")
        if contact_key is not None and contact_key not in (row.candidates or ()):
            raise Invalid("Choose one of the candidates.", field="choice")
        before = row.contact_key
        stranger = RowReader(batch.uses).read_row(row.cells).stranger_key
        row.contact_key = stranger if contact_key is None else contact_key
        row.matched_by = "" if contact_key is None else MatchKey.CHOSEN
        row.problem = _problem_of(row)
        row.chosen_by_name = actor.name[:200]
        row.save(update_fields=["contact_key", "matched_by", "problem", "chosen_by_name"])
        keys = [key for key in (before, row.contact_key) if key is not None]
        sql.number_again(batch_id=batch.pk, keys=keys)
        count_rows(batch)
        batch.save()
        what = "none of them" if contact_key is None else "one of the candidates"
        record(batch, actor, "Chose candidate", rows=1, detail=f"row {ordinal:,}: {what}")
        row.refresh_from_db()
    return row


def _problem_of(row: EnrichmentRow) -> EnrichmentRow.Problem:
    problems = EnrichmentRow.Problem
    return problems.NONE if row.matched_by else problems.NO_MATCH


def accept_clear(*, organization: Organization, actor: Actor, batch_id: UUID, shown: int) -> int:
    """Choose the best candidate of every undecided row where it is clearly ahead. Returns the rows.

    Raises `CountChanged`, and changes nothing, if there are other rows than the `shown` ones; and `Conflict`.
    """
    with transaction.atomic():
        batch = lock_draft(organization, batch_id)
        taken = sql.take_clear(batch_id=batch.pk, name=actor.name[:200])
        if taken != shown:
            raise CountChanged(shown=shown, counted=taken)
        sql.number_again(batch_id=batch.pk)
        count_rows(batch)
        batch.save()
        record(batch, actor, "Accepted clear candidates", rows=taken)
    return taken
