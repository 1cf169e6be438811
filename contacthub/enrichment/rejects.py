"""The list of rows that cannot be looked up, for the person who will correct them in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator

from contacthub.enrichment import queries
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow

BLOCK_ROWS = 1000
REASONS = {
    EnrichmentRow.Problem.MALFORMED: "is not id_ followed by 16 lower-case hex digits",
    EnrichmentRow.Problem.EMPTY: "has no id",
}
# What a spreadsheet takes for a formula. Source: OWASP, "CSV Injection"; the files of results have the same rule.
FORMULA = re.compile(r"\s*[-=+@|%＝＋－＠\t\r\n]")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def spell_rejects(batch: EnrichmentBatch) -> Iterator[bytes]:
    """Yield CSV for Excel: the line in the input, the reason, and the row as it came."""
    yield BYTE_ORDER_MARK + _spell([["line", "reason", *batch.header]])
    block: list[list[str]] = []
    for row in queries.iterate_rejects(batch=batch):
        block.append([str(row.line), reason_of(row), *row.cells])
        if len(block) >= BLOCK_ROWS:
            yield _spell(block)
            block = []
    yield _spell(block)


def reason_of(row: EnrichmentRow) -> str:
    """Return why a rejected row cannot be looked up."""
    return REASONS[EnrichmentRow.Problem(row.problem)]


def _spell(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([guard(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def guard(cell: str) -> str:
    """Return a cell that a spreadsheet shows as text: an apostrophe stands before what it would calculate."""
    return f"'{cell}" if FORMULA.match(cell) else cell
