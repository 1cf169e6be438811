"""A run that saves what a live search found, in the words of its page."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import capfirst

from contacthub.connectors.registry import CONNECTORS
from contacthub.core.errors import CountChanged
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
    button: str = "Continue"
    # The vendor's new number, which the button agrees to.
    shown: str = ""


@dataclass(frozen=True)
class PriceView:
    """What a run fetches and saves, before it is started."""

    vendor: str
    counted: int | None
    is_filtered: bool
    # What the vendor counts, what may be charged for it, and what the number that travels with the form is.
    matches: str
    charge: str
    shown: str
    is_empty: bool


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
    done: int
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


def describe_price(vendor: str, counted: int | None, *, is_filtered: bool) -> PriceView:
    """Return what a run fetches from a vendor that counts so many rows, and what may be charged for it."""
    charge = f"Nothing is charged here; {vendor} may count the calls."
    if is_filtered:
        charge = (
            f"{vendor} may charge for every row that it sends, matching or not. Only rows that match are saved, "
            "which costs nothing here."
        )
    return PriceView(
        vendor=vendor,
        counted=counted,
        is_filtered=is_filtered,
        matches="unknown" if counted is None else rows(counted),
        charge=charge,
        shown="" if counted is None else str(counted),
        is_empty=counted == 0,
    )


def say_changed(vendor: str, error: CountChanged) -> str:
    """Return why a run did not start: the vendor counts something else now."""
    return (
        f"The page showed {error.shown:,} matches at {vendor}; there are {error.counted:,} now. "
        "Nothing was fetched or saved."
    )


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
        ended=_describe_end(save, status, vendor),
        figures=_list_figures(save, noun.lower()),
        order=f"in the order of {vendor or 'the vendor'}",
        done=save.seen_count if save.fetch_limit is None else save.fetched_count,
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
    limit = f"{save.row_limit:,}"
    if save.fetch_limit is not None and save.seen_count < save.row_limit:
        limit = f"{save.fetched_count:,} fetched"
    return Tag(f"Completed, limited to {limit}{of}", "warn", "check")


def _describe_end(save: LiveSave, status: str, vendor: str) -> Ended | None:
    if status == "failed" and save.recounted is not None:
        return Ended(
            f"{vendor} has {save.recounted:,} matches now, not {save.counted or 0:,}. Saving stopped.",
            "warn",
            "alert",
            "",
            "btn btn-primary",
            f"Save with {save.recounted:,} matches",
            str(save.recounted),
        )
    if status == "failed":
        title = f"Saving stopped: {describe_error(save.job)}"
        return Ended(title, "bad", "alert", "", "btn btn-primary")
    if status == "cancelled":
        return Ended("Saving was cancelled.", "", "status", "circle-off", "btn")
    return None


def _list_figures(save: LiveSave, things: str) -> tuple[Figure, ...]:
    seen = plural(save.seen_count, "row")
    matching = f"{seen} that match" if save.fetch_limit is not None else seen
    figures = (
        Figure("Saved", rows(save.saved_count), f"{things} of {matching}"),
        Figure("New", rows(save.new_count), "in your own catalog"),
        Figure("Changed", rows(save.changed_count), "known before, now with more"),
        Figure("Left out", rows(save.refused_count), "no unique key"),
    )
    if save.fetch_limit is None:
        return figures
    note = f"of at most {save.fetch_limit:,}; {save.seen_count:,} match"
    return (Figure("Fetched", rows(save.fetched_count), note), *figures)


def _say_total(save: LiveSave, job: Job) -> str:
    most = save.row_limit if save.fetch_limit is None else save.fetch_limit
    if job.total is None:
        return f"rows so far, at most {most:,}"
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
