"""The vendor's job of a pull: request it once, follow it, stop it. Calls are made outside of transactions.

A worker that takes over continues from what is saved: that the vendor got a request, which jobs it had just before, and
the id of the one that it made. A job whose creation was not answered is found by listing. If a vendor lists nothing
(Backstory, whose jobs are free) the request is repeated once.
"""

import datetime as dt
import secrets

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from contacthub.connectors.base import Connector
from contacthub.connectors.bulk import BulkJob, BulkState
from contacthub.connectors.errors import (
    ContractBroken,
    NotFound,
    NotOffered,
    QuotaShort,
    Refused,
    Temporary,
    Unreachable,
    VendorDown,
)
from contacthub.connectors.registry import find_connector
from contacthub.core import clock
from contacthub.core.errors import ContactHubError, Unavailable
from contacthub.core.failpoints import failpoint
from contacthub.core.tenancy import across_organizations
from contacthub.core.tokens import hash_token
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.queries import open_connector
from contacthub.jobs.lease import ComeBack, Lease
from contacthub.jobs.models import Job
from contacthub.sourcing.bulk.models import Pull
from contacthub.sourcing.bulk.requests import make_request
from contacthub.sourcing.bulk.steps import save, write

VendorState = Pull.VendorState
# A call that was cut may still arrive: for this long the vendor's list is read again before the request is repeated.
# Each further time takes four times as long, so that a vendor that fails for a day gets seven requests.
SETTLE_SECONDS, SETTLE_GROWTH = 60.0, 4
# Until another pull has its answer.
TURN_SECONDS = 5.0
# How many requests without an answer a vendor gets that lists nothing.
MOST_BLIND_ASKS = 2
# Pauses between two looks at the vendor's job, which grow with its age.
LEAST_WAIT, MOST_WAIT = 2.0, 60.0
# Longer than any vendor says that a job takes. Source: InsideView, "Using the Bulk APIs": up to a few hours.
MOST_WORK = dt.timedelta(days=3)
# More than any result has: Backstory's fragments are of 10,000 rows.
MOST_FRAGMENTS = 10_000
# The vendor's days may begin and end at another hour.
MARGIN = dt.timedelta(days=1)
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)
BEGUN = (VendorState.RUNNING, VendorState.COMPLETED, VendorState.FAILED)


# --- Asking for it --------------------------------------------------------------------------------


def order(pull: Pull, connector: Connector, lease: Lease) -> None:
    """See to it that the vendor has a job for this pull, and one only. Raises `ComeBack` if it must be waited."""
    if not pull.vendor_id and pull.listed_before is not None:
        _look(pull, connector, lease)
    if not pull.vendor_id and pull.connection is not None:
        _take_turn(pull, pull.connection)
        _ask(pull, connector, lease)


def _look(pull: Pull, connector: Connector, lease: Lease) -> None:
    """Adopt the job that an unanswered call has made. Returns without one if the request may be repeated."""
    found = find_made(pull, connector)
    if found is None:
        if pull.ask_count >= MOST_BLIND_ASKS:
            raise Unavailable(
                f"{connector.label} didn't answer {pull.ask_count} requests. Anything it may have created is free."
            )
        return
    if len(found) > 1:
        raise Unavailable(
            f"{connector.label} did not answer and has {len(found)} new jobs; which one belongs to "
            "this pull is unknown. Nothing was requested again."
        )
    if found:
        _note(pull, lease, found[0])
        return
    settle = SETTLE_SECONDS * SETTLE_GROWTH ** max(pull.ask_count - 1, 0)
    left = settle - _seconds_since(pull.asked_at)
    if left > 0:
        raise ComeBack(min(left, MOST_WAIT))
    _check_unanswered(pull, connector)


def _check_unanswered(pull: Pull, connector: Connector) -> None:
    """Raise `Unavailable` if the vendor has taken the job: whatever it answered, the request is not repeated."""
    if pull.answered_at is not None:
        raise Unavailable(
            f"{connector.label} accepted the job, but its answer cannot be read. Nothing was requested again."
        )


def find_made(pull: Pull, connector: Connector) -> list[BulkJob] | None:
    """List the account's jobs that may be this pull's: made since the request, unknown, with the right cost.

    None if the vendor lists nothing.
    """
    listed = _list_jobs(pull, connector)
    if listed is None:
        return None
    new = [
        job
        for job in listed
        if job.job_id not in (pull.listed_before or ()) and job.cost in (None, 0, pull.price)
    ]
    known = _list_known(pull.vendor, [job.job_id for job in new])
    return [job for job in new if job.job_id not in known]


def _list_jobs(pull: Pull, connector: Connector) -> list[BulkJob] | None:
    since = (pull.asked_at or clock.now()).date() - MARGIN
    try:
        return connector.list_bulk(since=since, until=clock.today() + MARGIN)
    except NotOffered:
        return None


@across_organizations()
def _list_known(vendor: str, job_ids: list[str]) -> set[str]:
    """Return those jobs that are another pull's: of anyone, because an account may stand in several connections."""
    pulls = Pull.objects.filter(vendor=vendor)
    known = set(pulls.filter(vendor_id__in=job_ids).values_list("vendor_id", flat=True))
    for former in pulls.filter(former_ids__overlap=job_ids).values_list("former_ids", flat=True):
        known.update(former)
    return known


def _take_turn(pull: Pull, connection: Connection) -> None:
    """Ask an account for one job at a time: an unanswered one could not be distinguished from others. Raises
    `ComeBack`."""
    with transaction.atomic():
        Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        asking = Pull.objects.filter(
            connection=connection,
            vendor_id="",
            asked_at__isnull=False,
            job__state__in=UNFINISHED,
        )
        if asking.exclude(pk=pull.pk).exists():
            raise ComeBack(TURN_SECONDS)
        pull.asked_at = pull.asked_at or clock.now()
        pull.save(update_fields=["asked_at"])


def _ask(pull: Pull, connector: Connector, lease: Lease) -> None:
    """Ask the vendor for a job. What happens is saved before and after, so that nothing is requested twice."""
    try:
        connector.sign_in()
        listed = _list_jobs(pull, connector)
    except ContactHubError:
        _forget_ask(pull, lease)
        raise
    token = secrets.token_urlsafe(32)
    stop = write(
        pull,
        lease,
        asked_at=clock.now(),
        listed_before=[job.job_id for job in listed or ()],
        ask_count=pull.ask_count + 1,
        hook_hash=hash_token(token),
    )
    if stop is not None:
        _forget_ask(pull, lease, ask_count=pull.ask_count - 1)
        raise stop
    failpoint("pull_asked")
    try:
        made = _start(pull, connector, lease, hook_address(token))
    except ContactHubError as error:
        if isinstance(error, ContractBroken) and pull.answered_at is not None:
            # Where the vendor lists its jobs, this one is found.
            raise ComeBack(TURN_SECONDS) from error
        if not may_have_arrived(error):
            _forget_ask(pull, lease, ask_count=pull.ask_count - 1)
        raise _explain(error) from error
    failpoint("pull_made")
    _note(pull, lease, made)
    failpoint("pull_noted")


def _start(pull: Pull, connector: Connector, lease: Lease, address: str) -> BulkJob:
    def note() -> None:
        write(pull, lease, answered_at=clock.now())

    try:
        return connector.start_bulk(make_request(pull, webhook=address), answered=note)
    except Refused:
        if not address or not pull.ids:
            raise
        # Perhaps for the address; polling does without.
        return connector.start_bulk(make_request(pull, webhook=""), answered=note)


def may_have_arrived(error: ContactHubError) -> bool:
    """Return whether the vendor may have made a job although it did not say so."""
    if isinstance(error, Unreachable):
        return error.is_sent
    return isinstance(error, VendorDown | ContractBroken)


def _forget_ask(pull: Pull, lease: Lease, **changes: int) -> None:
    """Save that nothing was made. What asks the work to stop is raised at the next step."""
    write(pull, lease, asked_at=None, listed_before=None, hook_hash=None, **changes)


def _explain(error: ContactHubError) -> ContactHubError:
    if isinstance(error, QuotaShort) and error.requested is not None:
        return QuotaShort(
            f"The account has too few transactions left: {error.requested:,} are needed, {error.remaining:,} are there."
        )
    return error


def hook_address(token: str) -> str:
    """Return where the vendor may call when its job has ended; empty if it could not reach us."""
    is_reachable = settings.BASE_URL.startswith("https://") or settings.OUTBOUND_ALLOW_PRIVATE
    return f"{settings.BASE_URL}{reverse('pull-hook', args=[token])}" if is_reachable else ""


def _note(pull: Pull, lease: Lease, made: BulkJob) -> None:
    try:
        stop = write(
            pull, lease, vendor_id=made.job_id, made_at=clock.now(), **_seen(pull, made.state)
        )
    except IntegrityError:
        pull.refresh_from_db()
        raise Unavailable(
            "The vendor returned a job that belongs to another pull. Nothing was requested again."
        ) from None
    if stop is not None:
        raise stop


# --- Following it ---------------------------------------------------------------------------------


def follow(pull: Pull, connector: Connector, lease: Lease) -> None:
    """Return when the vendor's job is complete. Raises `ComeBack` until then, and `Unavailable` where it never will."""
    try:
        seen = connector.get_bulk(pull.vendor_id)
    except NotFound:
        raise lose(pull, lease, "no longer knows its job", VendorState.GONE) from None
    changes = _seen(pull, seen.state)
    # A webhook that comes twice, or a slow answer, must not count backwards.
    if seen.processed is not None:
        changes["processed"] = max(seen.processed, pull.processed or 0)
    if seen.fragment_count is not None:
        changes["fragment_count"] = seen.fragment_count
    save(pull, lease, **changes, troubled_since=None, trouble="")
    if seen.state == BulkState.CANCELLED:
        raise Unavailable(f"Its job was cancelled at {connector.label}.")
    if seen.state == BulkState.FAILED:
        raise Unavailable(f"Its job failed at {connector.label}.")
    if seen.state != BulkState.COMPLETED:
        _wait(pull, connector)
    if pull.fragment_count is None or pull.fragment_count > MOST_FRAGMENTS:
        raise ContractBroken("The vendor's fragments cannot be counted.", path="fragments")


def _wait(pull: Pull, connector: Connector) -> None:
    seconds = _seconds_since(pull.made_at)
    if seconds > MOST_WORK.total_seconds():
        raise Unavailable(f"{connector.label} has not finished its job in {MOST_WORK.days} days.")
    raise ComeBack(min(max(seconds / 4, LEAST_WAIT), MOST_WAIT))


def _seen(pull: Pull, state: BulkState) -> dict[str, object]:
    """Return what the vendor's state changes. What it charges it takes when its work begins."""
    changes: dict[str, object] = {"vendor_state": VendorState(state.value)}
    if state.value in BEGUN and not pull.is_begun:
        changes |= {"is_begun": True, "cost": pull.cost + pull.price}
    return changes


def lose(pull: Pull, lease: Lease, why: str, state: str) -> Unavailable:
    """Save that the vendor's job will never have a result, and return the error that says so."""
    write(pull, lease, vendor_state=state)
    return Unavailable(f"{find_connector(pull.vendor).label} {why}.")


def _seconds_since(moment: dt.datetime | None) -> float:
    return (clock.now() - moment).total_seconds() if moment else 0.0


# --- Stopping it ----------------------------------------------------------------------------------


def stop_job(pull: Pull) -> None:
    """Cancel the vendor's job of a cancelled pull, where the vendor lets it and its work has not begun.

    Nothing is raised where that fails: the page says what is known. Call outside a transaction.
    """
    if pull.connection is None or pull.asked_at is None or pull.is_lost:
        return
    try:
        with open_connector(pull.connection, is_interactive=True) as connector:
            seen = _stop(pull, connector)
    except ContactHubError as error:
        _note_stopped(pull, None, str(error))
    else:
        _note_stopped(pull, seen, "")


def _stop(pull: Pull, connector: Connector) -> BulkJob | None:
    job_id = pull.vendor_id
    if not job_id:
        found = find_made(pull, connector) if pull.listed_before is not None else None
        if not found or len(found) > 1:
            return None
        job_id = found[0].job_id
    try:
        return connector.cancel_bulk(job_id)
    except NotOffered:
        return None
    except (Refused, Temporary):
        # Its work has begun, it is cancelled already, or the answer was lost.
        return connector.get_bulk(job_id)


def _note_stopped(pull: Pull, seen: BulkJob | None, trouble: str) -> None:
    with transaction.atomic():
        pull = Pull.objects.select_for_update(of=("self",)).select_related("job").get(pk=pull.pk)
        if pull.job is None or pull.job.state != Job.State.CANCELLED:
            # Someone has already started it again.
            return
        pull.trouble = trouble[:300]
        if seen is not None:
            for name, value in _seen(pull, seen.state).items():
                setattr(pull, name, value)
            pull.vendor_id, pull.made_at = seen.job_id, pull.made_at or clock.now()
        pull.save()
