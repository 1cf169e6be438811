"""Reads about how the rows of a draft were matched: some rows of a kind, their keys, and candidates with agreements."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from contacthub.contacts.models import Contact
from contacthub.contacts.queries import find_contacts
from contacthub.enrichment.agreement import Agreement, compare
from contacthub.enrichment.keys.row_keys import RowKeys, RowReader
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow

AMBIGUOUS, NO_MATCH, MATCHED, REJECTED = "ambiguous", "no_match", "matched", "rejected"
KINDS = (AMBIGUOUS, NO_MATCH, MATCHED, REJECTED)
REJECTS = (EnrichmentRow.Problem.MALFORMED, EnrichmentRow.Problem.EMPTY)


@dataclass(frozen=True)
class Candidate:
    """A contact that a row may be, and how much it is like the row."""

    contact: Contact
    agreement: Agreement


@dataclass(frozen=True)
class MatchedRow:
    """A row, the keys in it, the contact that it is, and those that it may be, the most alike first."""

    row: EnrichmentRow
    keys: RowKeys
    contact: Contact | None
    candidates: list[Candidate]


@dataclass(frozen=True)
class MatchPage:
    """Some rows of a kind in the order of the input, and whether there are others before and behind them."""

    rows: list[MatchedRow]
    has_earlier: bool
    has_later: bool


def list_rows(*, batch: EnrichmentBatch, kind: str, after: int = 0, most: int) -> MatchPage:
    """List up to `most` rows of a kind behind the row `after`. What the catalog no longer has is no candidate."""
    found = list(_rows_of(batch, kind).filter(ordinal__gt=after).order_by("ordinal")[: most + 1])
    return MatchPage(read_rows(batch, found[:most]), after > 0, len(found) > most)


def read_rows(batch: EnrichmentBatch, rows: Sequence[EnrichmentRow]) -> list[MatchedRow]:
    """Return rows with their keys and contacts."""
    reader = RowReader(batch.uses)
    wanted = {key for row in rows for key in (*(row.candidates or ()), row.contact_key) if key}
    contacts = find_contacts(organization=batch.organization, keys=wanted)
    return [_read(row, reader.read_row(row.cells), contacts) for row in rows]


def _read(row: EnrichmentRow, keys: RowKeys, contacts: dict[int, Contact]) -> MatchedRow:
    candidates = [contacts[key] for key in row.candidates or () if key in contacts]
    return MatchedRow(
        row,
        keys,
        contacts.get(row.contact_key) if row.contact_key is not None and row.matched_by else None,
        [Candidate(contact, compare(keys, contact)) for contact in candidates],
    )


def _rows_of(batch: EnrichmentBatch, kind: str) -> QuerySet[EnrichmentRow]:
    rows = EnrichmentRow.objects.filter(batch=batch)
    if kind == AMBIGUOUS:
        return rows.filter(candidates__isnull=False)
    if kind == REJECTED:
        return rows.filter(problem__in=REJECTS)
    if kind == MATCHED:
        return rows.exclude(matched_by="")
    return rows.filter(matched_by="", candidates=None).exclude(problem__in=REJECTS)


def count_candidates(*, batch: EnrichmentBatch) -> tuple[int, int]:
    """Count the rows with candidates, decided ones among them, and those that are decided."""
    rows = EnrichmentRow.objects.filter(batch=batch, candidates__isnull=False)
    return rows.count(), rows.exclude(chosen_by_name="").count()


def list_clear(*, batch: EnrichmentBatch, most: int) -> list[MatchedRow]:
    """List undecided rows whose best candidate is clearly ahead."""
    return read_rows(batch, list(_clear_of(batch).order_by("ordinal")[:most]))


def count_clear(*, batch: EnrichmentBatch) -> int:
    """Count the undecided rows whose best candidate is clearly ahead."""
    return _clear_of(batch).count()


def _clear_of(batch: EnrichmentBatch) -> QuerySet[EnrichmentRow]:
    return EnrichmentRow.objects.filter(
        batch=batch,
        candidates__isnull=False,
        is_clear=True,
        problem=EnrichmentRow.Problem.AMBIGUOUS,
    )


def count_rows_by_key(*, batch: EnrichmentBatch) -> dict[str, int]:
    """Count the matched rows by the key that decided."""
    matched = EnrichmentRow.objects.filter(batch=batch).exclude(matched_by="").order_by()
    counted = matched.values_list("matched_by").annotate(count=Count("ordinal"))
    return dict(counted)
