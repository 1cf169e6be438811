"""How much the candidates of an ambiguous row are like what the row says of the person, and which is clearly ahead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from rapidfuzz import fuzz

from contacthub.contacts.models import Contact
from contacthub.contacts.queries import find_contacts
from contacthub.core.text import normalize
from contacthub.enrichment.keys.forms import company_key
from contacthub.enrichment.keys.row_keys import RowKeys, RowReader
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow

BLOCK_ROWS = 1_000
# A candidate is clearly best from this agreement on, if it is so much ahead of the next one.
CLEAR_FROM, CLEAR_LEAD = 0.9, 0.1


@dataclass(frozen=True)
class Agreement:
    """How alike a row and a contact are, from 0 to 1, by name, company and domain; only what both sides say."""

    parts: tuple[tuple[str, float], ...]

    @property
    def score(self) -> float:
        """Return the mean of the parts; 0 where nothing can be compared."""
        return sum(value for _, value in self.parts) / len(self.parts) if self.parts else 0.0


def compare(keys: RowKeys, contact: Contact) -> Agreement:
    """Return how much a contact is like a row."""
    company = contact.company
    parts: list[tuple[str, float]] = []
    if keys.full_name and contact.full_name:
        parts.append(("name", _ratio(keys.full_name, contact.full_name)))
    if keys.company and company and company.name:
        parts.append(("company", fuzz.ratio(keys.company, company_key(company.name)) / 100))
    if keys.domain and company and company.domain:
        parts.append(("domain", float(keys.domain == company.domain)))
    return Agreement(tuple((name, round(value, 2)) for name, value in parts))


def _ratio(one: str, other: str) -> float:
    """Compare without case; accents count, so that Wikström is nearer to itself than to Wikstrom."""
    return fuzz.ratio(normalize(one).casefold(), normalize(other).casefold()) / 100


# Why not the ORM: thousands of rows get an order of their own in one statement.
SAVE = """
UPDATE enrichment_enrichmentrow AS listed SET
    candidates = string_to_array(ranked.candidates, ',')::bigint[], is_clear = ranked.is_clear
FROM unnest(%s::integer[], %s::text[], %s::boolean[]) AS ranked (ordinal, candidates, is_clear)
WHERE listed.batch_id = %s AND listed.ordinal = ranked.ordinal
"""


def rank_candidates(batch: EnrichmentBatch) -> None:
    """Put the candidates of each ambiguous row of a list in order, the most alike first."""
    reader = RowReader(batch.uses)
    for rows in _read_ambiguous(batch):
        wanted = {key for row in rows for key in row.candidates or ()}
        contacts = find_contacts(organization=batch.organization, keys=wanted)
        ranked = [_rank(reader.read_row(row.cells), row.candidates or [], contacts) for row in rows]
        orders = [",".join(map(str, keys)) for keys, _ in ranked]
        with connection.cursor() as cursor:
            cursor.execute(
                SAVE,
                [[row.ordinal for row in rows], orders, [clear for _, clear in ranked], batch.pk],
            )


def _read_ambiguous(batch: EnrichmentBatch) -> Iterator[list[EnrichmentRow]]:
    after = 0
    ambiguous = EnrichmentRow.objects.filter(batch=batch, candidates__isnull=False)
    while rows := list(ambiguous.filter(ordinal__gt=after).order_by("ordinal")[:BLOCK_ROWS]):
        yield rows
        after = rows[-1].ordinal


def _rank(
    keys: RowKeys, candidates: Sequence[int], contacts: dict[int, Contact]
) -> tuple[list[int], bool]:
    scores = {
        key: compare(keys, contacts[key]).score if key in contacts else 0.0 for key in candidates
    }
    # Where nothing distinguishes them, the better record comes first.
    quality = {key: contacts[key].quality_score if key in contacts else 0 for key in candidates}
    order = sorted(candidates, key=lambda key: (-scores[key], -quality[key], key))
    best, second = scores[order[0]], scores[order[1]] if len(order) > 1 else 0.0
    return order, best >= CLEAR_FROM and best - second >= CLEAR_LEAD
