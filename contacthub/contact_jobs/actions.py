"""Writes about contact jobs: take in, cancel, note downloads."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from contacthub.contact_jobs import completion, queries, transactions
from contacthub.contact_jobs.models import ContactJob, make_details_id, make_extract_id
from contacthub.contact_jobs.records import Conditions
from contacthub.core.errors import Conflict, Invalid, TooManyJobs
from contacthub.jobs import actions as job_actions
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

EXTRACT_TASK = "contacthub.contact_jobs.tasks.extract_contacts"
DETAILS_TASK = "contacthub.contact_jobs.tasks.look_details_up"
MOST_NUMBERS = 10_000
# Detail rows written in one step, about 0.1 s of work.
DETAILS_AT_ONCE = 2_000
LONGEST_WINDOW_DAYS = 366
Kind = ContactJob.Kind


@dataclass(frozen=True)
class _Asked:
    """What the two kinds differ in."""

    public_id: str
    kind: ContactJob.Kind
    format: ContactJob.Format
    title: str
    task: str
    total: int | None
    most_at_once: int | None
    fragment_rows: int


def create_extract(
    *,
    organization: Organization,
    actor: Actor,
    conditions: Conditions,
    format: ContactJob.Format,
) -> ContactJob:
    """Take in a job that writes the contacts of a window. Free.

    Two of an organization's run at a time (BACKSTORY_MOST_RUNNING). Raises `Invalid` for a window that ends before it
    begins or is longer than 366 days, and `TooManyJobs` where BACKSTORY_MOST_QUEUED wait already.
    Source: People.ai, "Bulk APIs".
    """
    days = (conditions.end_on - conditions.start_on).days
    if days < 0:
        raise Invalid("The end date is before the start date.", field="end_date")
    if days > LONGEST_WINDOW_DAYS:
        raise Invalid(f"A window has at most {LONGEST_WINDOW_DAYS} days.", field="end_date")
    asked = _Asked(
        public_id=make_extract_id(),
        kind=Kind.EXTRACT,
        format=format,
        title=f"Contacts of {conditions.start_on:%-d %b %Y} – {conditions.end_on:%-d %b %Y}",
        task=EXTRACT_TASK,
        total=None,
        most_at_once=settings.BACKSTORY_MOST_RUNNING,
        fragment_rows=settings.BACKSTORY_FRAGMENT_ROWS,
    )
    with transaction.atomic():
        # Jobs of one organization are taken in one after another, so that the count is true.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        waiting = queries.count_waiting(organization=organization, kind=Kind.EXTRACT)
        if waiting >= settings.BACKSTORY_MOST_QUEUED:
            raise TooManyJobs(
                f"{waiting} jobs are queued already. Wait until one of them has started."
            )
        return _create(organization, actor, asked, conditions=conditions.to_json())


def create_details(
    *,
    organization: Organization,
    actor: Actor,
    numbers: Sequence[int],
    webhook_url: str = "",
) -> ContactJob:
    """Take in a job that writes the details of contacts, each number once, and hold a transaction for each.

    Raises `Invalid` for no number or more than 10,000, `TooManyJobs` where INSIDEVIEW_MOST_JOBS have not ended yet, and
    `TransactionsExceeded`. Source: InsideView, "Using the Bulk APIs".
    """
    if not 1 <= len(numbers) <= MOST_NUMBERS:
        raise Invalid(f"Request 1 to {MOST_NUMBERS:,} contacts.", field="body")
    unique = list(dict.fromkeys(numbers))
    asked = _Asked(
        public_id=make_details_id(),
        kind=Kind.DETAILS,
        format=ContactJob.Format.CSV,
        title=f"Details of {len(unique):,} contact{'s' if len(unique) > 1 else ''}",
        task=DETAILS_TASK,
        total=len(unique),
        most_at_once=None,
        fragment_rows=DETAILS_AT_ONCE,
    )
    with transaction.atomic():
        transactions.lock_account(organization=organization)
        unfinished = queries.count_unfinished(organization=organization, kind=Kind.DETAILS)
        if unfinished >= settings.INSIDEVIEW_MOST_JOBS:
            raise TooManyJobs(f"{unfinished} jobs are already running, try again once they finish.")
        job = _create(
            organization, actor, asked, numbers=unique, price=len(unique), webhook_url=webhook_url
        )
        transactions.hold(job=job, actor=actor)
        return job


def _create(organization: Organization, actor: Actor, asked: _Asked, **more: object) -> ContactJob:
    job = job_actions.enqueue_job(
        organization=organization,
        task=asked.task,
        title=asked.title,
        total=asked.total,
        subject=f"contact-job {asked.public_id}",
        unit="contacts",
        most_at_once=asked.most_at_once,
        created_by=actor.user,
        keeps_file=True,
    )
    contact_job = ContactJob.objects.create(
        organization=organization,
        job=job,
        public_id=asked.public_id,
        kind=asked.kind,
        format=asked.format,
        fragment_rows=asked.fragment_rows,
        created_by_name=actor.name[:200],
        **more,
    )
    contact_job.refresh_from_db(fields=["created_at"])
    completion.record(contact_job, actor, "Started contact job", rows=asked.total)
    return contact_job


def cancel(*, organization: Organization, actor: Actor, public_id: str) -> ContactJob.Phase:
    """Stop a job. Returns CANCELLED if it had not begun, RUNNING where the worker stops it in a moment.

    What it holds is given back, what it has used is not. Raises `NotFound`, and `Conflict` for one that has ended.
    """
    with transaction.atomic():
        contact_job = _lock(organization, public_id)
        state = job_actions.request_cancel(job=contact_job.job)
        completion.record(contact_job, actor, "Asked to cancel contact job")
        if state == Job.State.CANCELLED:
            completion.undo(contact_job=contact_job, state=state, actor=actor)
    return ContactJob.Phase(state)


def cancel_waiting(*, organization: Organization, actor: Actor, public_id: str) -> ContactJob:
    """Stop a job whose work has not begun, and give back what it holds.

    Raises `NotFound`, and `Conflict` where the work has begun. Source: InsideView, "Using the Bulk APIs".
    """
    with transaction.atomic():
        contact_job = _lock(organization, public_id)
        if not job_actions.cancel_unstarted(job=contact_job.job):
            raise Conflict("A job can be cancelled only while its processing has not started.")
        completion.undo(contact_job=contact_job, state=Job.State.CANCELLED, actor=actor)
    return queries.get_contact_job(organization=organization, public_id=public_id)


def _lock(organization: Organization, public_id: str) -> ContactJob:
    contact_job = queries.get_contact_job(organization=organization, public_id=public_id)
    if contact_job.price:
        transactions.lock_account(organization=organization)
    ContactJob.objects.select_for_update(of=("self",)).get(pk=contact_job.pk)
    return contact_job


def record_download(*, contact_job: ContactJob, actor: Actor, size: int) -> None:
    """Record that a result, or a part of it, was handed out: each time."""
    completion.record(
        contact_job,
        actor,
        "Downloaded contact job",
        rows=contact_job.row_count,
        detail=f"{size:,} bytes",
    )
