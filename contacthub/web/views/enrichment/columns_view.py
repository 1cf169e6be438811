"""What the choice of the columns' uses shows, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import Truncator

from contacthub.core.text import fold
from contacthub.enrichment.keys.guessing import word_of
from contacthub.enrichment.models import (
    ColumnMapping,
    ColumnUse,
    EnrichmentBatch,
    EnrichmentRow,
    MatchKey,
)
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day

SAMPLES_SHOWN = 3
# The most characters of a sample.
LONGEST_SAMPLE = 40
# What each key is compared by, in the order in which they are tried.
KEY_HINTS = {
    MatchKey.CONTACT_ID: "id_… or cb_…",
    MatchKey.EMAIL: "any case, any form of the domain",
    MatchKey.EMAIL_HASH: "MD5, SHA-1 or SHA-256 of the address in lower case",
    MatchKey.LINKEDIN: "the profile, whatever its copy of the address looks like",
    MatchKey.PHONE: "national numbers take the country of their row",
    MatchKey.NAME_DOMAIN: "case and accents make no difference",
    MatchKey.NAME_COMPANY: "without GmbH, Inc. and the like",
}


@dataclass(frozen=True)
class Option:
    """A use that a column may have."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class ColumnRow:
    """A column of the file: its first different values, what it is used as and how certain that is."""

    place: int
    name: str
    samples: str
    options: list[Option]
    is_used: bool
    percent: int
    word: str


@dataclass(frozen=True)
class Guess:
    """What the columns seem to be, as a notice."""

    kind: str
    icon: str
    title: str
    text: str


def list_uses(
    batch: EnrichmentBatch, mapping: ColumnMapping | None, sent: Sequence[str] | None
) -> list[str]:
    """Return what each column is used as: as it was sent, as it is mapped, as it was saved, or as it seems to be."""
    if sent is not None and len(sent) == len(batch.header):
        return [use if use in ColumnUse.values else "" for use in sent]
    if batch.uses:
        return list(batch.uses)
    if mapping is not None:
        return [mapping.uses.get(fold(name), "") for name in batch.header]
    if batch.guesses:
        return [use for use, _ in batch.guesses]
    return [
        ColumnUse.CONTACT_ID.value if place == batch.id_column else ""
        for place in range(len(batch.header))
    ]


def describe_column(
    batch: EnrichmentBatch, first_rows: Sequence[EnrichmentRow], place: int, use: str
) -> ColumnRow:
    """Return the column at `place`, which begins with 0."""
    guessed, percent = batch.guesses[place] if place < len(batch.guesses) else ("", 0)
    percent = percent if use == guessed else 0
    return ColumnRow(
        place,
        batch.header[place],
        samples=_list_samples(first_rows, place),
        options=[Option(str(each.value), str(each.label), each == use) for each in ColumnUse],
        is_used=bool(use),
        percent=percent,
        word=_describe_certainty(use, guessed, percent),
    )


def _describe_certainty(use: str, guessed: str, percent: int) -> str:
    if use and use != guessed:
        return "Chosen"
    return word_of(percent) if use else "Not recognized"


def _list_samples(first_rows: Sequence[EnrichmentRow], place: int) -> str:
    values = (row.cells[place].strip() for row in first_rows if place < len(row.cells))
    different = list(dict.fromkeys(value for value in values if value))[:SAMPLES_SHOWN]
    return ", ".join(Truncator(value).chars(LONGEST_SAMPLE) for value in different)


def describe_guess(
    batch: EnrichmentBatch, mapping: ColumnMapping | None, uses: Sequence[str]
) -> Guess:
    """Return what the columns seem to be, or that none is recognized."""
    if mapping is not None and not batch.uses:
        title = f"Mapped as {mapping.saved_by_name} mapped {mapping.file_name or 'the last input'}."
        text = f"Saved {day(mapping.saved_at)} for files with these headers. Change it where it no longer holds."
        return Guess("ok", "wand", title, text)
    named = [
        f"“{name}” as {ColumnUse(use).label.lower()}"
        for name, use in zip(batch.header, uses, strict=True)
        if use
    ]
    if not named:
        text = "Choose what identifies your people: an e-mail, a profile link, or a name with a company."
        return Guess("warn", "alert-triangle", "No column is recognized.", text)
    return Guess(
        "ok",
        "wand",
        f"{plural(len(named), 'column')} recognized:",
        f"{', '.join(named)}. All other columns are kept as they are.",
    )


def describe_kept(batch: EnrichmentBatch) -> str:
    """Return which columns the file keeps."""
    count = len(batch.header)
    return "The column" if count == 1 else f"All {count} columns"


def list_key_lines() -> list[tuple[str, str]]:
    """Return the keys in the order in which they are tried, each with what is compared."""
    return [(str(key.label), hint) for key, hint in KEY_HINTS.items()]
