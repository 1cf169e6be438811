"""The rows of an export, for programs and pages."""

from collections.abc import Iterator
from typing import Any

from contacthub.core.errors import Invalid
from contacthub.exports import sql
from contacthub.exports.models import Export
from contacthub.exports.sources import source_of
from contacthub.formats import Column

CONTACT_ID = "contact_id"


def read_page(
    *, export: Export, page: int, columns: list[Column] | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a page, 1 … total_pages; the last as fast as the first once its boundary is known.

    Raises `Invalid` for a page outside the export.
    """
    if not 1 <= page <= export.total_pages:
        raise Invalid(f"The pages of this export are 1 to {export.total_pages}.", field="page")
    source = source_of(export)
    wanted = columns or source.columns()
    rows, _ = source.find_rows(first=page, last=page, columns=wanted)
    return sql.fetch_rows(columns=wanted, source=rows)


def iterate_contact_ids(*, export: Export) -> Iterator[str]:
    """Yield the contact ids of an export's rows in their order; rows without one are left out, and so are companies."""
    if export.selection is not None and export.selection.of_companies:
        return
    column = source_of(export).make_column(CONTACT_ID)
    for page in range(1, export.total_pages + 1):
        for row in read_page(export=export, page=page, columns=[column]):
            if row[CONTACT_ID]:
                yield row[CONTACT_ID]
