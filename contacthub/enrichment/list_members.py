"""What an enrichment found as members of a list."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from psycopg import sql

from contacthub.contacts import list_members
from contacthub.enrichment.models import EnrichmentBatch, Outcome
from contacthub.enrichment.queries.batches import get_batch
from contacthub.lists.sources import Source, register_reader
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization

KIND = "enrichment"
# Why not the ORM: it is put into the statements of lists.
FOUND = """
SELECT row.contact_key AS item FROM enrichment_enrichmentrow AS row
JOIN enrichment_enrichmentanswer AS answer USING (batch_id, ordinal)
WHERE row.batch_id = %(batch)s AND row.contact_key IS NOT NULL AND answer.outcome = %(found)s
"""


def source_of(batch: EnrichmentBatch) -> Source | None:
    """Return an enrichment as a source of members; None for one that has not ended with a result."""
    if batch.state != EnrichmentBatch.State.COMPLETED:
        return None
    return Source(kind=KIND, ref={"batch": str(batch.pk)}, words=batch.name)


class _BatchReader:
    """Reads the contacts that were found; a finished enrichment never changes."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        batch = get_batch(organization=organization, batch_id=UUID(ref["batch"]))
        items = Items(sql.SQL(FOUND), {"batch": batch.pk, "found": Outcome.FOUND.value})
        return list_members.keep_known(items, organization)

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        yield self.select(organization, ref)


def register() -> None:
    """Register enrichments as a source of members."""
    register_reader(KIND, _BatchReader())
