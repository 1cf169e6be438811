"""What the answered rows of a list show, in words: masked values or the kind of empty, and the way through them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator

from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.keys.row_keys import RowReader
from contacthub.enrichment.masking import mask_keys
from contacthub.enrichment.models import (
    EnrichmentBatch,
    EnrichmentRow,
    MatchKey,
    Outcome,
    Section,
)
from contacthub.enrichment.queries.results import ResultPage, ResultRow
from contacthub.web.templatetags.figures import rows
from contacthub.web.views.enrichment.outcome_words import OUTCOME_CSS, count_outcomes, list_shown

# The most characters of an input that is not a contact id.
LONGEST_TEXT = 30
# The heads of the columns of sections, and the classes of their cells.
COLUMNS = {
    Section.PII: ("Name", "ch-nowrap ch-off"),
    Section.EMAILS: ("E-mail", "ch-nowrap"),
    Section.PHONES: ("Phone", "ch-nowrap ch-num"),
}


@dataclass(frozen=True)
class Cell:
    """A value, masked, or which kind of empty it is."""

    words: str
    css: str
    is_found: bool


@dataclass(frozen=True)
class Row:
    """An answered row. It has an address where its input is a contact id."""

    ordinal: int
    text: str
    url: str
    shape: str
    word: str
    note: str
    cells: list[Cell]


@dataclass(frozen=True)
class Choice:
    """Rows with one outcome, or all of them."""

    words: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Turn:
    """A way to other rows; without an address there are none."""

    words: str
    url: str


@dataclass(frozen=True)
class Results:
    """Some rows of a list, which ones they are, and the ways to others."""

    url: str
    rows: list[Row]
    key_head: str
    heads: list[str]
    caption: str
    range: str
    choices: list[Choice]
    turns: list[Turn]
    empty_note: str
    # The page loads the first rows.
    is_awaited: bool


def describe_results(batch: EnrichmentBatch, page: ResultPage, outcome: str) -> Results:
    """Return some answered rows as the page shows them; `outcome` leaves out all others, "" none."""
    url = reverse("enrichment-rows", args=[batch.pk])
    sections = [section for section in COLUMNS if section in batch.sections]
    is_active = batch.state == EnrichmentBatch.State.RUNNING
    first, last = _find_ends(page.rows)
    return Results(
        url=url,
        rows=[_describe_row(batch, row, sections) for row in page.rows],
        key_head="contact_id" if batch.is_by_ids else "Key",
        heads=[COLUMNS[section][0] for section in sections],
        caption=f"Rows {rows(first)} to {rows(last)}, in the order of the input",
        range=_describe_range(batch, page, outcome),
        choices=_list_choices(batch, url, outcome),
        turns=_list_turns(page, f"{url}?outcome={outcome}&" if outcome else f"{url}?"),
        empty_note="No row has this outcome."
        if outcome
        else "Rows appear here as they are answered.",
        is_awaited=is_active and not page.rows and not outcome,
    )


def _find_ends(found: Sequence[ResultRow]) -> tuple[int, int]:
    return (found[0].row.ordinal, found[-1].row.ordinal) if found else (0, 0)


def _describe_range(batch: EnrichmentBatch, page: ResultPage, outcome: str) -> str:
    first, last = map(rows, _find_ends(page.rows))
    if not outcome:
        return f"{first}–{last} of {rows(batch.row_count)}"
    count = count_outcomes(batch)[Outcome(outcome)]
    return f"{len(page.rows)} of {rows(count)}, rows {first}–{last}"


def _list_choices(batch: EnrichmentBatch, url: str, chosen: str) -> list[Choice]:
    """Return all rows, then each outcome that some have."""
    counts = count_outcomes(batch)
    return [
        Choice("All", url, not chosen),
        *(
            Choice(
                f"{words} {rows(counts[outcome])}",
                f"{url}?outcome={outcome.value}",
                outcome == chosen,
            )
            for outcome, _, _, words in list_shown(batch)
            if counts[outcome]
        ),
    ]


def _list_turns(page: ResultPage, address: str) -> list[Turn]:
    """Return first, previous, next, last: by the number of the row behind or in front of which to read."""
    first, last = _find_ends(page.rows)
    ways = (
        ("First", "after=0", page.has_earlier),
        ("Previous", f"before={first}", page.has_earlier),
        ("Next", f"after={last}", page.has_later),
        ("Last", "before=0", page.has_later),
    )
    return [Turn(words, address + place if is_there else "") for words, place, is_there in ways]


def _describe_row(batch: EnrichmentBatch, row: ResultRow, sections: Sequence[Section]) -> Row:
    shape, word = _describe_outcome(row)
    key = row.row.contact_key
    is_known = key is not None and bool(row.row.matched_by or row.answer.outcome == Outcome.FOUND)
    address = reverse("contact-detail", args=[format_contact_id(key)]) if is_known and key else ""
    return Row(
        ordinal=row.row.ordinal,
        text=_describe_input(batch, row),
        url=f"{address}?include={','.join(batch.sections)}" if address else "",
        shape=shape,
        word=word,
        note=_note_row(batch, row.row),
        cells=[_describe_cell(row, section) for section in sections],
    )


def _describe_input(batch: EnrichmentBatch, row: ResultRow) -> str:
    """Return an id as it is, and other keys masked."""
    if batch.is_by_ids and row.row.contact_key is not None:
        return row.text
    if batch.is_by_ids:
        return Truncator(row.text).chars(LONGEST_TEXT) or "empty"
    return Truncator(mask_keys(RowReader(batch.uses).read_row(row.row.cells))).chars(40) or "no key"


def _note_row(batch: EnrichmentBatch, row: EnrichmentRow) -> str:
    """Return by which key a row was matched, and whether its contact stands in an earlier row."""
    by = (
        ""
        if batch.is_by_ids or not row.matched_by
        else f"by {MatchKey(row.matched_by).label.lower()}"
    )
    if row.matched_by == MatchKey.CHOSEN:
        by = f"chosen by {row.chosen_by_name}"
    is_later = row.problem == EnrichmentRow.Problem.DUPLICATE
    return ", ".join(filter(None, (by, "duplicate" if is_later else "")))


def _describe_outcome(row: ResultRow) -> tuple[str, str]:
    """Return the shape and the word of a row's outcome, as the legend and the lists of contacts have them."""
    if row.row.problem == EnrichmentRow.Problem.EMPTY:
        return "bad", "No key"
    if row.row.problem == EnrichmentRow.Problem.AMBIGUOUS:
        return "odd", "Ambiguous"
    outcome = Outcome(row.answer.outcome)
    return OUTCOME_CSS[outcome], outcome.label.capitalize()


def _describe_cell(row: ResultRow, section: Section) -> Cell:
    value, outcome = {
        Section.PII: (row.name, row.answer.pii),
        Section.EMAILS: (row.email, row.answer.emails),
        Section.PHONES: (row.phone, row.answer.phones),
    }[section]
    css = COLUMNS[section][1]
    if outcome == Outcome.FOUND:
        return Cell(value or "–", css, is_found=True)
    is_named = outcome and outcome != Outcome.MALFORMED
    return Cell(Outcome(outcome).label if is_named else "", css, is_found=not is_named)
