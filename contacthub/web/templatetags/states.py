"""Tags that draw the state of work as a shape and a word, and say where a vendor is made up."""

from dataclasses import dataclass

from django.template import Library

from contacthub.credentials.models import Connection
from contacthub.enrichment.models import Outcome
from contacthub.feeds.models import Feed
from contacthub.jobs.models import Job
from contacthub.jobs.queries import word_of

register = Library()

# Status words: the shape's class and the word. Shape and word differ in every state, color comes third.
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

# The icon of each kind of empty.
EMPTY_ICONS = {
    Outcome.NOT_ASKED: "circle-dashed",
    Outcome.NO_RECORD: "circle-off",
    Outcome.EMPTY: "circle",
    Outcome.BLOCKED: "lock",
}


@dataclass(frozen=True)
class State:
    """A state as a badge shows it."""

    shape: str
    words: str
    note: str = ""


@dataclass(frozen=True)
class Empty:
    """A kind of empty: its icon and its words."""

    icon: str
    words: str


@register.simple_tag
def describe_state(word: str, job: Job | None = None) -> State:
    """Return the state of work as a badge: `word` is the work's own; while its job is not final, the job's counts."""
    if job is None or job.is_final:
        return State(*STATUSES[word])
    moving = word_of(job)
    is_measured = moving == "running" and job.percent is not None
    return State(*STATUSES[moving], f"{job.percent}%" if is_measured else "")


@register.simple_tag
def describe_empty(kind: str) -> Empty:
    """Return the icon and the words of a kind of empty, such as `not_asked`."""
    outcome = Outcome(kind)
    return Empty(EMPTY_ICONS.get(outcome, ""), outcome.label)


@register.filter
def job_word(job: Job | None, word: str) -> str:
    """Return the state of work with a job in words; `word` is the work's own, which counts once the job is final."""
    return STATUSES[word if job is None or job.is_final else word_of(job)][1]


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
