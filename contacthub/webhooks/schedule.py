"""When a delivery is tried again, and when it is not."""

import datetime as dt
import random
from dataclasses import dataclass, field

from contacthub.core.http_times import read_retry_after
from contacthub.webhooks.models import WebhookDelivery

State = WebhookDelivery.State

# Seconds before each try. Source: Standard Webhooks 1.0.0, "Retry schedule"; ten tries in about three days.
SCHEDULE = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
# Each wait is up to so much shorter or longer, so that what failed together does not come back together.
JITTER = 0.1
GONE = 410
# The answers whose Retry-After counts (RFC 9110 §10.2.3, RFC 6585 §4).
BUSY = (429, 503)

_rng = random.SystemRandom()


@dataclass(frozen=True)
class Outcome:
    """What one try came to. `status` is None if there was no answer; `error` then says why."""

    sent_at: dt.datetime
    duration_ms: int
    headers: dict[str, str]
    status: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: str = ""
    # It may never be sent there: trying again would not help.
    is_refused: bool = False


@dataclass(frozen=True)
class Verdict:
    """What follows: the state, when to try again if it waits, and a sentence if it failed."""

    state: WebhookDelivery.State
    wait: dt.timedelta = field(default=dt.timedelta())
    error: str = ""


def judge(outcome: Outcome, *, tries: int) -> Verdict:
    """Return what follows from the try number `tries`, counted from 1."""
    if outcome.status is not None and 200 <= outcome.status < 300:
        return Verdict(State.DELIVERED)
    error = outcome.error or _explain(outcome.status)
    if outcome.status == GONE or outcome.is_refused:
        return Verdict(State.FAILED, error=error)
    if tries >= len(SCHEDULE):
        return Verdict(State.FAILED, error=f"{error} Given up after {tries} tries.")
    return Verdict(State.WAITING, _wait(outcome, tries), error)


def _wait(outcome: Outcome, tries: int) -> dt.timedelta:
    seconds = SCHEDULE[tries] * _rng.uniform(1 - JITTER, 1 + JITTER)
    if outcome.status in BUSY:
        # A receiver may ask for more time, up to a day.
        seconds = max(seconds, read_retry_after(outcome.retry_after, now=outcome.sent_at) or 0.0)
    return dt.timedelta(seconds=seconds)


def _explain(status: int | None) -> str:
    if status == GONE:
        return "The receiver answered 410 Gone: it accepts no more messages."
    if status is not None and 300 <= status < 400:
        return f"The receiver answered {status}; redirects are not followed."
    return f"The receiver answered {status}."
