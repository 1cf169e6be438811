"""What the list of enrichments shows, in words: its tabs and its rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from contacthub.enrichment.models import EnrichmentBatch
from contacthub.enrichment.queries.batches import is_matching, status_of
from contacthub.formats import FORMATS
from contacthub.web.job_words import Action, Tab, describe_kept, make_tabs
from contacthub.web.templatetags.figures import plural
from contacthub.web.views.enrichment.outcome_words import list_parts, name_parts


@dataclass(frozen=True)
class BatchRow:
    """A list of contact ids: what it is, what came of it, and what can be done next."""

    batch: EnrichmentBatch
    url: str
    note: str
    status: str
    parts: list[tuple[str, int]]
    outcomes: str
    kept_until: str
    action: Action


def list_tabs(counts: Mapping[str, int], show: str) -> list[Tab]:
    """Return the tabs with the number of lists behind each; `show` is the one that is open."""
    words = {
        "all": "All",
        "mine": "Mine",
        "draft": "Not started",
        "running": "In progress",
        "failed": "Failed",
    }
    return make_tabs(reverse("enrichment-list"), words, show, counts)


def describe_batch(batch: EnrichmentBatch) -> BatchRow:
    """Return a list as a row shows it."""
    status = status_of(batch)
    return BatchRow(
        batch=batch,
        url=reverse("enrichment-detail", args=[batch.pk]),
        note=_describe_input(batch),
        status=status,
        parts=list_parts(batch),
        outcomes=name_parts(batch),
        kept_until=describe_kept(getattr(batch.job, "result", None)),
        action=_find_action(batch, status),
    )


def _find_action(batch: EnrichmentBatch, status: str) -> Action:
    if status == "completed":
        url = reverse("enrichment-download", args=[batch.pk])
        return Action(url, "Download", f"Download {batch.name}", is_download=True)
    if status == "draft":
        return Action(reverse(find_step(batch), args=[batch.pk]), "Continue")
    return Action(reverse("enrichment-detail", args=[batch.pk]), "View")


def find_step(batch: EnrichmentBatch) -> str:
    """Return the name of the page on which a draft continues."""
    if is_matching(batch):
        return "enrichment-match"
    return "enrichment-check" if batch.is_mapped else "enrichment-map"


def find_next_step(batch: EnrichmentBatch) -> str:
    """Return the name of the page that follows when a list is mapped: the matches, if there is something to choose."""
    if is_matching(batch) or batch.ambiguous_count:
        return "enrichment-match"
    return "enrichment-check"


def _describe_input(batch: EnrichmentBatch) -> str:
    file_name = batch.file_name if batch.file_name != batch.name else ""
    label = FORMATS[batch.format].label if batch.format else ""
    return ", ".join(filter(None, (file_name, plural(batch.row_count, "row"), label)))
