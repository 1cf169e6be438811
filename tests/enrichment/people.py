"""Contacts with all that they can be found by, imported as any others, and lists that name them."""

from collections.abc import Sequence
from typing import Any

from contacthub.contacts import runner
from contacthub.contacts.intake.columns import NAMES, NESTED
from contacthub.core import clock
from contacthub.core.tabular import RejectList, open_rows
from contacthub.enrichment.actions.mapping import map_columns
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.organizations.models import Organization
from tests.enrichment.builders import SOMEBODY, cid, draft


def import_people(rows: Sequence[dict[str, Any]], organization: Organization | None = None) -> None:
    """Import contacts: shared ones, or private to an organization."""

    def open_given() -> Any:
        return open_rows(list(rows), columns=NAMES, nested=NESTED)

    rejects = RejectList()
    with open_given() as table:
        runner.import_contacts(
            organization=organization,
            table=table,
            reopen=open_given,
            rejects=rejects,
            today=clock.today(),
            on_progress=lambda position: None,
            origin=None,
        )
    assert not rejects.items


def person(key: int, name: str = "", **fields: Any) -> dict[str, Any]:
    """Return the row of an import about one contact."""
    row = {"contact_id": cid(key), **fields}
    return row | ({"full_name": name} if name else {})


def match(
    organization: Organization, data: bytes | str, *uses: str, name: str = "list.csv"
) -> EnrichmentBatch:
    """Upload a file and map its columns."""
    batch = draft(organization, data.encode() if isinstance(data, str) else data, name)
    return map_columns(
        organization=organization,
        actor=SOMEBODY,
        batch_id=batch.pk,
        uses=uses,
        may_see_values=True,
    )


def found_of(batch: EnrichmentBatch) -> list[tuple[str, str, int | None]]:
    """Return of each row the key that decided, what is wrong with it and its contact's key."""
    rows = EnrichmentRow.objects.filter(batch=batch).order_by("ordinal")
    return list(rows.values_list("matched_by", "problem", "contact_key"))
