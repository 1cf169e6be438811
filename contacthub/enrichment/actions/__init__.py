"""Writes: lists are taken in, mapped, started and stopped; single contacts are looked up and revealed."""

from contacthub.enrichment.actions.batches import (
    TRIAL_ROWS,
    ask_failed_again,
    cancel_batch,
    complete_batch,
    record_download,
    record_rejects_download,
    retry_batch,
    start_batch,
    start_trial,
    undo_batch,
)
from contacthub.enrichment.actions.drafts import (
    DRAFT_LIFE,
    create_draft_from_ids,
    create_draft_from_text,
    create_draft_from_upload,
    delete_draft,
    map_column,
)
from contacthub.enrichment.actions.look_ups import look_up, reveal
from contacthub.enrichment.actions.uploads import cancel_upload, read_again, receive_upload
from contacthub.enrichment.actions.waterfall import (
    ask_vendors,
    count_most_lookups,
    describe_answer,
    save_waterfall,
)

__all__ = [
    "DRAFT_LIFE",
    "TRIAL_ROWS",
    "ask_failed_again",
    "ask_vendors",
    "cancel_batch",
    "cancel_upload",
    "complete_batch",
    "count_most_lookups",
    "create_draft_from_ids",
    "create_draft_from_text",
    "create_draft_from_upload",
    "delete_draft",
    "describe_answer",
    "look_up",
    "map_column",
    "read_again",
    "receive_upload",
    "record_download",
    "record_rejects_download",
    "retry_batch",
    "reveal",
    "save_waterfall",
    "start_batch",
    "start_trial",
    "undo_batch",
]
