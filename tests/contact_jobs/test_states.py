"""Limits on extracts, cancelling, and workers that die or sleep in the middle."""

import datetime as dt
import os
import re
import signal
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from contacthub.contact_jobs import actions, queries
from contacthub.contact_jobs.models import ContactJob, FrozenRow
from contacthub.contact_jobs.runner import WriteContacts
from contacthub.contacts.models import Contact
from contacthub.core import clock
from contacthub.core.errors import Conflict, Expired, Invalid, NotFound, NotReady, TooManyJobs
from contacthub.jobs import actions as job_actions
from contacthub.jobs import sql as job_sql
from contacthub.jobs.lease import Fenced, Lease
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.organizations.models import AuditEvent, Organization
from tests.contact_jobs.builders import (
    MARCH,
    PROGRAM,
    content,
    details,
    extract,
    fresh,
    make_contacts,
    run,
)
from tests.racing import race
from tests.waiting import wait_for
from tests.workers import expire_lease, list_kill_points, run_until_killed, start_worker

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = "tests.contact_jobs.worker"
FAILPOINTS = (
    ("contacts_frozen", 1),
    ("before_checkpoint_commit", 1),
    ("before_checkpoint_commit", 4),
    ("after_checkpoint_commit", 1),
    ("after_checkpoint_commit", 4),
    ("contacts_written", 5),
    ("before_complete_commit", 1),
    ("after_complete_commit", 1),
)


def claim(job: ContactJob) -> int | None:
    return job_sql.claim(job_id=job.job_id, lease_seconds=60, share=99)


# --- Limits on extracts ---------------------------------------------------------------------------


def test_two_extracts_run_and_ten_wait(acme: Organization, globex: Organization) -> None:
    jobs = [extract(acme) for _ in range(2)]
    assert [claim(job) for job in jobs] == [1, 1]
    jobs += [extract(acme) for _ in range(10)]
    with pytest.raises(TooManyJobs):
        extract(acme)
    assert claim(jobs[2]) is None
    extract(globex)
    Job.objects.filter(pk=jobs[0].job_id).update(
        state="completed", lease_until=None, finished_at=clock.now()
    )
    assert claim(jobs[2]) == 1
    extract(acme)


def test_extracts_at_once_pass_the_limit_by_nothing(acme: Organization) -> None:
    answers = race([lambda: extract(acme) for _ in range(30)])
    assert sum(isinstance(answer, ContactJob) for answer in answers) == 10
    assert sum(isinstance(answer, TooManyJobs) for answer in answers) == 20


@pytest.mark.parametrize(("days", "is_fine"), [(0, True), (366, True), (367, False), (-1, False)])
def test_window_is_a_year_at_most(acme: Organization, days: int, is_fine: bool) -> None:
    window = replace(MARCH, end_on=MARCH.start_on + dt.timedelta(days=days))
    if is_fine:
        assert extract(acme, window).phase == "waiting"
    else:
        with pytest.raises(Invalid):
            extract(acme, window)


@pytest.mark.parametrize("count", [0, 10_001])
def test_details_are_for_one_to_ten_thousand(acme: Organization, count: int) -> None:
    with pytest.raises(Invalid):
        details(acme, *range(1, count + 1))


# --- Cancelling -----------------------------------------------------------------------------------


def cancel(job: ContactJob) -> str:
    return actions.cancel(
        organization=job.organization, actor=PROGRAM, public_id=job.public_id
    ).value


def test_waiting_job_is_cancelled_at_once(acme: Organization) -> None:
    for job in (extract(acme), details(acme, 1, 2)):
        assert cancel(job) == "cancelled"
        assert fresh(job).phase == "cancelled"
        with pytest.raises(Conflict):
            cancel(job)
        with pytest.raises(NotReady):
            queries.get_result(job=fresh(job))
    call_command("audit_transactions", strict=True, stdout=StringIO())


def test_running_job_stops_and_leaves_nothing(acme: Organization, settings: Any) -> None:
    settings.BACKSTORY_FRAGMENT_ROWS = 2
    make_contacts(9)
    for job in (extract(acme), details(acme, 1, 2)):
        perform_until_cancelled(job)
        assert fresh(job).phase == "cancelled"
        assert not Fragment.objects.exists()
        assert not FrozenRow.objects.exists()
    call_command("audit_transactions", strict=True, stdout=StringIO())
    assert queries.get_account(organization=acme).used == 2


def perform_until_cancelled(job: ContactJob) -> None:
    token = claim(job)
    assert token
    claimed = Job.objects.get(pk=job.job_id)
    lease, work = Lease(claimed, token), WriteContacts(claimed)
    work._freeze(lease)
    assert cancel(job) == "running"
    lease.undo(work, Job.State.CANCELLED)


def test_job_handed_back_is_still_running_for_programs(acme: Organization) -> None:
    make_contacts(3)
    job = details(acme, 1, 2)
    token = claim(job)
    assert token
    Lease(Job.objects.get(pk=job.job_id), token).hand_back(is_attempt_counted=False)
    assert fresh(job).job.state == Job.State.QUEUED
    assert fresh(job).phase == "running"
    with pytest.raises(Conflict):
        actions.cancel_waiting(organization=acme, actor=PROGRAM, public_id=job.public_id)
    assert cancel(job) == "cancelled"


def test_strangers_job_is_unknown(acme: Organization, globex: Organization) -> None:
    job = extract(acme)
    for call in (actions.cancel, actions.cancel_waiting):
        with pytest.raises(NotFound):
            call(organization=globex, actor=PROGRAM, public_id=job.public_id)
    with pytest.raises(NotFound):
        queries.get_contact_job(organization=globex, public_id=job.public_id)
    with pytest.raises(NotFound):
        queries.get_contact_job(organization=acme, public_id="\0")


def test_story_of_a_job_is_recorded(acme: Organization) -> None:
    job = run(extract(acme))
    actions.record_download(contact_job=job, actor=PROGRAM, size=7)
    cancel(extract(acme))
    story = AuditEvent.objects.filter(action__contains="contact job").order_by("at")
    assert list(story.values_list("action", flat=True)) == [
        "Started contact job", "Completed contact job", "Downloaded contact job", "Started contact job",
        "Asked to cancel contact job", "Cancelled contact job",
    ]  # fmt: skip


# --- Keeping --------------------------------------------------------------------------------------


def test_extract_is_kept_for_ten_days(acme: Organization) -> None:
    job = run(extract(acme))
    left = queries.get_result(job=job).expires_at - clock.now()
    assert dt.timedelta(days=9.9) < left < dt.timedelta(days=10)
    Result.objects.update(expires_at=clock.now())
    with pytest.raises(Expired):
        queries.get_result(job=fresh(job))
    with pytest.raises(Expired):
        queries.get_fragment(job=fresh(job), number=0)
    job_actions.expire_results()
    with pytest.raises(Expired):
        queries.get_fragment(job=fresh(job), number=0)
    assert fresh(job).fragment_count == 1


# --- Faults ---------------------------------------------------------------------------------------


def make(kind: str, organization: Organization) -> ContactJob:
    if kind == "details":
        return details(organization, *range(1, 51))
    return extract(organization, format=kind)


@pytest.fixture
def small_steps(acme: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty contacts and four to a step."""
    settings.BACKSTORY_FRAGMENT_ROWS = 4
    monkeypatch.setattr("contacthub.contact_jobs.actions.DETAILS_AT_ONCE", 4)
    make_contacts(40)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize(
    ("kind", "failpoint", "place"),
    list_kill_points(
        [("json", *each) for each in FAILPOINTS] + [("details", *each) for each in FAILPOINTS[::2]],
        always=[("json", *FAILPOINTS[0]), ("json", *FAILPOINTS[2]), ("details", *FAILPOINTS[2])],
    ),
)
def test_killed_worker_leaves_no_gap_and_charges_once(
    acme: Organization, kind: str, failpoint: str, place: int
) -> None:
    expected = content(run(make(kind, acme)))
    job = make(kind, acme)
    run_until_killed(WORKER, job.job_id, failpoint=f"{failpoint}:kill:{place}")
    begun = Job.objects.get(pk=job.job_id).checkpoint != {}
    if begun:
        # What is frozen stays as it was, whatever happens to the catalog meanwhile.
        Contact.objects.update(first_name="Changed")
    run(job)
    assert (fresh(job).phase, content(fresh(job))) == ("completed", expected)
    assert not FrozenRow.objects.exists()
    call_command("audit_transactions", strict=True, stdout=StringIO())
    if kind == "details":
        assert queries.get_account(organization=acme).used == 100


@pytest.mark.usefixtures("small_steps")
def test_worker_that_slept_over_its_lease_writes_nothing(acme: Organization) -> None:
    expected = content(run(make("csv", acme)))
    job = make("csv", acme)
    sleeper = start_worker(WORKER, job.job_id, failpoints="contacts_written:stop:3")
    wait_for(lambda: _is_stopped(sleeper.pid))
    expire_lease(job.job_id)
    run(job)
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.wait()
    assert content(fresh(job)) == expected
    assert fresh(job).job.token == 2


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("kind", ["json", "details"])
def test_stale_token_freezes_and_charges_nothing(acme: Organization, kind: str) -> None:
    job = make(kind, acme)
    token = claim(job)
    assert token
    stale = Job.objects.get(pk=job.job_id)
    Job.objects.filter(pk=job.job_id).update(token=token + 1)
    with pytest.raises(Fenced):
        WriteContacts(stale).run(Lease(stale, token))
    assert not FrozenRow.objects.exists()
    assert (fresh(job).charged, fresh(job).row_count) == (0, None)
    call_command("audit_transactions", strict=True, stdout=StringIO())


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return bool(re.match(r".*\) T ", stat.read()))
