"""Reads about answered rows."""

from dataclasses import dataclass
from typing import Any

import orjson

from contacthub.enrichment.masking import mask_email, mask_phone
from contacthub.enrichment.models import EnrichmentAnswer, EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.queries.envelopes import Envelope, get_envelopes


@dataclass(frozen=True)
class ResultRow:
    """One answered row: what the input said, the outcome, and the first value of each section, masked.

    Values are read from the catalog now; the outcome is the one that the file says.
    """

    row: EnrichmentRow
    answer: EnrichmentAnswer
    text: str
    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class ResultPage:
    """Some answered rows in the order of the input, and whether there are others before and behind them."""

    rows: list[ResultRow]
    has_earlier: bool
    has_later: bool


def list_results(
    *,
    batch: EnrichmentBatch,
    outcome: str = "",
    after: int = 0,
    before: int | None = None,
    most: int = 50,
) -> ResultPage:
    """Return up to `most` answered rows behind the row `after`, or in front of the row `before`.

    `outcome` leaves out all others. `before=0` asks for the last rows.
    """
    answers = EnrichmentAnswer.objects.filter(batch=batch)
    if outcome:
        answers = answers.filter(outcome=outcome)
    if before is None:
        found = list(answers.filter(ordinal__gt=after).order_by("ordinal")[: most + 1])
        return ResultPage(_read(batch, found[:most]), after > 0, len(found) > most)
    earlier = answers.filter(ordinal__lt=before) if before else answers
    found = list(earlier.order_by("-ordinal")[: most + 1])
    return ResultPage(_read(batch, found[:most][::-1]), len(found) > most, before > 0)


def _read(batch: EnrichmentBatch, answers: list[EnrichmentAnswer]) -> list[ResultRow]:
    places = [answer.ordinal for answer in answers]
    rows = list(EnrichmentRow.objects.filter(batch=batch, ordinal__in=places).order_by("ordinal"))
    envelopes = get_envelopes(
        organization=batch.organization,
        keys=[row.contact_key for row in rows if row.contact_key is not None],
        sections=batch.sections,
    )
    by_key: dict[int | None, Envelope] = {envelope.key: envelope for envelope in envelopes}
    return [
        _make_row(batch, row, answer, by_key.get(row.contact_key))
        for row, answer in zip(rows, answers, strict=True)
    ]


def _make_row(
    batch: EnrichmentBatch,
    row: EnrichmentRow,
    answer: EnrichmentAnswer,
    envelope: Envelope | None,
) -> ResultRow:
    pii = _parse(envelope.pii if envelope else None, {})
    emails = _parse(envelope.emails if envelope else None, [])
    phones = _parse(envelope.phones if envelope else None, [])
    return ResultRow(
        row=row,
        answer=answer,
        text=batch.id_of(row),
        name=" ".join(pii[field] for field in ("first_name", "last_name") if pii.get(field)),
        email=mask_email(emails[0]["email"]) if emails else "",
        phone=mask_phone(phones[0]["phone"]) if phones else "",
    )


def _parse(text: str | None, nothing: Any) -> Any:
    return nothing if text is None else orjson.loads(text)
