"""The page of an export in words: its tags, what can be done, its figures, its manifest, and which part is shown."""

from dataclasses import dataclass, field

from django.urls import reverse

from contacthub.core.errors import Conflict
from contacthub.exports import list_members, queries
from contacthub.exports.models import Export
from contacthub.exports.options import Quote, is_purpose_missing
from contacthub.exports.sources import source_of
from contacthub.formats import FORMATS
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.web.job_words import (
    CONTAINS_PII,
    Fact,
    Figure,
    Pace,
    Tag,
    describe_error,
    describe_step,
    describe_turn,
    measure_pace,
    tag_kept,
    tag_state,
)
from contacthub.web.templatetags.figures import duration, file_size, plural, rows
from contacthub.web.views.export_source_view import SourceView, describe_source

ACTIVE = ("queued", "running")
# Which template shows the body of the page; any other state: the one of a complete export.
BODIES = {
    "queued": "exports/_running.html",
    "running": "exports/_running.html",
    "failed": "exports/_ended.html",
    "cancelled": "exports/_ended.html",
}
COMPLETE = "exports/_completed.html"


@dataclass(frozen=True)
class Buttons:
    """What can be done now: an empty address stands for what cannot, or not by this person."""

    cancel: str = ""
    enrich: str = ""
    add_to_list: str = ""
    add_companies: str = ""
    download: str = ""
    download_words: str = ""
    again: str = ""
    again_words: str = ""
    # The main button, unless there is a file to download.
    again_css: str = "btn-primary"


@dataclass(frozen=True)
class Progress:
    """How far a running export is, and what cancelling it gives back; `is_free` where nothing is ever charged."""

    of: str
    note: str
    seconds_left: float | None
    now: str
    step: str
    held: str
    given_back: int
    is_free: bool


@dataclass(frozen=True)
class Retry:
    """Running an export again: the charge, and what the button says."""

    quote: Quote
    words: str
    css: str
    needs_purpose: bool


@dataclass(frozen=True)
class Ended:
    """An export without a file: why, what it charged, and running it again for a person who may."""

    title: str
    text: str
    kind: str
    role: str
    icon: str
    retry: Retry | None


@dataclass(frozen=True)
class ExportView:
    """The page of one export."""

    export: Export
    source: SourceView
    job: Job | None
    status: str
    body: str
    # What its end says of the charge, in the timeline.
    charged_words: str
    tags: tuple[Tag, ...]
    buttons: Buttons
    facts: tuple[Fact, ...]
    # Its rows come from a vendor, which is named.
    is_of_vendor: bool
    result: Result | None
    # The result while its file is kept, and when it was deleted, if it is gone.
    file: Result | None = None
    deleted_on: str = ""
    poll_url: str = ""
    progress: Progress | None = None
    ended: Ended | None = None
    figures: tuple[Figure, ...] = field(default=())


def find_result(export: Export) -> Result | None:
    """Return the manifest of an export's file; it stays when the file is deleted."""
    return getattr(export.job, "result", None)


def describe_export(export: Export, membership: Membership) -> ExportView:
    """Return an export as its page shows it to a member."""
    status, result = queries.status_of(export), find_result(export)
    source = describe_source(export)
    file = result if result and not result.deleted_at else None
    body = BODIES.get(status, COMPLETE)
    is_active = status in ACTIVE
    return ExportView(
        export=export,
        source=source,
        job=export.job,
        status=status,
        body=body,
        charged_words="free" if _is_free(export) else f"{rows(export.charged_rows)} rows charged",
        tags=_list_tags(export, status, file),
        buttons=_list_buttons(export, source, status, file, membership),
        facts=_list_facts(export, source),
        is_of_vendor=export.remote_id is not None,
        result=result,
        file=file,
        deleted_on=f"{result.deleted_at:%-d %b}" if result and result.deleted_at else "",
        poll_url=reverse("export-status", args=[export.pk]) if is_active else "",
        progress=_describe_progress(export, status) if is_active else None,
        ended=_describe_end(export, membership) if status in ("failed", "cancelled") else None,
        figures=_list_figures(export, result) if body == COMPLETE else (),
    )


def _is_free(export: Export) -> bool:
    """Return whether nothing is ever charged for it: the catalog is the organization's own."""
    return export.selection_id is not None


def _list_tags(export: Export, status: str, file: Result | None) -> tuple[Tag, ...]:
    tags = [_tag_status(export, status)]
    tags += [CONTAINS_PII] if export.get_pii else []
    tags += [tag_kept(file)] if file else []
    return tuple(tags)


def _tag_status(export: Export, status: str) -> Tag:
    if status == "limited":
        limit = f"{export.total_rows:,} of {export.matched_rows:,} rows"
        return Tag(f"Completed, limited to {limit}", "warn", "alert-triangle")
    return Tag("Expired", "off") if status == "expired" else tag_state(status, export.job)


def _find_list_step(export: Export, membership: Membership) -> str:
    """Return the page that puts the export's contacts on a list; nothing where its rows name none."""
    if not membership.has_right(Right.SEARCH) or list_members.source_of(export) is None:
        return ""
    return f"{reverse('list-add')}?export={export.pk}"


def _find_company_step(export: Export, membership: Membership) -> str:
    """Return the page that puts the export's companies on a list; nothing for an export of a selection."""
    if not membership.has_right(Right.SEARCH) or list_members.companies_of(export) is None:
        return ""
    return f"{reverse('list-add')}?export_companies={export.pk}"


def _list_buttons(
    export: Export,
    source: SourceView,
    status: str,
    file: Result | None,
    membership: Membership,
) -> Buttons:
    if not membership.has_right(Right.EXPORT):
        return Buttons()
    if status in ACTIVE:
        return Buttons(cancel=reverse("export-cancel", args=[export.pk]))
    if file is not None:
        can_enrich = membership.has_right(Right.ENRICH) and "contact_id" in export.columns
        return Buttons(
            enrich=f"{reverse('enrichment-new')}?export={export.pk}" if can_enrich else "",
            add_to_list=_find_list_step(export, membership),
            add_companies=_find_company_step(export, membership),
            download=reverse("export-download", args=[export.pk]),
            download_words=f"Download {_format_of(export)}, {file_size(file.size)}",
            again=source.again_url if _is_free(export) else "",
            again_words=source.again_words,
            again_css="",
        )
    if status == "expired":
        return Buttons(again=source.again_url, again_words=source.again_words)
    return Buttons()


def _format_of(export: Export) -> str:
    return FORMATS[export.format].label if export.format in FORMATS else ""


# --- The body by state ----------------------------------------------------------------------------


def _describe_progress(export: Export, status: str) -> Progress:
    job, pace = export.job, measure_pace(export.job)
    is_made = export.remote is not None and export.remote.is_made
    charged_by = export.feed_search.feed.vendor_label if is_made else ""
    return Progress(
        of=f"of {rows(job.total) if job else ''} rows",
        note=_describe_wait(export, status, pace),
        seconds_left=pace.seconds_left,
        now=_describe_now(export) if status == "running" else "",
        step=describe_step(job),
        held=f"Charged by {charged_by}" if is_made else "Held",
        given_back=0 if is_made else export.charged_rows,
        is_free=_is_free(export),
    )


def _describe_now(export: Export) -> str:
    if export.remote_id is None:
        return "Writing the file"
    return f"Receiving rows from {export.feed_search.feed.vendor_label}"


def _describe_wait(export: Export, status: str, pace: Pace) -> str:
    """Say what a queued export waits for, or how fast a running one is."""
    if status == "queued":
        return _describe_sleep(export) or describe_turn(export.job)
    return f"{pace.per_second:,} rows a second" if pace.per_second else ""


def _describe_sleep(export: Export) -> str:
    """Say what a job that sleeps waits for; nothing for one that does not."""
    if export.job is None or export.job.wakes_at is None or export.search is None:
        return ""
    label, at = export.search.feed.vendor_label, f"{export.job.wakes_at:%H:%M:%S} UTC"
    if export.remote is not None and export.remote.is_made and not export.remote.is_built:
        return f"{label} is building this export. Next check at {at}."
    return f"{label} isn't responding. Next attempt at {at}; rows received so far are kept."


def _describe_end(export: Export, membership: Membership) -> Ended:
    quote, refusal = _find_quote(export)
    is_moved = quote is not None and quote.total_rows != export.total_rows
    retry = None
    if membership.has_right(Right.EXPORT) and quote is not None:
        retry = _describe_retry(export, quote, is_moved=is_moved)
    if export.state == Export.State.CANCELLED:
        text = f"{_say_undone(export)} {refusal}".strip()
        return Ended("The export was cancelled.", text, "", "status", "circle-off", retry)
    verb = "stopped" if is_moved and quote is not None and quote.total_rows else "failed"
    title = f"The export {verb}: {describe_error(export.job)}"
    text = f"{_say_failed(export)} {refusal}".strip()
    return Ended(title, text, "bad", "alert", "alert-triangle", retry)


def _find_quote(export: Export) -> tuple[Quote | None, str]:
    """Return what running it again would hold and cost, or why it cannot be run again."""
    try:
        return source_of(export).quote(), ""
    except Conflict as error:
        return None, str(error)


def _describe_retry(export: Export, quote: Quote, *, is_moved: bool) -> Retry:
    first = f"Export {plural(quote.total_rows, 'row')}" if is_moved else "Run again"
    options = queries.options_of(export)
    cost = "free" if _is_free(export) else f"{plural(quote.charged_rows, 'row')} charged"
    return Retry(
        quote=quote,
        words=f"{first} · {cost}",
        css="ch-btn-spend" if quote.charged_rows else "btn-primary",
        needs_purpose=is_purpose_missing(options=options, purpose=export.purpose),
    )


def _is_charged(export: Export) -> bool:
    """Return whether a vendor has charged it: vendors charge when they make an export, and give nothing back."""
    search = export.search
    return search is not None and search.charged_export == export.pk and search.is_charge_settled


def _say_undone(export: Export) -> str:
    if _is_free(export):
        return "Nothing was charged; there is no file. The question is kept."
    if _is_charged(export):
        label = export.feed_search.feed.vendor_label
        return f"There is no file. {label} had charged it already and gives nothing back; running it again is free."
    return "Its rows were given back; there is no file. The search is kept."


def _say_failed(export: Export) -> str:
    if _is_free(export):
        return "Nothing was exported or charged."
    if _is_charged(export):
        label = export.feed_search.feed.vendor_label
        return f"There is no file. {label} has charged this search; running it again is free."
    return "No rows are charged and there is no file."


def _list_figures(export: Export, result: Result | None) -> tuple[Figure, ...]:
    figures = [
        Figure("Rows", rows(export.total_rows), _describe_limit(export)),
        Figure("Charged", rows(export.charged_rows), _describe_charge(export)),
    ]
    if result is not None:
        pace = measure_pace(export.job)
        speed = f"{pace.per_second:,} rows a second" if pace.per_second else ""
        figures.append(Figure("File", file_size(result.size), _format_of(export)))
        figures.append(Figure("Time", duration(pace.seconds), speed))
    return tuple(figures)


def _describe_limit(export: Export) -> str:
    if not export.is_limited:
        return "all that match"
    if _is_free(export):
        return f"of {export.matched_rows:,}: {_say_omitted(export)}"
    return f"of {export.matched_rows:,}: at most {rows(export.max_rows)} were requested"


def _say_omitted(export: Export) -> str:
    count = export.matched_rows - export.total_rows
    verb = "was" if count == 1 else "were"
    return f"{rows(count)} {verb} removed from the catalog before {'it' if count == 1 else 'they'} could be written"


def _describe_charge(export: Export) -> str:
    if _is_free(export):
        return "free: your catalog"
    if not export.charged_rows:
        return "the search was already paid for"
    vendor = export.feed_search.feed.vendor_label
    return f"by {vendor}, once" if export.remote_id is not None else "as quoted, once"


# --- The manifest ---------------------------------------------------------------------------------


def _list_facts(export: Export, source: SourceView) -> tuple[Fact, ...]:
    facts = [Fact("Export", copy=str(export.pk), copy_label="Copy export id"), *source.facts]
    if export.columns and export.format:
        facts.append(Fact("Columns", ", ".join(export.columns)))
    facts.append(Fact("Limits", _say_limits(export)))
    return tuple(facts)


def _say_limits(export: Export) -> str:
    if not export.is_limited:
        return "None applied"
    if _is_free(export):
        return (
            f"{rows(export.total_rows)} of {rows(export.matched_rows)} rows: {_say_omitted(export)}"
        )
    return f"At most {rows(export.max_rows)} of {export.matched_rows:,} rows"
