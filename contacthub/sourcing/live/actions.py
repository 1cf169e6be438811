"""Writes about rows of vendors' searches that are saved: those of a page at once, all that match by a job."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from contacthub.contacts.actions import Added, add_found, add_found_companies
from contacthub.contacts.models import Load
from contacthub.contacts.origins import Origin
from contacthub.core.errors import AlreadyFinished, Conflict, CountChanged, Invalid
from contacthub.core.failpoints import failpoint
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.lists.actions import find_or_create_list
from contacthub.lists.changes import add_source, count_source
from contacthub.lists.models import List
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization
from contacthub.sourcing.live import queries, search
from contacthub.sourcing.live.list_members import source_of
from contacthub.sourcing.live.models import MOST_FETCHED, MOST_SAVED, LiveSave, LiveSaveRow

logger = structlog.get_logger(__name__)
SAVE_TASK = "contacthub.sourcing.tasks.save_found"
State = LiveSave.State


@dataclass(frozen=True)
class Wish:
    """What someone wants saved: the question with its words, and the name of a list for the contacts; empty: none."""

    question: search.Question
    words: str = ""
    list_name: str = ""


# --- Some rows, at once ---------------------------------------------------------------------------


def save_page(
    *,
    organization: Organization,
    actor: Actor,
    wish: Wish,
    position: str | None,
    chosen: Collection[str] | None,
    shown: int | None = None,
) -> LiveSave:
    """Save rows of a page into the organization's own catalog: those `chosen` by the vendor's ids, None: all.

    All are as many as the page has `shown`, else `CountChanged` is raised; None: however many there are.

    The page is fetched again, so that we save what the vendor says and not what a browser sends. Rows with
    no unique key are counted and left out. Raises as `search.read_page`, and `Conflict` where no chosen row is
    still on the page.
    """
    page = search.read_page(question=wish.question, position=position)
    wanted = [each for each in page.items if chosen is None or (each.vendor_id or "") in chosen]
    if chosen is None and shown not in (None, len(wanted)):
        raise CountChanged(shown=shown or 0, counted=len(wanted))
    if not wanted:
        raise Conflict("These rows are no longer on the page. Choose again.")
    with transaction.atomic():
        save = _make(organization, actor, wish, row_limit=len(wanted), counted=page.total)
        save.fetched_count = page.fetched
        add_rows(save, list_fresh(save, wanted))
        end_save(save=save, state=State.COMPLETED, actor=actor)
    return save


# --- All that match, by a job ---------------------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """What was agreed on before a job: the most rows to save, and to fetch where ContactHub filters; and the number
    of the vendor's matches that was on the page, None if the vendor does not count."""

    row_limit: int
    shown: int | None
    fetch_limit: int = MOST_FETCHED

    def check(self) -> None:
        """Raise `Invalid` for limits out of bounds."""
        if not 1 <= self.row_limit <= MOST_SAVED:
            raise Invalid(f"Enter 1 to {MOST_SAVED:,} rows.", field="row_limit")
        if not 1 <= self.fetch_limit <= MOST_FETCHED:
            raise Invalid(f"Enter 1 to {MOST_FETCHED:,} rows.", field="fetch_limit")


def start_save(
    *,
    organization: Organization,
    actor: Actor,
    wish: Wish,
    terms: Terms,
    counted: int | None,
    request_key: str | None = None,
) -> LiveSave:
    """Start a job that saves all that match, up to the limits of the `terms` (1 to 10,000 rows each).

    `counted` is what the vendor counts now, None if it does not count. A repeated `request_key` returns the run that
    it started. Raises `Invalid` for other limits, and for a filter that cannot be applied; `CountChanged` where the
    page showed another number.
    """
    terms.check()
    search.check_plan(wish.question)
    if counted != terms.shown:
        raise CountChanged(shown=terms.shown or 0, counted=counted or 0)
    try:
        with transaction.atomic():
            save = _make(
                organization,
                actor,
                wish,
                row_limit=terms.row_limit,
                counted=counted,
                request_key=request_key,
                fetch_limit=terms.fetch_limit if wish.question.is_filtered_here else None,
            )
            save.job = _enqueue(save, actor)
            save.save(update_fields=["job"])
            _record(save, actor, "Started saving from a provider", rows=terms.row_limit)
    except IntegrityError:
        return LiveSave.objects.get(organization=organization, request_key=request_key)
    return save


def _make(
    organization: Organization,
    actor: Actor,
    wish: Wish,
    *,
    row_limit: int,
    counted: int | None,
    request_key: str | None = None,
    fetch_limit: int | None = None,
) -> LiveSave:
    question = wish.question
    return LiveSave.objects.create(
        organization=organization,
        connection_key=question.connection.pk,
        connection_name=question.connection.name,
        vendor=question.connection.vendor,
        of_companies=question.of_companies,
        asked=search.as_json(question.asked),
        words=wish.words[:1000],
        row_limit=row_limit,
        fetch_limit=fetch_limit,
        counted=counted,
        list_name=wish.list_name.strip()[:200],
        created_by=actor.user,
        created_by_name=actor.name[:200],
        request_key=request_key,
    )


def _enqueue(save: LiveSave, actor: Actor) -> Job:
    what = "Companies" if save.of_companies else "Contacts"
    return job_actions.enqueue_job(
        organization=save.organization,
        task=SAVE_TASK,
        title=f"{what} of {save.connection_name}",
        total=find_total(save),
        subject=f"live-save {save.pk}",
        created_by=actor.user,
    )


def find_total(save: LiveSave) -> int | None:
    """Return how many rows a run goes through at most: of the vendor where ContactHub filters, else those to save."""
    if save.counted is None:
        return None
    return min(save.counted, save.row_limit if save.fetch_limit is None else save.fetch_limit)


def cancel_save(*, organization: Organization, actor: Actor, save_id: UUID) -> None:
    """Stop a run; what is saved stays. Raises `NotFound`, and `Conflict` for one that does not run."""
    with transaction.atomic():
        save = queries.lock_save(organization=organization, save_id=save_id)
        if save.job is None or save.state != State.RUNNING:
            raise AlreadyFinished(
                f"This job is {save.get_state_display().lower()}; there is nothing to cancel."
            )
        if job_actions.request_cancel(job=save.job) == Job.State.CANCELLED:
            end_save(save=save, state=State.CANCELLED, actor=actor)


def retry_save(
    *, organization: Organization, actor: Actor, save_id: UUID, shown: int | None = None
) -> None:
    """Run a failed or cancelled run again: from the vendor's first page, rows that are here are left out.

    Where it stopped because the vendor counted another number, `shown` must be that number. Raises `NotFound` or
    `Conflict`.
    """
    with transaction.atomic():
        save = queries.lock_save(organization=organization, save_id=save_id)
        if save.job is None or save.state not in (State.FAILED, State.CANCELLED):
            raise Conflict("Only a failed or cancelled job can be run again.")
        if save.recounted is not None:
            if shown != save.recounted:
                raise CountChanged(shown=shown or 0, counted=save.recounted)
            save.counted, save.recounted = save.recounted, None
        job_actions.restart_job(job=save.job, total=find_total(save))
        save.state, save.fetched_count = State.RUNNING, 0
        save.save(update_fields=["state", "counted", "recounted", "fetched_count"])
        _record(save, actor, "Ran saving from a provider again", rows=save.row_limit)


# --- What both do ---------------------------------------------------------------------------------


def list_fresh(save: LiveSave, found: Iterable[search.Found]) -> list[search.Found]:
    """Return the rows of a page that are not here yet, each once."""
    fresh: dict[str, search.Found] = {}
    for each in found:
        fresh.setdefault(_id_of(each), each)
    here = LiveSaveRow.objects.filter(save_of=save, vendor_id__in=fresh)
    for vendor_id in here.values_list("vendor_id", flat=True):
        del fresh[vendor_id]
    return list(fresh.values())


def add_rows(save: LiveSave, fresh: Sequence[search.Found]) -> None:
    """Save rows that are not here yet into the catalog and count them, in the caller's transaction."""
    if not fresh:
        return
    added = _add(save, fresh)
    LiveSaveRow.objects.bulk_create(
        LiveSaveRow(
            save_of=save,
            vendor_id=_id_of(each),
            **{"company_id" if save.of_companies else "contact_key": known},
        )
        for each, known in zip(fresh, added.ids, strict=True)
    )
    saved = sum(known is not None for known in added.ids)
    save.seen_count += len(fresh)
    save.saved_count += saved
    save.refused_count += len(fresh) - saved
    save.new_count += added.inserted
    save.changed_count += added.updated
    save.save()
    failpoint("live_rows_saved")


def _id_of(found: search.Found) -> str:
    return (found.vendor_id or "")[:200]


def _add(save: LiveSave, found: Sequence[search.Found]) -> Added:
    if save.of_companies:
        rows = [{"company": each.as_row()} for each in found]
        return add_found_companies(organization=save.organization, rows=rows)
    rows = [row_of(each, source=save.connection_name) for each in found]
    origin = Origin(
        Load.Kind.SEARCH, save.connection_name, save.connection_key, save.vendor, str(save.pk)
    )
    return add_found(organization=save.organization, rows=rows, origin=origin)


def row_of(found: search.Found, *, source: str) -> dict[str, Any]:
    """Return a vendor's contact as a row of an import, with the connection as the source of addresses and numbers."""
    row = found.as_row()
    for section in ("emails", "phones"):
        for item in row.get(section, ()):
            item["source"] = source
    return row


def end_save(*, save: LiveSave, state: LiveSave.State, actor: Actor) -> None:
    """Make a run final, in the transaction that ends its job; a completed one makes its list."""
    save.state = state
    save.save(update_fields=["state"])
    what = "companies" if save.of_companies else "contacts"
    action = {
        State.COMPLETED: f"Saved {what} from a provider",
        State.CANCELLED: f"Cancelled saving {what} from a provider",
        State.FAILED: f"Saving {what} from a provider failed",
    }[state]
    _record(save, actor, action, rows=save.saved_count)
    if state == State.COMPLETED and save.list_name and save.saved_count:
        _make_wished_list(save, Actor.of(save.created_by) if save.created_by else actor)


# --- A list of what was saved ---------------------------------------------------------------------


def make_list(*, organization: Organization, actor: Actor, save_id: UUID, name: str) -> List:
    """Put what a run saved on the actor's list of a name, or on a new private one; one that it has already stays.

    Raises `NotFound`, `Invalid` for the name, and `Conflict` while it runs and where nothing was saved.
    """
    with transaction.atomic():
        save = queries.lock_save(organization=organization, save_id=save_id)
        if save.state == State.RUNNING:
            raise Conflict("Wait until all rows are saved, or cancel.")
        if save.list is not None:
            return save.list
        return _make_list(save, actor, name.strip()[:200] or f"From {save.connection_name}")


def _make_wished_list(save: LiveSave, actor: Actor) -> None:
    """Put what was saved on the list that was wished for. Where that cannot be now, the run's page still offers it."""
    try:
        with transaction.atomic():
            _make_list(save, actor, save.list_name)
    except (Conflict, Invalid):
        save.list = None
        logger.info("live_save_without_list", save=str(save.pk))


def _make_list(save: LiveSave, actor: Actor, name: str) -> List:
    source = source_of(save)
    count = count_source(organization=save.organization, source=source)
    if not count:
        raise Conflict("Nothing that was saved can be put on a list.")
    save.list = find_or_create_list(
        organization=save.organization,
        actor=actor,
        of_companies=save.of_companies,
        name=name,
        origin=f"Live search at {save.connection_name}",
    )
    add_source(target=save.list, actor=actor, source=source, shown=count)
    save.save(update_fields=["list"])
    return save.list


def _record(save: LiveSave, actor: Actor, action: str, *, rows: int) -> None:
    counts = (
        f"{save.new_count:,} new, {save.changed_count:,} changed, {save.refused_count:,} refused"
    )
    record_event(
        organization=save.organization,
        actor=actor,
        action=action,
        target=save.connection_name,
        subject=save.pk,
        detail=f"{counts}; up to {save.row_limit:,}; {save.words}"[:500],
        rows=rows,
        has_personal_data=not save.of_companies,
    )
