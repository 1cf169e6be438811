"""The account of transactions: never more than the limit, charged once, explained by its ledger."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from contacthub.contact_jobs import actions, queries, transactions
from contacthub.contact_jobs.models import ContactJob, TransactionAccount, TransactionEntry
from contacthub.contact_jobs.runner import WriteContacts
from contacthub.core.errors import Conflict, Invalid, TooManyJobs, TransactionsExceeded
from contacthub.jobs.runner import perform
from contacthub.organizations.models import Organization
from tests.contact_jobs.builders import PROGRAM, details, fresh, make_contacts, run
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def many_jobs(settings: Any) -> None:
    """Let the ceiling of jobs be no matter."""
    settings.INSIDEVIEW_MOST_JOBS = 1000


@pytest.fixture
def limit(acme: Organization) -> Callable[[int | None], TransactionAccount]:
    """Set acme's limit."""

    def set_limit(count: int | None) -> TransactionAccount:
        with transaction.atomic():
            return transactions.set_limit(organization=acme, actor=PROGRAM, limit=count)

    return set_limit


def state(organization: Organization) -> tuple[int, int, int | None]:
    """Return used, held and remaining, after a look at the ledger."""
    call_command("audit_transactions", strict=True, stdout=StringIO())
    account = queries.get_account(organization=organization)
    return account.used, account.held, account.remaining


def test_hold_use_and_release(acme: Organization, limit: Callable[[int | None], Any]) -> None:
    limit(10)
    first = details(acme, 1, 2, 3, 3)
    assert state(acme) == (0, 3, 7)
    assert fresh(first).charged == 0
    second = details(acme, 1, 2)
    actions.cancel_waiting(organization=acme, actor=PROGRAM, public_id=second.public_id)
    assert state(acme) == (0, 3, 7)
    assert run(first).charged == 3
    assert state(acme) == (3, 0, 7)
    assert [entry.kind for entry in queries.list_entries(organization=acme)] == [
        "use", "release", "hold", "hold", "adjust"
    ]  # fmt: skip


def test_more_than_is_left_is_refused_whole(
    acme: Organization, limit: Callable[[int | None], Any]
) -> None:
    limit(3)
    details(acme, 1, 2)
    with pytest.raises(TransactionsExceeded, match="requested 2, remaining 1"):
        details(acme, 8, 9)
    assert ContactJob.objects.count() == 1
    details(acme, 9)
    assert state(acme) == (0, 3, 0)


def test_without_a_limit_use_is_counted(acme: Organization) -> None:
    run(details(acme, *range(1, 1001)))
    assert state(acme) == (1000, 0, None)


def test_lowered_limit_leaves_what_waits_alone(
    acme: Organization, limit: Callable[[int | None], Any]
) -> None:
    limit(10)
    run(details(acme, 1, 2, 3))
    waiting = details(acme, 1, 2, 3)
    limit(1)
    assert state(acme) == (3, 3, 0)
    with pytest.raises(TransactionsExceeded):
        details(acme, 1)
    assert run(waiting).phase == "completed"
    assert state(acme) == (6, 0, 0)
    limit(7)
    details(acme, 1)
    assert state(acme) == (6, 1, 0)


def test_job_that_fails_before_it_begins_gives_back(
    acme: Organization, limit: Callable[[int | None], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(10)
    job = details(acme, 1, 2)

    def refuse(*_: Any) -> None:
        raise Invalid("No.")

    monkeypatch.setattr(WriteContacts, "_freeze", refuse)
    assert run(job).phase == "failed"
    assert state(acme) == (0, 0, 10)


def test_job_that_fails_after_it_began_keeps_the_charge(
    acme: Organization, limit: Callable[[int | None], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(10)
    job = details(acme, 1, 2)

    def refuse(*_: Any) -> None:
        raise Invalid("No.")

    monkeypatch.setattr(WriteContacts, "_write", refuse)
    assert (run(job).phase, fresh(job).charged) == ("failed", 2)
    assert state(acme) == (2, 0, 8)


@pytest.mark.parametrize("repeat", range(3))
def test_fifty_at_once_pass_the_limit_by_nothing(
    acme: Organization, limit: Callable[[int | None], Any], repeat: int
) -> None:
    limit(10)
    answers = race([lambda n=n: details(acme, n) for n in range(1, 51)])
    taken = [answer for answer in answers if isinstance(answer, ContactJob)]
    refused = [answer for answer in answers if isinstance(answer, TransactionsExceeded)]
    assert (len(taken), len(refused)) == (10, 40), answers
    assert state(acme) == (0, 10, 0)
    race([lambda job=job: perform(job.job_id, WriteContacts) for job in taken])
    assert state(acme) == (10, 0, 0)
    kinds = list(TransactionEntry.objects.values_list("kind", flat=True))
    assert (kinds.count("hold"), kinds.count("use")) == (10, 10)


def test_statement_itself_holds_the_limit(
    acme: Organization, limit: Callable[[int | None], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(10)
    # Without the lock that makes requests wait for each other, the guarded update alone must be exact.
    account = TransactionAccount.objects.get()
    monkeypatch.setattr(transactions, "lock_account", lambda organization: account)
    answers = race([lambda n=n: details(acme, n) for n in range(1, 31)])
    assert sum(isinstance(answer, ContactJob) for answer in answers) == 10
    assert sum(isinstance(answer, TransactionsExceeded) for answer in answers) == 20
    assert state(acme) == (0, 10, 0)


def test_cancel_and_begin_at_once_end_in_one_of_two_ways(
    acme: Organization, limit: Callable[[int | None], Any]
) -> None:
    make_contacts(2)
    outcomes = set()
    for _ in range(40):
        TransactionAccount.objects.all().delete()
        limit(10)
        job = details(acme, 1, 2)
        race(
            [
                lambda job=job: perform(job.job_id, WriteContacts),
                lambda job=job: actions.cancel_waiting(
                    organization=acme, actor=PROGRAM, public_id=job.public_id
                ),
            ]
        )
        ended = fresh(job)
        outcomes.add((ended.phase.value, ended.charged, *state(acme)))
        assert outcomes <= {("completed", 2, 2, 0, 8), ("cancelled", 0, 0, 0, 10)}
        ContactJob.objects.all().delete()
    assert outcomes


def test_nothing_is_used_twice_whoever_tries(
    acme: Organization, limit: Callable[[int | None], Any]
) -> None:
    limit(10)
    job = run(details(acme, 1, 2))
    ContactJob.objects.update(charged=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        transactions.use(job=fresh(job))


def test_database_refuses_more_than_the_limit(
    acme: Organization, limit: Callable[[int | None], Any]
) -> None:
    limit(10)
    for change in ({"used": 11}, {"held": 11}, {"used": 6, "held": 5}, {"used": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            TransactionAccount.objects.update(**change)


def test_accounts_are_each_organizations_own(
    acme: Organization, globex: Organization, limit: Callable[[int | None], Any]
) -> None:
    limit(1)
    details(globex, 1, 2, 3)
    assert state(acme) == (0, 0, 1)
    assert state(globex) == (0, 3, None)


# --- Ceiling of jobs ------------------------------------------------------------------------------


def test_third_unfinished_job_is_refused(
    acme: Organization, globex: Organization, settings: Any
) -> None:
    settings.INSIDEVIEW_MOST_JOBS = 2
    first = details(acme, 1)
    details(acme, 1)
    with pytest.raises(TooManyJobs, match="2 jobs are already running, try again once they finish"):
        details(acme, 1)
    details(globex, 1)
    run(first)
    details(acme, 1)


def test_jobs_at_once_pass_the_ceiling_by_nothing(acme: Organization, settings: Any) -> None:
    settings.INSIDEVIEW_MOST_JOBS = 2
    answers = race([lambda n=n: details(acme, n) for n in range(1, 31)])
    assert sum(isinstance(answer, ContactJob) for answer in answers) == 2
    assert sum(isinstance(answer, TooManyJobs) for answer in answers) == 28
    assert state(acme) == (0, 2, None)


# --- The operator's commands ----------------------------------------------------------------------


def test_operator_sets_and_lifts_the_limit(acme: Organization) -> None:
    said = StringIO()
    call_command("set_transaction_limit", organization="acme", limit=5, stdout=said)
    details(acme, 1, 2)
    call_command("set_transaction_limit", organization="acme", limit=6, stdout=said)
    call_command("set_transaction_limit", "--organization", "acme", "--no-limit", stdout=said)
    assert said.getvalue().splitlines() == [
        "0 used, 0 held, 5 left",
        "0 used, 2 held, 4 left",
        "0 used, 2 held, no limit",
    ]
    assert state(acme) == (0, 2, None)


@pytest.mark.parametrize("limit", [-1, 10**15 + 1])
def test_operator_sets_no_impossible_limit(acme: Organization, limit: int) -> None:
    with pytest.raises(CommandError):
        call_command("set_transaction_limit", organization="acme", limit=limit)


def test_audit_finds_what_the_ledger_does_not_explain(acme: Organization) -> None:
    details(acme, 1, 2)
    TransactionAccount.objects.update(held=3)
    said = StringIO()
    with pytest.raises(CommandError, match="2 differences"):
        call_command("audit_transactions", strict=True, stdout=said)
    assert "the ledger says 0 used, 2 held" in said.getvalue()


def test_job_that_has_begun_is_not_cancelled_by_a_program(acme: Organization) -> None:
    job = run(details(acme, 1))
    with pytest.raises(Conflict):
        actions.cancel_waiting(organization=acme, actor=PROGRAM, public_id=job.public_id)
