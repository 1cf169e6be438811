"""How a contact job ends, in the transaction that ends its job."""

from contacthub.contact_jobs import sql, transactions
from contacthub.contact_jobs.models import ContactJob
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor, record_event
from contacthub.webhooks.actions import queue_webhook
from contacthub.wire import insideview as wire

# The vendor's words for how a job ended.
OUTCOMES: dict[str, wire.Status] = {
    Job.State.COMPLETED: "finished",
    Job.State.CANCELLED: "aborted",
    Job.State.FAILED: "failed",
}


def complete(*, contact_job: ContactJob) -> None:
    """Make the fragments count, and send the webhook."""
    rows = contact_job.row_count or 0
    count = max(1, -(-rows // contact_job.fragment_rows))
    ContactJob.objects.filter(pk=contact_job.pk).update(fragment_count=count)
    record(contact_job, Actor(name=contact_job.created_by_name), "Completed contact job", rows=rows)
    _tell(contact_job, Job.State.COMPLETED, processed=rows)


def undo(*, contact_job: ContactJob, state: Job.State, actor: Actor) -> None:
    """End without a result: what is frozen is forgotten, what is only held given back, what is used stays used."""
    if contact_job.price:
        transactions.lock_account(organization=contact_job.organization)
    contact_job = ContactJob.objects.select_for_update(of=("self",)).get(pk=contact_job.pk)
    transactions.release(job=contact_job, actor=actor)
    sql.forget_rows(job=contact_job)
    is_cancelled = state == Job.State.CANCELLED
    record(contact_job, actor, "Cancelled contact job" if is_cancelled else "Contact job failed")
    done = Job.objects.values_list("done", flat=True).get(pk=contact_job.job_id)
    _tell(contact_job, state, processed=done)


def _tell(contact_job: ContactJob, state: Job.State, *, processed: int) -> None:
    """Queue the webhook that was requested; it is sent after the commit, and its failure changes nothing here."""
    if contact_job.webhook_url:
        queue_webhook(
            organization=contact_job.organization,
            url=contact_job.webhook_url,
            body=wire.webhook_body(contact_job.public_id, OUTCOMES[state], processed),
            subject=contact_job.public_id,
            event=f"contact job {OUTCOMES[state]}",
        )


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
