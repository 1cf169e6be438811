"""How a contact job ends, in the transaction that ends its job."""

from contacthub.contact_jobs import sql, transactions
from contacthub.contact_jobs.models import ContactJob
from contacthub.jobs.models import Fragment, Job
from contacthub.organizations.actions import Actor, record_event


def complete(*, contact_job: ContactJob) -> None:
    """Make the fragments count, and tell who wants to know."""
    rows = contact_job.row_count or 0
    count = max(1, -(-rows // contact_job.fragment_rows))
    ContactJob.objects.filter(pk=contact_job.pk).update(fragment_count=count)
    record(contact_job, Actor(name=contact_job.created_by_name), "Completed contact job", rows=rows)


def undo(*, contact_job: ContactJob, state: Job.State, actor: Actor) -> None:
    """End without a result: what is frozen is forgotten, what is only held given back, what is used stays used."""
    if contact_job.price:
        transactions.lock_account(organization=contact_job.organization)
    contact_job = ContactJob.objects.select_for_update(of=("self",)).get(pk=contact_job.pk)
    transactions.release(job=contact_job, actor=actor)
    sql.forget_rows(job=contact_job)
    Fragment.objects.filter(job=contact_job.job_id).delete()
    is_cancelled = state == Job.State.CANCELLED
    record(contact_job, actor, "Cancelled contact job" if is_cancelled else "Contact job failed")


def record(
    contact_job: ContactJob, actor: Actor, action: str, *, rows: int | None = None, detail: str = ""
) -> None:
    """Write a line of the audit log."""
    record_event(
        organization=contact_job.organization,
        actor=actor,
        action=action,
        target=contact_job.job.title,
        subject=contact_job.public_id,
        detail=detail,
        rows=rows,
        has_personal_data=True,
    )
