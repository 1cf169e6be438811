"""Reads about contact jobs, their fragments and the account of transactions."""

import csv
import datetime as dt
import io
from collections.abc import Collection, Iterator
from functools import reduce
from itertools import islice
from operator import or_

from django.db.models import Count, Q, QuerySet, Sum

from contacthub.contact_jobs.layouts import layout_of
from contacthub.contact_jobs.models import ContactJob, TransactionAccount, TransactionEntry
from contacthub.core import clock
from contacthub.core.errors import Expired, Invalid, NotFound, NotReady
from contacthub.core.tabular.excel import BYTE_ORDER_MARK, format_excel_rows
from contacthub.jobs.fragments import STORE
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import Organization
from contacthub.webhooks.models import WebhookDelivery
from contacthub.webhooks.queries import list_deliveries

Phase = ContactJob.Phase
# `ContactJob.phase`, as conditions.
PHASES = {
    Phase.WAITING: Q(job__state=Job.State.QUEUED, job__started_at=None),
    Phase.RUNNING: Q(job__state=Job.State.RUNNING)
    | Q(job__state=Job.State.QUEUED, job__started_at__isnull=False),
    Phase.COMPLETED: Q(job__state=Job.State.COMPLETED),
    Phase.CANCELLED: Q(job__state=Job.State.CANCELLED),
    Phase.FAILED: Q(job__state=Job.State.FAILED),
}
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)


def list_contact_jobs(
    *,
    organization: Organization,
    kind: ContactJob.Kind | None = None,
    phases: Collection[Phase] | None = None,
    first_day: dt.date | None = None,
    last_day: dt.date | None = None,
) -> QuerySet[ContactJob]:
    """List an organization's jobs, newest first.

    Of one kind, in some phases, made from one day to another (UTC, both included); None: any.
    """
    jobs = ContactJob.objects.filter(organization=organization).select_related("job__result")
    if kind is not None:
        jobs = jobs.filter(kind=kind)
    if phases is not None:
        jobs = jobs.filter(reduce(or_, [PHASES[phase] for phase in phases], Q(pk=None)))
    if first_day is not None:
        jobs = jobs.filter(created_at__date__gte=first_day)
    if last_day is not None:
        jobs = jobs.filter(created_at__date__lte=last_day)
    return jobs.order_by("-created_at", "-id")


def get_contact_job(
    *, organization: Organization, public_id: str, kind: ContactJob.Kind | None = None
) -> ContactJob:
    """Return a job of this organization by its public id. Raises `NotFound`."""
    jobs = list_contact_jobs(organization=organization, kind=kind)
    job = None if "\0" in public_id else jobs.filter(public_id=public_id).first()
    if job is None:
        raise NotFound("There is no such job.")
    return job


def status_of(job: ContactJob) -> str:
    """Return the one word for a job's state: queued, running, completed, expired, cancelled or failed."""
    if job.phase == Phase.COMPLETED:
        result = getattr(job.job, "result", None)
        is_gone = result is None or result.deleted_at or result.expires_at <= clock.now()
        return "expired" if is_gone else "completed"
    return "queued" if job.phase == Phase.WAITING else job.phase.value


def count_phases(*, organization: Organization) -> dict[str, int]:
    """Count jobs for the tabs of their page: all, of each kind, unfinished and failed."""
    jobs = ContactJob.objects.filter(organization=organization)
    return jobs.aggregate(
        all=Count("pk"),
        running=Count("pk", filter=Q(job__state__in=UNFINISHED)),
        failed=Count("pk", filter=PHASES[Phase.FAILED]),
        **{kind.value: Count("pk", filter=Q(kind=kind)) for kind in ContactJob.Kind},
    )


def count_waiting(*, organization: Organization, kind: ContactJob.Kind) -> int:
    """Return how many jobs of a kind have not begun."""
    return ContactJob.objects.filter(
        organization=organization, kind=kind, job__state=Job.State.QUEUED, job__started_at=None
    ).count()


def count_unfinished(*, organization: Organization, kind: ContactJob.Kind) -> int:
    """Return how many jobs of a kind have not ended."""
    return ContactJob.objects.filter(
        organization=organization, kind=kind, job__state__in=UNFINISHED
    ).count()


def get_result(*, job: ContactJob) -> Result:
    """Return the finished file of a job. Raises `NotReady` before it is complete, `Expired` after its last day."""
    if job.phase != ContactJob.Phase.COMPLETED:
        raise NotReady("This job has no result: it is not complete.")
    result = Result.objects.get(job=job.job_id)
    if result.deleted_at is not None or result.expires_at <= clock.now():
        raise Expired("The result of this job is no longer kept.")
    return result


def get_fragment(*, job: ContactJob, number: int) -> bytes:
    """Return one fragment of a complete job as a file of its own, counted from 0.

    Raises as `get_result`, and `Invalid` for a number that is not one of 0 … `fragment_count` - 1.
    """
    get_result(job=job)
    count = job.fragment_count or 0
    if not 0 <= number < count:
        raise Invalid(f"This job has the fragments 0 to {count - 1}.", field="fragment")
    raw = STORE.read_number(job_id=job.job_id, number=number)
    if raw is None:
        raise Expired("The result of this job is no longer kept.")
    return layout_of(job).cut(raw, is_first=number == 0, is_last=number == count - 1)


def iterate_for_excel(*, job: ContactJob) -> Iterator[bytes]:
    """Yield the CSV file of a complete job for people: nothing in it is taken for a formula or a number.

    One fragment in memory at a time. Programs get the values untouched.
    """
    yield BYTE_ORDER_MARK.encode()
    for number in range(job.fragment_count or 0):
        piece = get_fragment(job=job, number=number).decode()
        rows = csv.reader(io.StringIO(piece, newline=""))
        # Each fragment is a file of its own; the header is needed once.
        yield format_excel_rows(islice(rows, 1 if number else 0, None)).encode()


def list_webhooks(*, job: ContactJob) -> list[WebhookDelivery]:
    """List what was sent about a job, the last first."""
    sent = list_deliveries(organization=job.organization).filter(subject=job.public_id)
    return list(sent[:5])


# --- Transactions ---------------------------------------------------------------------------------


def get_account(*, organization: Organization) -> TransactionAccount:
    """Return an organization's account; one without a limit where nothing was ever asked."""
    account = TransactionAccount.objects.filter(organization=organization).first()
    return account or TransactionAccount(organization=organization)


def list_entries(*, organization: Organization) -> QuerySet[TransactionEntry]:
    """List the ledger, newest first."""
    return (
        TransactionEntry.objects.filter(account=organization.pk)
        .select_related("contact_job__job")
        .order_by("-at", "-id")
    )


def list_drift() -> list[tuple[TransactionAccount, int, int]]:
    """List accounts that their ledger does not explain, with what the ledger says is used and held."""
    accounts = TransactionAccount.objects.select_related("organization").annotate(
        entered_used=Sum("entries__used", default=0), entered_held=Sum("entries__held", default=0)
    )
    return [
        (account, account.entered_used, account.entered_held)
        for account in accounts
        if (account.entered_used, account.entered_held) != (account.used, account.held)
    ]


def list_unexplained_holds() -> list[tuple[TransactionAccount, int]]:
    """List accounts that hold other than what their waiting jobs will use, with the latter."""
    waiting = Q(organization__contact_jobs__job__state__in=UNFINISHED) & Q(
        organization__contact_jobs__charged=0
    )
    accounts = TransactionAccount.objects.select_related("organization").annotate(
        waiting=Sum("organization__contact_jobs__price", filter=waiting, default=0)
    )
    return [(account, account.waiting) for account in accounts if account.waiting != account.held]
