"""Reads about lists, their rows and answers, and about single contacts."""

from contacthub.enrichment.queries.batches import (
    count_first,
    count_states,
    get_batch,
    iterate_rejects,
    list_batches,
    list_first_rows,
    list_rejects,
    lock_batch,
    status_of,
)
from contacthub.enrichment.queries.envelopes import Envelope, get_envelopes
from contacthub.enrichment.queries.look_ups import (
    LookUp,
    SectionAnswer,
    Value,
    get_look_up,
    get_value,
    list_recent_look_ups,
)
from contacthub.enrichment.queries.results import ResultPage, ResultRow, list_results

__all__ = [
    "Envelope",
    "LookUp",
    "ResultPage",
    "ResultRow",
    "SectionAnswer",
    "Value",
    "count_first",
    "count_states",
    "get_batch",
    "get_envelopes",
    "get_look_up",
    "get_value",
    "iterate_rejects",
    "list_batches",
    "list_first_rows",
    "list_recent_look_ups",
    "list_rejects",
    "list_results",
    "lock_batch",
    "status_of",
]
