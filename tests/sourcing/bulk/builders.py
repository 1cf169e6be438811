"""Pulls for tests: drafted, started, and done in this process or in one that can be killed."""

import datetime as dt
import time
from collections.abc import Iterable

from contacthub.connectors.bulk import DateRange
from contacthub.credentials.connections.models import Connection
from contacthub.jobs.models import Job
from contacthub.jobs.runner import perform
from contacthub.sourcing.bulk import actions
from contacthub.sourcing.bulk.models import Pull
from contacthub.sourcing.bulk.runner import PullContacts
from tests.sourcing.bulk.conftest import SOMEBODY

OCTOBER = DateRange(start_on=dt.date(2026, 10, 1), end_on=dt.date(2026, 10, 31))


def draft(connection: Connection, numbers: Iterable[int] = ()) -> Pull:
    """Draft a pull of some ids, or of October."""
    whose = {
        "organization": connection.organization,
        "actor": SOMEBODY,
        "connection_id": connection.pk,
    }
    if text := ",".join(map(str, numbers)):
        return actions.draft_ids(text=text, **whose)  # type: ignore[arg-type]
    return actions.draft_window(window=OCTOBER, **whose)  # type: ignore[arg-type]


def start(connection: Connection, numbers: Iterable[int] = ()) -> Pull:
    """Draft and start a pull."""
    pull = draft(connection, numbers)
    return actions.start_pull(
        organization=pull.organization, actor=SOMEBODY, pull_id=pull.pk, quoted_cost=pull.price
    )


def retry(pull: Pull, *, cost: int) -> Pull:
    return actions.retry_pull(
        organization=pull.organization, actor=SOMEBODY, pull_id=pull.pk, quoted_cost=cost
    )


def cancel(pull: Pull) -> str:
    return actions.cancel_pull(
        organization=pull.organization, actor=SOMEBODY, pull_id=pull.pk
    ).value


def step(pull: Pull) -> Pull:
    """Do one step of a pull here, whether its time has come or not."""
    Job.objects.filter(pk=pull.job_id).update(wakes_at=None)
    assert pull.job_id
    perform(pull.job_id, PullContacts)
    return again(pull)


def run(pull: Pull, *, seconds: float = 30) -> Pull:
    """Do a pull to its end, whatever it would wait for."""
    until = time.monotonic() + seconds
    while not (pull := step(pull)).job.is_final:  # type: ignore[union-attr]
        assert time.monotonic() < until, (pull.vendor_state, pull.trouble)
        time.sleep(0.1)
    return pull


def again(pull: Pull) -> Pull:
    return Pull.objects.select_related("job", "organization").get(pk=pull.pk)
