"""A draft of a pull in words: what it requests, what it may cost, and the buttons that start it."""

from dataclasses import dataclass

from contacthub.sourcing.bulk.actions import TRIAL_IDS
from contacthub.sourcing.bulk.models import Pull
from contacthub.web.job_words import Fact, Figure
from contacthub.web.templatetags.figures import plural
from contacthub.web.views.sourcing.words import list_options, name_source, name_vendor


@dataclass(frozen=True)
class DraftView:
    """The page that checks a draft. `price` is the most that it takes in transactions, `trial` the most of a trial."""

    vendor: str
    source: str
    # Of ids: how many there are; what is no id.
    figures: tuple[Figure, ...]
    malformed: list[str]
    has_more_malformed: bool
    # Of days: what is requested.
    options: tuple[Fact, ...]
    price: int
    most: str
    start_words: str
    cost_note: str
    trial: int
    trial_words: str


def describe_draft(pull: Pull) -> DraftView:
    """Return a draft as its page shows it."""
    trial = TRIAL_IDS if len(pull.ids) > TRIAL_IDS else 0
    price = plural(pull.price, "transaction")
    return DraftView(
        vendor=name_vendor(pull),
        source=name_source(pull, " ({})"),
        figures=_count_ids(pull) if pull.ids else (),
        malformed=pull.malformed,
        has_more_malformed=pull.malformed_count > len(pull.malformed),
        options=() if pull.ids else list_options(pull, with_days=True),
        price=pull.price,
        most=price if pull.ids else "0, free",
        start_words=f"Pull {len(pull.ids):,}, up to {price}" if pull.ids else "Pull contacts, free",
        cost_note=_describe_cost(pull, trial),
        trial=trial,
        trial_words=f"Try {trial} ids, up to {plural(trial, 'transaction')}",
    )


def _count_ids(pull: Pull) -> tuple[Figure, ...]:
    return (
        Figure("Different", f"{len(pull.ids):,}", "requested"),
        Figure("Duplicate", f"{pull.duplicate_count:,}", "requested once"),
        Figure("Malformed", f"{pull.malformed_count:,}", "left out"),
    )


def _describe_cost(pull: Pull, trial: int) -> str:
    vendor = name_vendor(pull)
    if not pull.ids:
        return f"{vendor} charges nothing for days."
    note = f"{vendor} takes them when its work begins; until then cancelling costs nothing."
    first = f" A trial uses the first {trial} ids out of the list, so that none is paid twice."
    return note + (first if trial else "")
