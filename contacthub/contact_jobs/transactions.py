"""The account of transactions: hold when a job is taken in, use when its work begins, give back when it never does.

All run in the caller's transaction. The order of locks is account, contact job, job, everywhere.
"""

from contacthub.contact_jobs import sql
from contacthub.contact_jobs.models import ContactJob, TransactionAccount, TransactionEntry
from contacthub.core.errors import Invalid, TransactionsExceeded
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

MOST_TRANSACTIONS = 10**15


def lock_account(*, organization: Organization) -> TransactionAccount:
    """Return an organization's account, locked until the commit; it is made if there is none, without a limit."""
    TransactionAccount.objects.bulk_create(
        [TransactionAccount(organization=organization)], ignore_conflicts=True
    )
    return TransactionAccount.objects.select_for_update().get(organization=organization)


def hold(*, job: ContactJob, actor: Actor) -> None:
    """Hold what a job will use. Raises `TransactionsExceeded` and holds nothing if too few are left."""
    if not sql.hold(job=job, actor=actor.name):
        account = TransactionAccount.objects.get(organization=job.organization_id)
        raise TransactionsExceeded(requested=job.price, remaining=account.remaining or 0)


def use(*, job: ContactJob) -> None:
    """Use what a job holds, once, because its work begins."""
    if job.price and not job.charged:
        sql.use(job=job, actor=job.created_by_name)
        job.charged = job.price
        job.save(update_fields=["charged"])


def release(*, job: ContactJob, actor: Actor) -> None:
    """Give back what a job holds. What it has used stays used."""
    if job.price and not job.charged:
        sql.release(job=job, actor=actor.name)


def set_limit(*, organization: Organization, actor: Actor, limit: int | None) -> TransactionAccount:
    """Set how many transactions an organization may use in all; None: as many as it likes.

    Raises `Invalid` below 0. A limit below what is used and held is legal: nothing is left then, and what waits is
    still done.
    """
    if limit is not None and not 0 <= limit <= MOST_TRANSACTIONS:
        raise Invalid(f"A limit is 0 to {MOST_TRANSACTIONS:,} transactions.", field="limit")
    account = lock_account(organization=organization)
    if account.transaction_limit == limit:
        return account
    before, account.transaction_limit = account.transaction_limit, limit
    account.taken_at_limit = account.used + account.held
    account.save(update_fields=["transaction_limit", "taken_at_limit"])
    TransactionEntry.objects.create(
        account=account,
        kind=TransactionEntry.Kind.ADJUST,
        used=0,
        held=0,
        used_after=account.used,
        held_after=account.held,
        limit_after=limit,
        actor_name=actor.name[:200],
        note=f"Limit: {_words(before)} → {_words(limit)}",
    )
    record_event(
        organization=organization,
        actor=actor,
        action="Changed transaction limit",
        target="Transactions",
        changes={"transaction_limit": [before, limit]},
    )
    return account


def _words(limit: int | None) -> str:
    return "none" if limit is None else f"{limit:,}"
