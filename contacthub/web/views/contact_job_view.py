"""Contact jobs in the words of their list and of their pages, and which part of a page is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.queries import status_of
from contacthub.contact_jobs.records import Conditions
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.web.job_words import (
    CONTAINS_PII,
    Action,
    Fact,
    Figure,
    Tab,
    Tag,
    describe_error,
    describe_kept,
    describe_step,
    describe_turn,
    full_day,
    make_tabs,
    measure_pace,
    tag_kept,
    tag_state,
)
from contacthub.web.templatetags.figures import duration, file_size, plural, rows
from contacthub.web.templatetags.times import moment

Kind, Phase = ContactJob.Kind, ContactJob.Phase
# Over which protocol a kind of job is requested.
VIA = {
    Kind.EXTRACT: PROTOCOLS["backstory"].label,
    Kind.DETAILS: PROTOCOLS["insideview"].label,
}
UNFINISHED = (Phase.WAITING, Phase.RUNNING)


@dataclass(frozen=True)
class Notice:
    """What a banner says of a job that has no file, or has one no longer."""

    title: str
    text: str
    kind: str
    role: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a job is that has not ended."""

    of: str
    note: str
    seconds_left: float | None
    step: str
    given_back: int


@dataclass(frozen=True)
class ContactJobView:
    """The page of one job. An empty address stands for what cannot be done now, or not by this person."""

    contact_job: ContactJob
    job: Job
    status: str
    via: str
    # The file, while it is kept.
    file: Result | None
    # What is done with the text of a CSV that is downloaded from the page.
    is_made_safe: bool
    tags: tuple[Tag, ...]
    facts: tuple[Fact, ...]
    figures: tuple[Figure, ...]
    notice: Notice | None
    progress: Progress | None
    poll_url: str
    cancel_url: str
    download_url: str
    download_words: str


def describe_contact_job(contact_job: ContactJob, membership: Membership) -> ContactJobView:
    """Return a job as its page shows it to a member."""
    job, status = contact_job.job, status_of(contact_job)
    result: Result | None = getattr(job, "result", None)
    is_active, may_export = contact_job.phase in UNFINISHED, membership.has_right(Right.EXPORT)
    file = result if status == "completed" else None
    names = [contact_job.public_id]
    return ContactJobView(
        contact_job=contact_job,
        job=job,
        status=status,
        via=VIA[Kind(contact_job.kind)],
        file=file,
        is_made_safe=contact_job.format == ContactJob.Format.CSV and may_export,
        tags=_list_tags(status, job, file),
        facts=_list_facts(contact_job),
        figures=_list_figures(contact_job, result) if contact_job.phase == Phase.COMPLETED else (),
        notice=_describe_end(contact_job, status, result),
        progress=_describe_progress(contact_job, status) if is_active else None,
        poll_url=reverse("contact-job-status", args=names) if is_active else "",
        cancel_url=reverse("contact-job-cancel", args=names) if is_active and may_export else "",
        download_url=reverse("contact-job-download", args=names) if file and may_export else "",
        download_words=_say_download(contact_job, file) if file else "",
    )


def _list_tags(status: str, job: Job, file: Result | None) -> tuple[Tag, ...]:
    tags = [Tag("File deleted", "off") if status == "expired" else tag_state(status, job)]
    tags += [] if status in ("failed", "cancelled") else [CONTAINS_PII]
    tags += [tag_kept(file)] if file else []
    return tuple(tags)


def _say_download(contact_job: ContactJob, file: Result) -> str:
    return f"Download {contact_job.get_format_display()}, {file_size(file.size)}"


def _describe_end(contact_job: ContactJob, status: str, result: Result | None) -> Notice | None:
    if status == "failed":
        used = _say_transactions("Used", contact_job.charged)
        title = f"The job failed: {describe_error(contact_job.job)}"
        return Notice(title, f"There is no file.{used}", "bad", "alert")
    if status == "cancelled":
        back = _say_transactions("Given back", contact_job.price)
        used = _say_transactions("It had begun. Used", contact_job.charged)
        text = f"There is no file.{used or back}"
        return Notice("The job was cancelled.", text, "", "status", "circle-off")
    if status == "expired":
        until = full_day(result) if result else ""
        return Notice(f"The file was kept until {until}.", "Request a new one.", "info")
    return None


def _say_transactions(words: str, count: int) -> str:
    return f" {words}: {plural(count, 'transaction')}." if count else ""


def _describe_progress(contact_job: ContactJob, status: str) -> Progress:
    job, pace = contact_job.job, measure_pace(contact_job.job)
    note = f"{pace.per_second:,} contacts a second" if pace.per_second else ""
    if job.total is None:
        note = "Finding the contacts"
    return Progress(
        of="contacts so far" if job.total is None else f"of {plural(job.total, 'contact')}",
        note=describe_turn(job) if status == "queued" else note,
        seconds_left=pace.seconds_left,
        step=describe_step(job) if status == "running" else "",
        given_back=0 if contact_job.charged else contact_job.price,
    )


def _list_figures(contact_job: ContactJob, result: Result | None) -> tuple[Figure, ...]:
    job = contact_job.job
    fragments = plural(contact_job.fragment_count or 0, "fragment")
    return (
        Figure(
            "Contacts",
            rows(contact_job.row_count),
            format_html("as of {}", moment(job.started_at)),
        ),
        Figure(
            "Transactions",
            rows(contact_job.charged),
            "one a different id" if contact_job.price else "extracts are free",
        ),
        Figure(
            "File",
            file_size(result.size) if result else "",
            f"{contact_job.get_format_display()}, {fragments}",
        ),
        Figure("Time", duration(measure_pace(job).seconds), "from start to end"),
    )


def _list_facts(contact_job: ContactJob) -> tuple[Fact, ...]:
    facts = [
        Fact("Job", copy=contact_job.public_id, copy_label="Copy job id"),
        Fact("Protocol", VIA[Kind(contact_job.kind)]),
        Fact("Question", contact_job.get_kind_display()),
        *_list_conditions(contact_job),
    ]
    if contact_job.price:
        facts.append(Fact("Ids", f"{contact_job.price:,} different"))
    return (*facts, Fact("Format", contact_job.get_format_display()))


def _list_conditions(contact_job: ContactJob) -> list[Fact]:
    """Return what was requested, in words."""
    if contact_job.kind == Kind.DETAILS:
        return []
    asked = Conditions.of_json(contact_job.conditions)
    days = f"{asked.start_on:%-d %b %Y} to {asked.end_on:%-d %b %Y} UTC"
    left_out = [
        *([] if asked.include_historical else ["without account and opportunity"]),
        *([] if asked.include_existing else ["in the CRM"]),
        *(["not sourced by People.ai"] if asked.is_sourced_by_people_ai else []),
    ]
    return [
        Fact("Created", days),
        *([] if asked.country is None else [Fact("Country", asked.country)]),
        *([] if asked.state is None else [Fact("State", asked.state)]),
        Fact("Left out", ", ".join(left_out) or "nothing"),
    ]


# --- The list -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ContactJobRow:
    """A job in the list."""

    contact_job: ContactJob
    job: Job
    status: str
    via: str
    is_free: bool
    held: str
    file_size: str
    kept: str
    action: Action
    is_measured: bool


def describe_row(contact_job: ContactJob, membership: Membership) -> ContactJobRow:
    """Return a job as the list shows it to a member."""
    job, status = contact_job.job, status_of(contact_job)
    result: Result | None = getattr(job, "result", None)
    is_held = status == "queued" and contact_job.price and not contact_job.charged
    return ContactJobRow(
        contact_job=contact_job,
        job=job,
        status=status,
        via=VIA[Kind(contact_job.kind)],
        is_free=not contact_job.price,
        held=f"{contact_job.price:,} held" if is_held else "",
        file_size=file_size(result.size) if result else "",
        kept=describe_kept(result),
        action=_find_action(contact_job, status, may_export=membership.has_right(Right.EXPORT)),
        is_measured=status == "running" and job.percent is not None,
    )


def _find_action(contact_job: ContactJob, status: str, *, may_export: bool) -> Action:
    can_download = may_export and status == "completed"
    words = "Download" if can_download else "View"
    name = "contact-job-download" if can_download else "contact-job-detail"
    return Action(
        reverse(name, args=[contact_job.public_id]),
        words,
        f"{words} {contact_job.job.title}, {contact_job.public_id}",
        is_download=can_download,
    )


def list_tabs(counts: dict[str, int], show: str) -> Sequence[Tab]:
    """Return the tabs of the list."""
    words = {
        "all": "All",
        "extract": "By creation day",
        "details": "By id",
        "running": "In progress",
        "failed": "Failed",
    }
    return make_tabs(reverse("contact-job-list"), words, show, counts)
