"""Source cards with made-up values, for the page of all components."""

import datetime as dt
from uuid import UUID

from contacthub.contacts.given import Given
from contacthub.contacts.models import Settlement
from contacthub.web.views.catalog.source_view import SourceCard, Subject, make_card


def sample_cards(now: dt.datetime) -> list[SourceCard]:
    """Return cards in their states: disputed, settled, an address that is not the first, the only source."""
    today = now.date()
    first = Given(
        "seniority", "Director", "Backstory", UUID(int=1), "enrichment", fetched_at=now, first_seen=today,
        last_seen=today, confidence=0.97, request_id="req_71c0e4", lookups=1,
    )  # fmt: skip
    other = Given(
        "seniority", "VP", "Letrics", UUID(int=2), "search", fetched_at=now - dt.timedelta(days=60),
        last_seen=today - dt.timedelta(days=60), confidence=0.61,
    )  # fmt: skip
    settled = Settlement(
        field="seniority",
        value="Director",
        rule_value="VP",
        settled_by_name="Alice",
        settled_at=now,
    )
    cards = [
        make_card(Subject(1, "seniority", "seniority", "show-1", str), [first], [other], None),
        make_card(Subject(1, "seniority", "seniority", "show-2", str), [first], [other], settled),
        make_card(
            Subject(1, "email", "work e-mail", "show-3", str), [first], [], None, can_be_first=True
        ),
        make_card(Subject(1, "seniority", "title", "show-4", str), [other], [], None),
    ]
    return [card for card in cards if card]
