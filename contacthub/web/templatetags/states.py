"""Tags that draw the state of work as a shape and a word, and say where a vendor is made up."""

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contacthub.credentials.models import Connection
from contacthub.feeds.models import Feed
from contacthub.jobs.models import Job
from contacthub.jobs.queries import word_of

register = Library()

# Status words: the shape's class and the word. Shape and word differ in every state, colour comes third.
STATUSES = {
    "queued": ("none", "Queued"),
    "running": ("run", "Running"),
    "cancelling": ("run", "Cancelling"),
    "waiting": ("none", "Waiting"),
    "completed": ("ok", "Completed"),
    "limited": ("warn", "Completed, limited"),
    "expired": ("none", "Expired"),
    "cancelled": ("null", "Cancelled"),
    "failed": ("bad", "Failed"),
    "draft": ("none", "Not started"),
}


@register.simple_tag
def status(word: str, note: str = "") -> SafeString:
    """Draw a state as shape and word, with an optional note in grey."""
    shape, label = STATUSES[word]
    extra = format_html(' <span class="ch-age">· {}</span>', note) if note else ""
    return format_html(
        '<span class="ch-status is-{}"><span>{}{}</span></span>', shape, label, extra
    )


@register.filter
def job_word(job: Job | None, word: str) -> str:
    """Return the state of work with a job in words; `word` is the work's own, which counts once the job is final."""
    return STATUSES[word if job is None or job.is_final else word_of(job)][1]


@register.simple_tag
def job_status(word: str, job: Job | None) -> SafeString:
    """Draw the state of work with a job: `word` is the work's own; while it is not final, the job's counts."""
    if job is None or job.is_final:
        return status(word)
    moving = word_of(job)
    is_measured = moving == "running" and job.percent is not None
    return status(moving, f"{job.percent}%" if is_measured else "")


@register.inclusion_tag("components/sandbox.html")
def sandbox_band(*involved: object) -> dict[str, bool]:
    """Say across a page that a vendor is made up, where one of these connections, or of these feeds, is a sandbox's."""
    return {"is_sandbox": any(map(is_sandbox, involved))}


def is_sandbox(involved: object) -> bool:
    """Return whether a connection, the one of a feed, or one in a list of either, leads to a made-up vendor."""
    if isinstance(involved, Connection):
        return involved.is_sandbox
    if isinstance(involved, Feed):
        return involved.connection is not None and involved.connection.is_sandbox
    return isinstance(involved, list) and any(map(is_sandbox, involved))
