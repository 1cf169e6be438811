"""The list of rows that cannot be matched, for the person who will correct them in a spreadsheet."""

from collections.abc import Iterator

from contacthub.core.tabular.excel import BYTE_ORDER_MARK, format_excel_rows
from contacthub.enrichment.keys.row_keys import NO_KEY, RowReader
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.queries.batches import iterate_rejects

BLOCK_ROWS = 1000
NOT_AN_ID = "is not id_ followed by 16 lower-case hex digits"
# The first columns of the file. `Intake` knows the file by them when it is uploaded again.
ADDED_COLUMNS = ["line", "reason"]


def format_rejects(batch: EnrichmentBatch) -> Iterator[bytes]:
    """Yield CSV for Excel: the line in the input, the reason, and the row as it came."""
    yield (BYTE_ORDER_MARK + format_excel_rows([[*ADDED_COLUMNS, *batch.header]])).encode()
    reasons = Reasons(batch)
    block: list[list[str]] = []
    for row in iterate_rejects(batch=batch):
        block.append([str(row.line), reasons.find(row), *row.cells])
        if len(block) >= BLOCK_ROWS:
            yield format_excel_rows(block).encode()
            block = []
    yield format_excel_rows(block).encode()


class Reasons:
    """Says why rows of a list cannot be matched, by the keys in them."""

    def __init__(self, batch: EnrichmentBatch) -> None:
        self._reader = None if batch.is_by_ids else RowReader(batch.uses)

    def find(self, row: EnrichmentRow) -> str:
        """Return why a rejected row cannot be matched."""
        if self._reader is None:
            is_empty = row.problem == EnrichmentRow.Problem.EMPTY
            return "has no id" if is_empty else NOT_AN_ID
        faults = self._reader.read_row(row.cells).faults
        return "; ".join(f"{column} {reason}" for column, reason in faults) or NO_KEY
