"""What the pages of jobs share: how far a job is, its tags, its facts and its story, in words.

The pages of exports, contact jobs, bulk pulls, saved searches and enrichments are made of these and of the components
that draw them (`c-job-tags`, `c-job-cancel`, `c-job-progress`, `c-manifest`, `c-job-timeline`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contacthub.core import clock
from contacthub.jobs.models import Job, Result
from contacthub.jobs.queries import count_queue_ahead
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.states import job_word
from contacthub.web.templatetags.times import day

STARTS_SOON = "Starting shortly"


@dataclass(frozen=True)
class Tag:
    """A tag below a page's title. `kind`: ok, warn, bad, off, or empty for a plain one."""

    words: str
    kind: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Fact:
    """A name and its value, as c-fact takes them. `value` may be safe HTML."""

    name: str
    value: str = ""
    css: str = ""
    copy: str = ""
    copy_label: str = ""


@dataclass(frozen=True)
class Figure:
    """A large number with its name and a note, as c-figure takes them. `note` may be safe HTML."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Tab:
    """A tab above a list, with the number of rows behind it where that is known."""

    words: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Action:
    """The button of a list's row. `label` is what screen readers call it in place of its words, which a download needs:
    it shows an icon alone on phones."""

    url: str
    words: str
    label: str = ""
    is_download: bool = False


@dataclass(frozen=True)
class Pace:
    """How fast a job is. `seconds` is what it took in all, None until it has ended."""

    seconds: float | None = None
    per_second: int | None = None
    seconds_left: float | None = None


CONTAINS_PII = Tag("Contains PII", "warn", "lock")
# Tags of states that look alike on every page; others say the state of the job.
STATE_TAGS = {
    "completed": Tag("Completed", "ok", "check"),
    "failed": Tag("Failed", "bad", "alert-triangle"),
    "cancelled": Tag("Cancelled", "off"),
}


def tag_state(status: str, job: Job | None) -> Tag:
    """Return the tag of a state; `status` is the work's own, and counts once the job is final."""
    return STATE_TAGS.get(status) or Tag(job_word(job, status))


def tag_kept(result: Result) -> Tag:
    """Return the tag that says until when a file is kept."""
    return Tag(f"Kept until {full_day(result)}")


def full_day(result: Result) -> str:
    """Write the last day of a file with its year: 3 Dec 2026."""
    return f"{result.expires_at:%-d %b %Y}"


def describe_kept(result: Result | None) -> str:
    """Say in a list until when a file is kept, or when it was deleted; nothing if there is none."""
    if result is None:
        return ""
    if result.deleted_at is not None:
        return f"Deleted {day(result.deleted_at.date())}"
    return day(result.expires_at.date())


def describe_turn(job: Job | None) -> str:
    """Say how many jobs are worked on before a queued one."""
    ahead = count_queue_ahead(job=job) if job and job.state == Job.State.QUEUED else 0
    return f"{plural(ahead, 'job')} of your organization before it" if ahead else STARTS_SOON


def describe_step(job: Job | None) -> str:
    """Say how far a running job is, for its line in the timeline: now, 40%, attempt 2."""
    if job is None:
        return ""
    share = "" if job.percent is None else f", {job.percent}%"
    return f"now{share}" + (f", attempt {job.attempts}" if job.attempts > 1 else "")


def measure_pace(job: Job | None) -> Pace:
    """Return how fast a job is, once enough is done to say so."""
    if job is None or job.started_at is None:
        return Pace()
    seconds = ((job.finished_at or clock.now()) - job.started_at).total_seconds()
    per_second = job.done / seconds if seconds else 0
    if job.is_final:
        return Pace(seconds, round(per_second) if seconds else None)
    if seconds < 1 or not job.done or job.total is None:
        return Pace()
    return Pace(None, round(per_second), (job.total - job.done) / per_second)


def describe_error(job: Job | None) -> str:
    """Return why a job failed."""
    return job.error if job and job.error else "no reason was given"


def make_tabs(
    url: str, words: dict[str, str], show: str, counts: Mapping[str, int] = MappingProxyType({})
) -> list[Tab]:
    """Return the tabs of a list by what they show; the first one shows all and leads to `url` itself."""
    return [
        Tab(each, f"?show={name}" if name != "all" else url, name == show, counts.get(name))
        for name, each in words.items()
    ]
