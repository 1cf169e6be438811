"""The outcomes of a list's rows: how many have each, and how bars, legends and words show them."""

from contacthub.enrichment.models import EnrichmentBatch, Outcome
from contacthub.web.contact_words import EMPTY_CSS

# Outcomes of rows so far, in the order of the bar: name, class in the bar, class in the legend, words.
OUTCOMES = (
    (Outcome.FOUND, "ok", "l-ok", "Found"),
    (Outcome.EMPTY, "idle", "", "Empty record"),
    (Outcome.NO_RECORD, "part", "l-2", "No record"),
    (Outcome.NOT_ASKED, "idle", "", "Ambiguous"),
    (Outcome.MALFORMED, "bad", "l-bad", "Malformed"),
    (Outcome.BLOCKED, "bad", "l-bad", "Blocked"),
    (Outcome.FAILED, "bad", "l-bad", "Failed"),
)
# The shape of a row's outcome.
OUTCOME_CSS = {
    Outcome.FOUND: "ok",
    Outcome.MALFORMED: "bad",
    Outcome.FAILED: "bad",
    **EMPTY_CSS,
}
# Only lists that are matched by more than ids have ambiguous rows.
KEY_OUTCOMES = (Outcome.NOT_ASKED,)
# Only lists that ask vendors can be blocked, or fail.
VENDOR_OUTCOMES = (Outcome.BLOCKED, Outcome.FAILED)


def count_outcomes(batch: EnrichmentBatch) -> dict[Outcome, int]:
    """Return how many rows have each outcome so far."""
    return {
        Outcome.FOUND: batch.found_count,
        Outcome.EMPTY: batch.empty_count,
        Outcome.NO_RECORD: batch.no_record_count,
        Outcome.NOT_ASKED: batch.left_out_count,
        Outcome.MALFORMED: batch.unusable_count,
        Outcome.BLOCKED: batch.blocked_count,
        Outcome.FAILED: batch.failed_count,
    }


def list_shown(batch: EnrichmentBatch) -> list[tuple[Outcome, str, str, str]]:
    """Return the outcomes that rows of a list can have, with their classes and words."""
    hidden = (
        *(() if batch.asks_vendors else VENDOR_OUTCOMES),
        *(KEY_OUTCOMES if batch.is_by_ids else ()),
    )
    return [each for each in OUTCOMES if each[0] not in hidden]


def list_parts(batch: EnrichmentBatch) -> list[tuple[str, int]]:
    """Return the parts of the bar: classes and counts."""
    counts = count_outcomes(batch)
    return [(css, counts[outcome]) for outcome, css, _, _ in OUTCOMES if counts[outcome]]


def name_parts(batch: EnrichmentBatch) -> str:
    """Return the outcomes so far in words: 12 found, 3 no record."""
    counts = count_outcomes(batch)
    return ", ".join(f"{counts[o]:,} {words.lower()}" for o, _, _, words in OUTCOMES if counts[o])
