"""A run that saves what a live search found, in the words of its page."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import capfirst

from contacthub.connectors.registry import CONNECTORS
from contacthub.jobs.models import Job
from contacthub.sourcing.live import queries
from contacthub.sourcing.models import LiveSave
from contacthub.web.job_words import (
    Figure,
    Tag,
    describe_error,
    describe_turn,
    tag_state,
)
from contacthub.web.templatetags.figures import plural, rows

# Which template lists what was saved.
TABLES = {
    "Companies": "sourcing/live/_saved_companies.html",
    "Contacts": "sourcing/live/_saved_contacts.html",
}
OWN_CATALOG = Tag("Your own catalog", "off", "lock")


@dataclass(frozen=True)
class Ended:
    """A run that stopped before its end."""

    title: str
    kind: str
    role: str
    icon: str
    button_css: str


@dataclass(frozen=True)
class SaveView:
    """The page of one run. An empty address stands for what cannot be done now."""

    job: Job | None
    status: str
    # What is above: the list of companies or of contacts.
    noun: str
    catalog_url: str
    words: str
    tags: tuple[Tag, ...]
    ended: Ended | None
    figures: tuple[Figure, ...]
    order: str
    # How far a job is; empty if the rows were saved at once.
    of: str
    note: str
    poll_url: str
    cancel_url: str
    list_url: str
    make_list_url: str
    # Pages of what was saved.
    table: str
    first_url: str
    next_url: str
    is_last: bool


def describe_save(save: LiveSave, *, has_rows: bool, after: int, last: int) -> SaveView:
    """Return a run as its page shows it.

    It shows rows behind the one with the key `after`, 0: from the first on, up to `last`, 0: to the end.
    """
    status, job = queries.status_of(save), save.job
    is_active = save.state == LiveSave.State.RUNNING
    vendor = CONNECTORS[save.vendor].label if save.vendor in CONNECTORS else ""
    noun, url = ("Companies", "company-list") if save.of_companies else ("Contacts", "contact-list")
    here, names = reverse("live-save-detail", args=[save.pk]), [save.pk]
    can_make_list = not (is_active or save.list) and save.saved_count
    return SaveView(
        job=job,
        status=status,
        noun=noun,
        catalog_url=reverse(url),
        words=f"{capfirst(save.words)}. " if save.words else "",
        tags=(_tag_status(save, status), OWN_CATALOG),
        ended=_describe_end(job, status),
        figures=_list_figures(save, noun.lower()),
        order=f"in the order of {vendor or 'the vendor'}",
        of=_say_total(save, job) if is_active and job else "",
        note=_describe_wait(job, status, vendor) if is_active and job else "",
        poll_url=reverse("live-save-status", args=names) if is_active else "",
        cancel_url=reverse("live-save-cancel", args=names) if is_active and job else "",
        list_url=_find_list(save) if not (is_active and job) else "",
        make_list_url=reverse("live-save-list", args=names) if can_make_list else "",
        table=TABLES[noun] if has_rows else "",
        first_url=here if after else "",
        next_url=f"{here}?after={last}" if last else "",
        is_last=bool(after and not last),
    )


def _tag_status(save: LiveSave, status: str) -> Tag:
    if status != "completed" or not save.is_limited:
        return tag_state(status, save.job)
    of = f" of {save.counted:,}" if save.counted else ""
    return Tag(f"Completed, limited to {save.row_limit:,}{of}", "warn", "check")


def _describe_end(job: Job | None, status: str) -> Ended | None:
    if status == "failed":
        title = f"Saving stopped: {describe_error(job)}"
        return Ended(title, "bad", "alert", "", "btn btn-primary")
    if status == "cancelled":
        return Ended("Saving was cancelled.", "", "status", "circle-off", "btn")
    return None


def _list_figures(save: LiveSave, things: str) -> tuple[Figure, ...]:
    return (
        Figure("Saved", rows(save.saved_count), f"{things} of {plural(save.seen_count, 'row')}"),
        Figure("New", rows(save.new_count), "in your own catalog"),
        Figure("Changed", rows(save.changed_count), "known before, now with more"),
        Figure("Left out", rows(save.refused_count), "no unique key"),
    )


def _say_total(save: LiveSave, job: Job) -> str:
    if job.total is None:
        return f"rows so far, at most {save.row_limit:,}"
    return f"of {plural(job.total, 'row')}"


def _describe_wait(job: Job, status: str, vendor: str) -> str:
    if job.wakes_at is not None:
        again = f"Next attempt at {job.wakes_at:%H:%M}; rows received so far are kept."
        return f"{vendor} isn't responding. {again}"
    return f"{describe_turn(job)}." if status == "queued" else ""


def _find_list(save: LiveSave) -> str:
    """Return the page of the list; of earlier runs that of the enrichment that stood in its place."""
    if save.list is not None:
        return reverse("list-detail", args=[save.list.public_id])
    return reverse("enrichment-detail", args=[save.batch_id]) if save.batch else ""
