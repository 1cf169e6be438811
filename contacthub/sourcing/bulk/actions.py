"""Writes about pulls that people ask for: check, start, try, cancel, continue, delete; and the vendor's call."""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from contacthub.connectors.base import Capability
from contacthub.connectors.bulk import DateRange
from contacthub.connectors.registry import find_connector
from contacthub.core import clock
from contacthub.core.apart import apart
from contacthub.core.errors import Conflict, NotFound, QuoteChanged
from contacthub.core.tenancy import across_organizations
from contacthub.core.tokens import hash_token
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.queries import get_connection
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization
from contacthub.sourcing.bulk import completion, queries, requests
from contacthub.sourcing.bulk.models import Pull, PullFragment, PullReject
from contacthub.sourcing.bulk.steps import first_total

PULL_TASK = "contacthub.sourcing.tasks.pull_contacts"
TRIAL_IDS = 10
# A draft, the rows of a pull that was not continued, and rejected rows are deleted after these times.
DRAFT_LIFE = dt.timedelta(days=7)
KEEP = dt.timedelta(days=30)
EXPIRE_MOST = 500


# --- Drafts ---------------------------------------------------------------------------------------


def draft_ids(*, organization: Organization, actor: Actor, connection_id: UUID, text: str) -> Pull:
    """Check a list of ids and keep it as a draft. Calls no vendor. Raises `Invalid`, `NotFound` or `Conflict`."""
    connection = _get_source(organization, connection_id)
    if not takes_ids(connection):
        raise NotFound("This vendor does not accept ids.")
    found = requests.read_ids(text)
    return _draft(
        connection,
        actor,
        name=requests.name_ids(len(found.ids)),
        ids=found.ids,
        duplicate_count=found.duplicate_count,
        malformed_count=found.malformed_count,
        malformed=found.malformed,
    )


def draft_window(
    *, organization: Organization, actor: Actor, connection_id: UUID, window: DateRange
) -> Pull:
    """Check days and options and keep them as a draft. Calls no vendor. Raises as `draft_ids`."""
    connection = _get_source(organization, connection_id)
    if takes_ids(connection):
        raise NotFound("This vendor accepts ids only.")
    window = requests.check_window(window, today=clock.today())
    return _draft(
        connection, actor, name=requests.name_window(window), window=requests.write_window(window)
    )


def takes_ids(connection: Connection) -> bool:
    """Return whether a connection's vendor is queried by ids; the other ones are by days."""
    return find_connector(connection.vendor).most_bulk_ids > 0


def _get_source(organization: Organization, connection_id: UUID) -> Connection:
    connection = get_connection(organization=organization, connection_id=connection_id)
    if not find_connector(connection.vendor).can(Capability.BULK_JOBS):
        raise NotFound("Contacts cannot be pulled in bulk from this vendor.")
    _check_usable(connection, connection.name)
    return connection


def _check_usable(connection: Connection | None, name: str) -> Connection:
    if connection is None:
        raise Conflict(f"The connection {name} was removed.")
    if connection.closed_because:
        raise Conflict(connection.closed_because)
    return connection


def _draft(connection: Connection, actor: Actor, **values: object) -> Pull:
    return Pull.objects.create(
        organization=connection.organization,
        connection=connection,
        connection_name=connection.name,
        vendor=connection.vendor,
        created_by=actor.user,
        created_by_name=actor.name[:200],
        **values,
    )


def delete_draft(*, organization: Organization, pull_id: UUID) -> None:
    """Delete a pull that was not started. Raises `NotFound` or `Conflict`."""
    with transaction.atomic():
        pull = queries.lock_pull(organization=organization, pull_id=pull_id)
        _check_draft(pull)
        pull.delete()


def _check_draft(pull: Pull) -> None:
    if not pull.is_draft:
        raise Conflict("This pull has already started.")


# --- Starting -------------------------------------------------------------------------------------


def start_pull(
    *,
    organization: Organization,
    actor: Actor,
    pull_id: UUID,
    quoted_cost: int,
    request_key: UUID | None = None,
    is_trial: bool = False,
) -> Pull:
    """Start a draft for the cost that was shown; a trial takes its first ten ids out of it and starts them.

    A repeated `request_key` returns the pull it started. Raises `NotFound`, `Conflict`, and `QuoteChanged` where it
    could cost other than was shown.
    """
    try:
        with transaction.atomic():
            draft = queries.lock_pull(organization=organization, pull_id=pull_id)
            if (started := _find_started(organization, request_key)) is not None:
                return started
            _check_draft(draft)
            _check_usable(draft.connection, draft.connection_name)
            pull = _split(draft, actor) if is_trial else draft
            _check_quote(pull.price, quoted_cost)
            pull.request_key, pull.most_cost = request_key, pull.price
            pull.job = _enqueue(pull, actor)
            pull.save()
            completion.record(pull, actor, "Started pull", detail=_price(pull.price))
    except IntegrityError as error:
        raise Conflict("This form already started another pull. Open it again.") from error
    return pull


def _find_started(organization: Organization, request_key: UUID | None) -> Pull | None:
    if request_key is None:
        return None
    return Pull.objects.filter(organization=organization, request_key=request_key).first()


def _check_quote(cost: int, quoted: int) -> None:
    if cost != quoted:
        raise QuoteChanged(f"This can now cost {_price(cost)} instead of {quoted:,}.")


def _price(cost: int) -> str:
    return f"up to {cost:,} transaction{'' if cost == 1 else 's'}" if cost else "free"


def _split(draft: Pull, actor: Actor) -> Pull:
    """Take the first ids out of a draft, so that none of them is paid twice."""
    if len(draft.ids) <= TRIAL_IDS:
        raise Conflict(f"A trial is for more than {TRIAL_IDS} ids.")
    first, draft.ids = draft.ids[:TRIAL_IDS], draft.ids[TRIAL_IDS:]
    name, draft.name = f"{draft.name} (first {TRIAL_IDS})", requests.name_ids(len(draft.ids))
    draft.save(update_fields=["ids", "name"])
    connection = _check_usable(draft.connection, draft.connection_name)
    return _draft(connection, actor, name=name[:200], ids=first, origin=draft)


def _enqueue(pull: Pull, actor: Actor) -> Job:
    return job_actions.enqueue_job(
        organization=pull.organization,
        task=PULL_TASK,
        title=pull.name,
        total=first_total(pull),
        subject=f"pull {pull.pk}",
        unit="contacts",
        created_by=actor.user,
    )


# --- Cancelling and going on ----------------------------------------------------------------------


def cancel_pull(*, organization: Organization, actor: Actor, pull_id: UUID) -> Job.State:
    """Stop a pull, and after the commit the vendor's job, while its work has not begun.

    Returns CANCELLED if it has ended, RUNNING where the worker ends it in a moment. Raises `NotFound` or `Conflict`.
    """
    with transaction.atomic():
        pull = queries.lock_pull(organization=organization, pull_id=pull_id)
        if pull.job is None:
            raise Conflict("This pull was not started; there is nothing to cancel.")
        state = job_actions.request_cancel(job=pull.job)
        completion.record(pull, actor, "Asked to cancel pull")
        if state == Job.State.CANCELLED:
            completion.undo(pull=pull, state=state)
    return state


def retry_pull(
    *, organization: Organization, actor: Actor, pull_id: UUID, quoted_cost: int
) -> Pull:
    """Continue a failed or cancelled pull where it stopped. The vendor gets a request for another job only if its
    previous one had no result, and for the cost that was shown. Raises as `start_pull`.
    """
    with transaction.atomic():
        pull = queries.lock_pull(organization=organization, pull_id=pull_id)
        if pull.job is None or pull.job.state not in (Job.State.FAILED, Job.State.CANCELLED):
            raise Conflict("Only a failed or cancelled pull can be continued.")
        if pull.row_count is None:
            _check_usable(pull.connection, pull.connection_name)
        cost = queries.cost_of_retry(pull)
        _check_quote(cost, quoted_cost)
        # A free job whose answer was lost cannot be looked for; someone agrees to another one.
        if pull.is_lost or not (pull.vendor_id or pull.ids):
            _begin_anew(pull)
        pull.most_cost = max(pull.most_cost, pull.cost + cost)
        # Someone has agreed to another job; the vendor's list is read first.
        pull.troubled_since, pull.trouble, pull.answered_at = None, "", None
        pull.save()
        job_actions.restart_job(job=pull.job, total=first_total(pull))
        completion.record(pull, actor, "Went on with pull", detail=_price(cost))
    return pull


def _begin_anew(pull: Pull) -> None:
    """Forget a job of the vendor that had no result."""
    if pull.vendor_id:
        pull.former_ids = [*pull.former_ids, pull.vendor_id]
    pull.vendor_id, pull.vendor_state = "", ""
    pull.asked_at = pull.listed_before = pull.made_at = pull.hook_hash = None
    pull.processed = pull.fragment_count = None
    pull.ask_count, pull.is_begun = 0, False
    _forget_rows(pull)


def _forget_rows(pull: Pull) -> None:
    """Forget the fragments received; the caller saves. Rows that were imported are in the catalog already."""
    PullFragment.objects.filter(pull=pull).delete()
    PullReject.objects.filter(pull=pull).delete()
    pull.row_count = None
    pull.added = pull.changed = pull.unchanged = pull.refused = 0


@across_organizations()
def ring(*, token: str) -> None:
    """Look at a pull's job now, because its vendor says that it has ended. Nothing else is believed.

    Raises `NotFound` for an unknown token.
    """
    pull = Pull.objects.filter(hook_hash=hash_token(token)).only("job_id").first()
    if pull is None:
        raise NotFound("There is no such address.")
    if pull.job_id is not None:
        with transaction.atomic():
            job_actions.wake_job(job_id=pull.job_id)


# --- Records and housekeeping ---------------------------------------------------------------------


def record_rejects_download(*, pull: Pull, actor: Actor) -> None:
    """Record that the rows that were not imported were handed out."""
    record_event(
        organization=pull.organization,
        actor=actor,
        action="Downloaded rejected rows",
        target=pull.name,
        subject=pull.pk,
        rows=pull.refused,
        has_personal_data=True,
    )


def expire_pulls() -> int:
    """Delete old drafts, and of pulls that have ended the rows that were not imported. Returns how many pulls."""
    now = clock.now()
    count = 0
    for pull in Pull.objects.filter(job=None, created_at__lt=now - DRAFT_LIFE)[:EXPIRE_MOST]:
        with apart("pull_not_expired", pull=str(pull.pk)):
            pull.delete()
            count += 1
    has_rejects = Exists(PullReject.objects.filter(pull=OuterRef("pk")))
    has_rows = Exists(PullFragment.objects.filter(pull=OuterRef("pk"), body__isnull=False))
    ended = Pull.objects.filter(job__finished_at__lt=now - KEEP).annotate(has_rows=has_rows)
    for pull in ended.filter(has_rejects | has_rows).select_related("organization")[:EXPIRE_MOST]:
        with apart("pull_not_expired", pull=str(pull.pk)):
            count += _expire(pull, has_rows=pull.has_rows)
    return count


def _expire(pull: Pull, *, has_rows: bool) -> bool:
    with transaction.atomic():
        locked = queries.lock_pull(organization=pull.organization, pull_id=pull.pk)
        if locked.job is None or not locked.job.is_final:
            return False
        if has_rows:
            # Continuing fetches them again.
            _forget_rows(locked)
            locked.save()
        PullReject.objects.filter(pull=locked).delete()
    return True
