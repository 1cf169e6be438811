"""What the page of a started list shows, in words: its state, how far it is, what it cost and what happened."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from contacthub.enrichment.keys.mappings import list_keys
from contacthub.enrichment.models import EnrichmentBatch, Section
from contacthub.formats import FORMATS
from contacthub.jobs.models import Job, Result
from contacthub.web.job_words import (
    CONTAINS_PII,
    Fact,
    Pace,
    Tag,
    describe_turn,
    measure_pace,
    tag_kept,
    tag_state,
)
from contacthub.web.money import MoneyLine
from contacthub.web.templatetags.figures import duration, file_size, plural, rows
from contacthub.web.templatetags.times import moment
from contacthub.web.views.enrichment.outcome_words import (
    count_outcomes,
    list_parts,
    list_shown,
    name_parts,
)

# What there is to say about a state, and what can be done.
NOTICES = {
    "failed": "enrichment/_failed.html",
    "cancelled": "enrichment/_cancelled.html",
    "expired": "enrichment/_expired.html",
}
State = EnrichmentBatch.State


@dataclass(frozen=True)
class Progress:
    """How far a list is: the line below its name, tags, a notice, and the bar of outcomes."""

    about: str
    tags: list[Tag]
    # The address that the page polls; empty once nothing changes.
    poll_url: str
    # The template of the notice, empty for none.
    notice: str
    # How far a cancelled list came, in words; empty if no row was answered.
    stopped_after: str
    answered: int
    of: str
    parts: list[tuple[str, int]]
    outcomes: str
    legend: list[tuple[str, str]]
    # What the reader waits for, or how long it took.
    pace: str
    # The button with the file, empty if there is none.
    download_words: str
    retry_words: str


def describe_progress(batch: EnrichmentBatch, status: str) -> Progress:
    """Return how far a list is; `status` is the word for its state."""
    job = batch.job
    result: Result | None = getattr(job, "result", None)
    counts = count_outcomes(batch)
    answered = batch.answered_count
    of = plural(batch.row_count, "row")
    return Progress(
        about=_describe_start(batch, job),
        tags=_list_tags(job, result, status),
        poll_url=reverse("enrichment-status", args=[batch.pk]) if is_active(batch) else "",
        notice=_find_notice(batch, status),
        stopped_after=f" after {rows(answered)} of {of}" if answered else "",
        answered=answered,
        of=f"of {of}",
        parts=list_parts(batch),
        outcomes=name_parts(batch),
        legend=[
            (css, f"{words} {rows(counts[outcome])}")
            for outcome, _, css, words in list_shown(batch)
        ],
        pace=_describe_pace(batch, status),
        download_words=_describe_file(batch, result),
        retry_words=_describe_retry(batch),
    )


def is_active(batch: EnrichmentBatch) -> bool:
    """Return whether a list is worked on, or waits for it."""
    return batch.state == State.RUNNING


def has_file(result: Result | None) -> bool:
    """Return whether the file of a list is there to be downloaded."""
    return result is not None and not result.deleted_at


def _describe_start(batch: EnrichmentBatch, job: Job | None) -> str:
    is_named = batch.file_name and batch.file_name != batch.name
    return format_html(
        "Started {} by {}{}. Results keep the order of the input. Times in UTC.",
        moment(job.created_at if job else None),
        batch.created_by_name,
        f", from {batch.file_name}" if is_named else "",
    )


def _list_tags(job: Job | None, result: Result | None, status: str) -> list[Tag]:
    state = Tag("File deleted", "off") if status == "expired" else tag_state(status, job)
    kept = [tag_kept(result)] if result is not None and not result.deleted_at else []
    return [state, CONTAINS_PII, *kept]


def _find_notice(batch: EnrichmentBatch, status: str) -> str:
    is_trial = batch.origin is not None and batch.origin.state == State.DRAFT
    if status == "completed" and is_trial:
        return "enrichment/_trial.html"
    return NOTICES.get(status, "")


def _describe_pace(batch: EnrichmentBatch, status: str) -> str:
    # Without a total the job has not begun.
    pace = measure_pace(batch.job) if batch.job and batch.job.total is not None else Pace()
    if not is_active(batch):
        return duration(pace.seconds) if pace.seconds else ""
    if status == "queued":
        return f"{describe_turn(batch.job)}. You can leave this page."
    left = f"About {duration(pace.seconds_left)} left. " if pace.seconds_left else ""
    return f"{left}You can leave this page."


def _describe_file(batch: EnrichmentBatch, result: Result | None) -> str:
    if result is None or result.deleted_at or is_active(batch):
        return ""
    return f"Download {FORMATS[batch.format].label}, {file_size(result.size)}"


def _describe_retry(batch: EnrichmentBatch) -> str:
    """Return what running a list again may spend: what is left of the lookups that were agreed to."""
    left = batch.lookup_limit - batch.lookups_spent
    return f"Run again, up to {plural(left, 'lookup')}" if batch.asks_vendors else "Run again, free"


# --- Beside the results ---------------------------------------------------------------------------


def list_input_lines(batch: EnrichmentBatch, lookups: int) -> list[MoneyLine]:
    """Return how many rows of the input are looked up: all but those that are no contact, each contact once."""
    unmatched = [
        MoneyLine("Ambiguous", rows(-batch.ambiguous_count), note="left out"),
        MoneyLine("No match", rows(-batch.unmatched_count)),
    ]
    rejected = "Malformed or without id" if batch.is_by_ids else "Rejected"
    return [
        MoneyLine("Rows in the input", rows(batch.row_count)),
        MoneyLine(rejected, rows(-batch.reject_count)),
        *([] if batch.is_by_ids else unmatched),
        MoneyLine("Duplicates", rows(-batch.duplicate_count), note="counted once"),
        MoneyLine("Lookups", rows(lookups), kind="sum"),
    ]


def list_spent_lines(batch: EnrichmentBatch) -> list[MoneyLine]:
    """Return what a started list looks up and what it was charged so far."""
    spent = f"{rows(batch.lookups_spent)} of {rows(batch.lookup_limit)}"
    charged = spent if batch.asks_vendors else "0, free"
    return [
        *list_input_lines(batch, batch.valid_count),
        *_list_stranger_lines(batch),
        MoneyLine("Charged", charged, kind="after", value_css="ch-strong"),
    ]


def _list_stranger_lines(batch: EnrichmentBatch) -> list[MoneyLine]:
    if not (batch.asks_vendors and batch.askable_count):
        return []
    return [
        MoneyLine("Without a match", rows(batch.askable_count), note="at vendors that take a key")
    ]


def list_facts(batch: EnrichmentBatch) -> list[Fact]:
    """Return what a list looks up, so that it can be distinguished from others."""
    labels = [Section(section).label for section in batch.sections]
    return [
        Fact("Enrichment", copy=str(batch.pk), copy_label="Copy enrichment id"),
        *([Fact("Part of", _link_origin(batch.origin))] if batch.origin else []),
        Fact("Asked", ", ".join(labels)),
        _describe_keys(batch),
        *([Fact("Input", batch.reading)] if batch.reading else []),
        Fact("File", FORMATS[batch.format].label if batch.format in FORMATS else ""),
    ]


def _describe_keys(batch: EnrichmentBatch) -> Fact:
    if batch.is_by_ids:
        return Fact("Ids from", batch.header[batch.id_column or 0])
    return Fact("Matched by", ", ".join(str(key.label) for key in list_keys(batch.uses)))


def _link_origin(origin: EnrichmentBatch) -> str:
    url = reverse("enrichment-detail", args=[origin.pk])
    return format_html('<a href="{}">{}</a>', url, origin.name)


def describe_end(batch: EnrichmentBatch, job: Job | None) -> str:
    """Return how a list ended, for its timeline; empty if it has not ended well."""
    is_completed = batch.state == State.COMPLETED and job is not None
    return f"Completed, {rows(batch.found_count)} found" if is_completed else ""
