"""The list of rows that cannot be looked up, for the person who will correct them in a spreadsheet."""

from collections.abc import Iterator

from contacthub.core.tabular.excel import BYTE_ORDER_MARK, format_excel_rows
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.queries.batches import iterate_rejects

BLOCK_ROWS = 1000
REASONS = {
    EnrichmentRow.Problem.MALFORMED: "is not id_ followed by 16 lower-case hex digits",
    EnrichmentRow.Problem.EMPTY: "has no id",
}
# The first columns of the file. `Intake` knows the file by them when it is uploaded again.
ADDED_COLUMNS = ["line", "reason"]


def format_rejects(batch: EnrichmentBatch) -> Iterator[bytes]:
    """Yield CSV for Excel: the line in the input, the reason, and the row as it came."""
    yield (BYTE_ORDER_MARK + format_excel_rows([[*ADDED_COLUMNS, *batch.header]])).encode()
    block: list[list[str]] = []
    for row in iterate_rejects(batch=batch):
        block.append([str(row.line), reason_of(row), *row.cells])
        if len(block) >= BLOCK_ROWS:
            yield format_excel_rows(block).encode()
            block = []
    yield format_excel_rows(block).encode()


def reason_of(row: EnrichmentRow) -> str:
    """Return why a rejected row cannot be looked up."""
    return REASONS[EnrichmentRow.Problem(row.problem)]
