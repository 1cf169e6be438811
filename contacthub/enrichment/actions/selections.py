"""Writes about lists that are made of selected contacts."""

from django.db import transaction

from contacthub.contacts.models import Selection
from contacthub.core.errors import Invalid
from contacthub.enrichment.actions.mapping import MOST_AT_ONCE, enqueue_matching
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.enrichment.selected import HEADER, USES, take_selection
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization


def create_draft_from_selection(
    *, organization: Organization, actor: Actor, selection: Selection
) -> EnrichmentBatch:
    """Make a draft of the selected contacts: at once, or by a job from 10,000 on. A second call returns the first one.

    Raises `Invalid` for a selection of companies, and `CountChanged` if there are other contacts now than were counted.
    """
    if selection.of_companies:
        raise Invalid("Companies cannot be enriched. Select contacts.", field="selection")
    with transaction.atomic():
        Selection.objects.select_for_update().get(pk=selection.pk, organization=organization)
        found = EnrichmentBatch.objects.filter(organization=organization, selection=selection)
        if (made := found.order_by("-created_at").first()) is not None:
            return made
        batch = EnrichmentBatch.objects.create(
            organization=organization,
            selection=selection,
            name=(selection.words or f"{selection.count:,} selected contacts")[:200],
            header=HEADER,
            uses=USES,
            fit_counts=[0, 0, 0, 0],
            id_column=0,
            is_mapped=True,
            row_count=0,
            created_by=actor.user,
            created_by_name=actor.name[:200],
        )
        if selection.count <= MOST_AT_ONCE:
            take_selection(batch)
        else:
            batch.match_job = enqueue_matching(batch, actor)
        batch.save()
        record_event(
            organization=organization,
            actor=actor,
            action="Selected contacts to enrich",
            target=batch.name,
            subject=batch.pk,
            rows=selection.count,
            has_personal_data=True,
        )
    return batch
