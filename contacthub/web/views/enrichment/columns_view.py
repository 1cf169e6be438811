"""What the choice of the column with the ids shows, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import Truncator

from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.web.templatetags.figures import plural, rows

SAMPLES_SHOWN = 3
# The most characters of a sample.
LONGEST_SAMPLE = 40
EXAMPLE = "An id is id_ and 16 lower-case hex digits, such as id_9f3c21ab77e04d15."


@dataclass(frozen=True)
class ColumnRow:
    """A column of the file: its first different values, and in a badge how many of its values are contact ids."""

    place: int
    name: str
    samples: str
    is_chosen: bool
    shape: str
    word: str
    note: str


@dataclass(frozen=True)
class Guess:
    """Which column seems to hold the ids, as a notice."""

    kind: str
    icon: str
    title: str
    text: str


def describe_column(
    batch: EnrichmentBatch, first_rows: Sequence[EnrichmentRow], place: int
) -> ColumnRow:
    """Return the column at `place`, which begins with 0."""
    shape, word, note = _describe_match(batch, batch.fit_counts[place])
    return ColumnRow(
        place,
        batch.header[place],
        samples=_list_samples(first_rows, place),
        is_chosen=place == batch.id_column,
        shape=shape,
        word=word,
        note=note,
    )


def _list_samples(first_rows: Sequence[EnrichmentRow], place: int) -> str:
    values = (row.cells[place].strip() for row in first_rows if place < len(row.cells))
    different = list(dict.fromkeys(value for value in values if value))[:SAMPLES_SHOWN]
    return ", ".join(Truncator(value).chars(LONGEST_SAMPLE) for value in different)


def _describe_match(batch: EnrichmentBatch, fits: int) -> tuple[str, str, str]:
    if not fits:
        return "none", "Kept", "no ids"
    note = f"{rows(fits)} of {rows(batch.row_count)} fit"
    is_certain = fits * 10 >= batch.row_count * 9
    return ("ok", "Certain", note) if is_certain else ("odd", "Guess", note)


def describe_guess(batch: EnrichmentBatch) -> Guess:
    """Return which column seems to hold the ids, or that none does."""
    if batch.id_column is None:
        return Guess("warn", "alert-triangle", "No column holds contact ids.", EXAMPLE)
    name, fits = batch.header[batch.id_column], batch.fit_counts[batch.id_column]
    if not fits:
        text = f"“{name}” has a name like one. {EXAMPLE}"
        return Guess("warn", "alert-triangle", "No column holds contact ids.", text)
    all_fit = ": all" if fits == batch.row_count else ""
    text = f"{rows(fits)} of {plural(batch.row_count, 'row')} have one there{all_fit}."
    return Guess("ok", "wand", f"“{name}” holds the ids.", text)


def describe_kept(batch: EnrichmentBatch) -> str:
    """Return which columns the file keeps."""
    count = len(batch.header)
    return "The column" if count == 1 else f"All {count} columns"
