"""What the matches of a list show, in words: totals, rows of a kind, candidates with how alike they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from contacthub.contacts.models import Contact
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.keys.guessing import word_of
from contacthub.enrichment.keys.mappings import SINGLE, list_keys
from contacthub.enrichment.masking import list_keys as mask_each
from contacthub.enrichment.models import ColumnUse, EnrichmentBatch, MatchKey
from contacthub.enrichment.queries.matches import (
    AMBIGUOUS,
    MATCHED,
    NO_MATCH,
    REJECTED,
    Candidate,
    MatchedRow,
    MatchPage,
)
from contacthub.enrichment.rejects import Reasons
from contacthub.web.job_words import Tab
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.enrichment.check_view import count_unmatched

TITLES = {
    AMBIGUOUS: "Ambiguous rows",
    NO_MATCH: "Rows without a match",
    MATCHED: "Matched rows",
    REJECTED: "Rejected rows",
}
NAME_USES = (ColumnUse.FULL_NAME, ColumnUse.FIRST_NAME, ColumnUse.LAST_NAME)
COMPANY_USES = {
    MatchKey.NAME_DOMAIN: ColumnUse.DOMAIN,
    MatchKey.NAME_COMPANY: ColumnUse.COMPANY,
}


@dataclass(frozen=True)
class Total:
    """A number of rows with the state that they are in."""

    state: str
    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Totals:
    """How many rows are what, how far the choices are, and the words of the buttons."""

    figures: list[Total]
    decided: str
    clear_words: str
    foot: str
    continue_words: str
    may_continue: bool
    reject_words: str


@dataclass(frozen=True)
class CandidateRow:
    """A contact that a row may be; `value` is its id, or "none"."""

    value: str
    name: str
    title: str
    about: str
    agreement: list[str]
    is_chosen: bool


@dataclass(frozen=True)
class Row:
    """A row of the list: its keys masked, what was found, and the candidates where there are several."""

    ordinal: int
    place: str
    name: str
    keys: list[str]
    found_by: str
    found: str
    found_url: str
    about: str
    reason: str
    legend: str
    candidates: list[CandidateRow]
    note: str


@dataclass(frozen=True)
class Matches:
    """Rows of one kind, which ones they are, and the ways to others."""

    kind: str
    title: str
    tabs: list[Tab]
    rows: list[Row]
    after: int
    first_url: str
    next_url: str
    next_words: str
    none: str

    @property
    def has_choices(self) -> bool:
        """Return whether the rows have candidates to choose from."""
        return self.kind == AMBIGUOUS


@dataclass(frozen=True)
class KeyUsed:
    """A key of the list: its columns, how certain they are, and the rows that it decided."""

    place: int
    name: str
    columns: str
    percent: int
    word: str
    rows: str


@dataclass(frozen=True)
class Clear:
    """The rows whose best candidate is clearly ahead: how many there are, and the first ones."""

    count: int
    words: str
    rows: list[tuple[str, str, str]]
    rest: str


def describe_totals(batch: EnrichmentBatch, *, candidates: int, decided: int, clear: int) -> Totals:
    """Return how many rows are what; `candidates` have several, of which `decided` are chosen."""
    unmatched = count_unmatched(batch)
    askable = f"vendors can be queried about {rows(batch.askable_count)}"
    return Totals(
        figures=[
            Total(
                "ok",
                "Matched",
                rows(batch.matched_count),
                plural(batch.valid_count, "different contact"),
            ),
            Total("odd", "Ambiguous", rows(batch.ambiguous_count), "left out until you choose"),
            Total("none", "No match", rows(unmatched), askable),
            Total("bad", "Rejected", rows(batch.reject_count), "no usable key, with reasons"),
        ],
        decided=f"{rows(decided)} of {rows(candidates)} chosen" if candidates else "",
        clear_words=f"Accept clear best candidates: {plural(clear, 'row')}" if clear else "",
        foot=_describe_rest(batch, unmatched),
        continue_words=f"Continue with {plural(batch.matched_count, 'row')}",
        may_continue=batch.lookup_count > 0,
        reject_words=f"Rejected rows, {rows(batch.reject_count)}" if batch.reject_count else "",
    )


def _describe_rest(batch: EnrichmentBatch, unmatched: int) -> str:
    parts = ["Matching is free."]
    if batch.ambiguous_count:
        parts.append(f"Ambiguous rows ({rows(batch.ambiguous_count)}) stay out unless you choose.")
    if unmatched:
        parts.append(f"Rows without a match ({rows(unmatched)}) stay in the file.")
    return " ".join(parts)


def describe_matches(
    batch: EnrichmentBatch, page: MatchPage, kind: str, reasons: Reasons
) -> Matches:
    """Return some rows of a kind with the ways to the others."""
    url = reverse("enrichment-match", args=[batch.pk])
    last = page.rows[-1].row.ordinal if page.rows else 0
    after = page.rows[0].row.ordinal - 1 if page.rows else 0
    return Matches(
        kind=kind,
        title=TITLES.get(kind, ""),
        tabs=_list_tabs(batch, url, kind),
        rows=[describe_row(batch, row, reasons) for row in page.rows],
        after=after,
        first_url=f"{url}?show={kind}" if page.has_earlier else "",
        next_url=f"{url}?show={kind}&after={last}" if page.has_later else "",
        next_words="Next rows",
        none="There are no such rows.",
    )


def _list_tabs(batch: EnrichmentBatch, url: str, kind: str) -> list[Tab]:
    counts = {
        AMBIGUOUS: ("Ambiguous", batch.ambiguous_count),
        NO_MATCH: ("No match", count_unmatched(batch)),
        MATCHED: ("Matched", batch.matched_count),
        REJECTED: ("Rejected", batch.reject_count),
    }
    return [
        Tab(words, f"{url}?show={name}", name == kind, count)
        for name, (words, count) in counts.items()
    ]


def describe_row(batch: EnrichmentBatch, found: MatchedRow, reasons: Reasons | None = None) -> Row:
    """Return a row with what was found for it."""
    row, contact = found.row, found.contact
    masked = mask_each(found.keys)
    name = found.keys.full_name or (masked[0][1] if masked else "no key")
    rest = [text for _, text in masked if text != name]
    is_rejected = row.problem in ("malformed", "empty")
    return Row(
        ordinal=row.ordinal,
        place=f"Row {rows(row.ordinal)}",
        name=name,
        keys=rest,
        found_by=_describe_key(row.matched_by, row.chosen_by_name),
        found=str(contact) if contact else "",
        found_url=reverse("contact-detail", args=[format_contact_id(contact.key)])
        if contact
        else "",
        about=_describe_contact(contact) if contact else "",
        reason=reasons.find(row) if reasons and is_rejected else "",
        legend=f"Which contact is row {rows(row.ordinal)}, {name}?",
        candidates=_list_candidates(found),
        note=_note_choice(found),
    )


def _note_choice(found: MatchedRow) -> str:
    row = found.row
    if not row.chosen_by_name:
        return ""
    what = "Chosen" if row.matched_by else "None of these, said"
    return f"{what} by {row.chosen_by_name}" if row.matched_by else f"{what} {row.chosen_by_name}"


def _describe_key(matched_by: str, chosen_by: str) -> str:
    if matched_by == MatchKey.CHOSEN:
        return f"Chosen by {chosen_by}"
    return str(MatchKey(matched_by).label) if matched_by else ""


def _describe_contact(contact: Contact) -> str:
    company = str(contact.company) if contact.company else ""
    seen = f"updated {day(contact.updated_at)}"
    place = ", ".join(part for part in (contact.state, contact.country) if part)
    return " · ".join(part for part in (company, place, seen) if part)


def _list_candidates(found: MatchedRow) -> list[CandidateRow]:
    row = found.row
    is_none = bool(row.chosen_by_name) and not row.matched_by
    by = MatchKey(row.candidates_by).label.lower() if row.candidates_by else ""
    listed = [_describe_candidate(each, row.contact_key, by) for each in found.candidates]
    none = CandidateRow("none", "None of these: treat as no match", "", "", [], is_none)
    return [*listed, none] if listed else []


def _describe_candidate(each: Candidate, chosen: int | None, by: str) -> CandidateRow:
    contact = each.contact
    alike = [f"{name} {value:.2f}" for name, value in each.agreement.parts]
    return CandidateRow(
        format_contact_id(contact.key),
        str(contact),
        contact.job_title or "",
        _describe_contact(contact),
        alike or [f"same {by}"],
        contact.key == chosen,
    )


def list_keys_used(batch: EnrichmentBatch, counts: Mapping[str, int]) -> list[KeyUsed]:
    """Return the keys of a list in the order in which they are tried, with the rows that each decided."""
    used = [
        _describe_key_used(batch, place, key, counts)
        for place, key in enumerate(list_keys(batch.uses), start=1)
    ]
    chosen = counts.get(MatchKey.CHOSEN, 0)
    if not chosen:
        return used
    by_hand = KeyUsed(len(used) + 1, "Chosen by hand", "", 0, "", rows(chosen))
    return [*used, by_hand]


def _describe_key_used(
    batch: EnrichmentBatch, place: int, key: MatchKey, counts: Mapping[str, int]
) -> KeyUsed:
    places = _places_of(batch.uses, key)
    percents = [_percent_of(batch, each) for each in places]
    percent = min(percents, default=0)
    return KeyUsed(
        place,
        str(key.label),
        ", ".join(batch.header[each] for each in places),
        percent,
        word_of(percent) if percent else "Chosen",
        rows(counts.get(key.value, 0)),
    )


def _places_of(uses: Sequence[str], key: MatchKey) -> list[int]:
    wanted = {use for use, each in SINGLE.items() if each == key} | {ColumnUse.ANY}
    if key in COMPANY_USES:
        wanted |= {*NAME_USES, COMPANY_USES[key]}
    return [place for place, use in enumerate(uses) if use in wanted]


def _percent_of(batch: EnrichmentBatch, place: int) -> int:
    guessed, percent = batch.guesses[place] if place < len(batch.guesses) else ("", 0)
    return int(percent) if guessed == batch.uses[place] else 0


def describe_clear(batch: EnrichmentBatch, found: Sequence[MatchedRow], count: int) -> Clear:
    """Return the rows whose best candidate is clearly ahead, as the question before they are accepted lists them."""
    described = [describe_row(batch, row) for row in found]
    return Clear(
        count=count,
        words=f"Accept {plural(count, 'candidate')}",
        rows=[
            (row.place, f"{row.name} {' '.join(row.keys[:1])}".strip(), _name_best(row))
            for row in described
            if row.candidates
        ],
        rest=f"and {plural(count - len(found), 'more row')}" if count > len(found) else "",
    )


def _name_best(row: Row) -> str:
    best = row.candidates[0]
    return f"{best.name}, {best.about.partition(' · ')[0]} ({', '.join(best.agreement)})"
