"""Bulk pulls from both vendors: asked for once, paid for once, every row once, whatever fails in between."""

import datetime as dt
from typing import Any

import pytest

from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound, QuoteChanged
from contacthub.credentials.connections.actions import pause_connection, remove_connection
from contacthub.credentials.models import Connection, VendorCall
from contacthub.jobs.models import Job
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import AuditEvent, Organization
from contacthub.sourcing.bulk import actions, queries
from contacthub.sourcing.bulk.models import Pull, PullFragment, PullReject
from contacthub.sourcing.bulk.requests import read_ids
from tests.sourcing.bulk.builders import again, cancel, draft, retry, run, start, step
from tests.sourcing.bulk.conftest import (
    COUNT,
    FRAGMENT_ROWS,
    NAMELESS,
    SOMEBODY,
    Vendor,
    email_of,
)
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

JOB, DAYS_JOB = "/api/v1/contact/job", "/pull/v1/export/contacts/jobs"


def check_whole(pull: Pull, *, asked: int, unknown: int = 0) -> None:
    """The pull is complete: its rows are the organization's own, each once; those without an address are rejected."""
    pull = again(pull)
    assert pull.job is not None
    assert (pull.job.state, pull.job.error) == ("completed", "")
    refused = sum(1 for number in pull.ids if number % 10 == 0 and number <= COUNT)
    refused = refused if pull.ids else NAMELESS
    found = asked - unknown
    assert pull.row_count == found
    assert (pull.added, pull.changed, pull.unchanged, pull.refused) == (
        found - refused,
        0,
        0,
        refused,
    )
    assert PullReject.objects.filter(pull=pull).count() == refused
    assert Contact.objects.filter(organization=pull.organization).count() == found - refused
    assert not PullFragment.objects.filter(pull=pull, body__isnull=False).exists()
    assert pull.job.done == pull.job.total == pull.price + found


# --- The way it goes --------------------------------------------------------------------------------


def test_ids_become_own_contacts_for_what_was_stated(
    insideview: Connection, vendor: Vendor, acme: Organization
) -> None:
    used, made = vendor.used, vendor.job_ids("details")
    pull = start(insideview, [*range(1, 41), 777])
    assert (pull.most_cost, pull.cost) == (41, 0)
    pull = run(pull)
    check_whole(pull, asked=41, unknown=1)
    assert (pull.cost, vendor.used - used) == (41, 41)
    assert len(vendor.job_ids("details") - made) == 1
    assert vendor.proxy.calls[JOB] == 1
    email = ContactEmail.objects.select_related("contact").get(address=email_of(7))
    assert (email.source, email.contact.organization) == ("Our insideview", acme)
    reject = PullReject.objects.filter(pull=pull).earliest("line")
    assert (reject.line, reject.vendor_id) == (10, "10")
    assert reject.reason.startswith("has nothing to identify the contact")
    event = AuditEvent.objects.get(action="Pulled contacts")
    assert event.detail == "36 new, 0 changed, 0 known, 4 rejected; 41 transactions"
    assert email_of(7) not in f"{event.detail} {event.target}"


def test_days_come_in_fragments_for_nothing(backstory: Connection, vendor: Vendor) -> None:
    made = vendor.job_ids("extract")
    pull = run(start(backstory))
    check_whole(pull, asked=COUNT)
    assert (pull.most_cost, pull.cost) == (0, 0)
    assert pull.fragment_count == -(-COUNT // FRAGMENT_ROWS)
    assert len(vendor.job_ids("extract") - made) == 1
    reads = VendorCall.objects.filter(operation="read bulk fragment")
    assert reads.count() == pull.fragment_count


def test_what_is_known_of_a_contact_stays(insideview: Connection) -> None:
    run(start(insideview, [1, 2]))
    contact = ContactEmail.objects.get(address=email_of(1)).contact
    ContactPhone.objects.create(contact=contact, position=9, phone="+4712345678")
    second = run(start(insideview, [1, 2, 3]))
    assert (second.added, second.changed + second.unchanged, second.refused) == (1, 2, 0)
    assert {p.phone for p in contact.phones.all()} == {"+4722000001", "+4712345678"}
    third = run(start(insideview, [1, 2, 3]))
    assert (third.added, third.changed, third.unchanged) == (0, 0, 3)


def test_no_worker_is_held_while_the_vendor_works(insideview: Connection, vendor: Vendor) -> None:
    with vendor.paused():
        pull = step(start(insideview, range(1, 6)))
        job = pull.job
        assert job is not None
        assert (job.state, pull.vendor_state, job.attempts) == ("queued", "queued", 0)
        assert job.wakes_at is not None
        assert job.wakes_at > clock.now()
        assert queries.status_of(pull) == "running"
        # The older the vendor's job, the longer the pause.
        Pull.objects.filter(pk=pull.pk).update(made_at=clock.now() - dt.timedelta(hours=2))
        pull = step(pull)
        assert pull.job is not None
        assert pull.job.wakes_at is not None
        assert (pull.job.wakes_at - clock.now()).total_seconds() > 50
    check_whole(run(pull), asked=5)


def test_trial_takes_its_ids_out_of_the_draft(insideview: Connection, vendor: Vendor) -> None:
    used, whole = vendor.used, draft(insideview, range(1, 26))
    whose: Any = {"organization": whole.organization, "actor": SOMEBODY, "pull_id": whole.pk}
    trial = actions.start_pull(**whose, quoted_cost=10, is_trial=True)
    whole = again(whole)
    assert (trial.ids, trial.origin, whole.is_draft) == ([*range(1, 11)], whole, True)
    assert whole.ids == [*range(11, 26)]
    run(trial)
    assert vendor.used - used == 10
    run(actions.start_pull(**whose, quoted_cost=15))
    assert vendor.used - used == 25
    assert Contact.objects.count() == 23


# --- What it costs ----------------------------------------------------------------------------------


def test_nothing_starts_for_another_price(insideview: Connection) -> None:
    pull = draft(insideview, [1, 2, 3])
    whose: Any = {"organization": pull.organization, "actor": SOMEBODY, "pull_id": pull.pk}
    with pytest.raises(QuoteChanged):
        actions.start_pull(**whose, quoted_cost=2)
    assert not Job.objects.exists()
    assert actions.start_pull(**whose, quoted_cost=3).job is not None
    with pytest.raises(Conflict):
        actions.start_pull(**whose, quoted_cost=3)
    assert Job.objects.count() == 1


def test_same_form_twice_starts_one_trial(insideview: Connection) -> None:
    pull = draft(insideview, range(1, 31))
    form: Any = {
        "organization": pull.organization, "actor": SOMEBODY, "pull_id": pull.pk,
        "quoted_cost": 10, "is_trial": True, "request_key": pull.pk,
    }  # fmt: skip
    assert actions.start_pull(**form) == actions.start_pull(**form)
    assert len(again(pull).ids) == 20


def test_quota_that_is_short_spends_nothing(insideview: Connection, vendor: Vendor) -> None:
    used = vendor.used
    vendor.set_limit(used + 3)
    try:
        pull = run(start(insideview, range(1, 6)))
    finally:
        vendor.set_limit(100_000)
    assert pull.job is not None
    assert pull.job.state == "failed"
    assert pull.job.error == (
        "The account has too few transactions left: 5 are needed, 3 are there."
    )
    assert (vendor.used - used, pull.cost, pull.asked_at) == (0, 0, None)
    check_whole(run(retry(pull, cost=5)), asked=5)
    assert (again(pull).cost, vendor.used - used) == (5, 5)


def test_too_many_jobs_there_are_waited_for(insideview: Connection, vendor: Vendor) -> None:
    used = vendor.used
    with vendor.paused():
        first, second, third = (start(insideview, [n]) for n in (1, 2, 3))
        step(first), step(second)
        third = step(third)
        assert third.job is not None
        assert (third.job.state, third.asked_at, third.vendor_id) == ("queued", None, "")
        assert third.trouble == "The vendor runs as many jobs as it accepts."
    for pull in (first, second, third):
        assert run(pull).added == 1
    assert vendor.used - used == 3


# --- Answers that are lost --------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["lose", "502"])
def test_lost_answer_is_found_by_listing(
    insideview: Connection, vendor: Vendor, verdict: str
) -> None:
    """Made or not: it is paid for once."""
    used, made = vendor.used, vendor.job_ids("details")
    lost: list[str] = []

    def judge(path: str, number: int) -> str:
        if path == JOB and not lost:
            lost.append(path)
            return verdict
        return "pass"

    vendor.proxy.judge = judge
    check_whole(run(start(insideview, range(1, 9))), asked=8)
    assert vendor.used - used == 8
    assert len(vendor.job_ids("details") - made) == 1
    assert vendor.proxy.calls[JOB] == (1 if verdict == "lose" else 2)


def test_call_that_may_still_arrive_is_waited_for(
    insideview: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.sourcing.bulk.vendor_job.SETTLE_SECONDS", 60.0)
    vendor.proxy.judge = lambda path, number: "502" if path == JOB else "pass"
    pull = step(step(start(insideview, [1])))
    assert (vendor.proxy.calls[JOB], pull.ask_count) == (1, 1)
    assert pull.asked_at is not None


def test_job_of_somebody_else_is_not_taken(
    insideview: Connection, vendor: Vendor, acme: Organization, globex: Organization
) -> None:
    """Of the account's jobs those that were there before, and those of other pulls, are no orphans."""
    run(start(insideview, [1]))
    theirs = vendor.connect(globex, "insideview")
    vendor.proxy.judge = lambda path, number: "502" if path == JOB else "pass"
    ours = step(start(insideview, [2]))
    assert ours.asked_at is not None
    vendor.proxy.judge = lambda path, number: "pass"
    other = run(start(theirs, [3]))
    ours = run(ours)
    assert ours.vendor_id != other.vendor_id
    assert (ours.added, other.added) == (1, 1)
    assert Contact.objects.filter(organization=acme).count() == 2


def test_account_is_asked_for_one_job_at_a_time(insideview: Connection, vendor: Vendor) -> None:
    vendor.proxy.judge = lambda path, number: "lose" if path == JOB else "pass"
    first = step(start(insideview, [1]))
    vendor.proxy.judge = lambda path, number: "pass"
    second = step(start(insideview, [2]))
    assert (first.vendor_id, second.vendor_id, second.asked_at) == ("", "", None)
    assert run(first).added == 1
    assert run(second).added == 1


def test_result_of_another_job_is_refused(insideview: Connection, vendor: Vendor) -> None:
    """Somebody else's job may look like the lost one; its contacts are not those that were asked for."""
    vendor.proxy.judge = lambda path, number: "502" if path == JOB else "pass"
    ours = step(start(insideview, [1]))
    vendor.proxy.judge = lambda path, number: "pass"
    other = start(insideview, [2])
    Pull.objects.filter(pk=ours.pk).update(asked_at=None, listed_before=None)
    other = run(other)
    Pull.objects.filter(pk=other.pk).update(vendor_id="")
    Pull.objects.filter(pk=ours.pk).update(asked_at=clock.now(), listed_before=[])
    ours = run(ours)
    assert ours.job is not None
    assert ours.job.state == "failed"
    assert Contact.objects.count() == 1


def test_days_are_asked_again_once(backstory: Connection, vendor: Vendor) -> None:
    vendor.proxy.judge = lambda path, number: "502" if path == DAYS_JOB else "pass"
    pull = run(start(backstory))
    assert pull.job is not None
    assert pull.job.state == "failed"
    assert vendor.proxy.calls[DAYS_JOB] == 2
    vendor.proxy.judge = lambda path, number: "pass"
    check_whole(run(retry(pull, cost=0)), asked=COUNT)


# --- Bad days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["insideview", "backstory"])
def test_every_third_call_fails(vendor: Vendor, request: pytest.FixtureRequest, kind: str) -> None:
    connection: Connection = request.getfixturevalue(kind)
    used = vendor.used
    vendor.proxy.judge = lambda path, number: "502" if number % 3 == 0 else "pass"
    numbers = range(1, 31) if kind == "insideview" else ()
    pull = run(start(connection, numbers))
    check_whole(pull, asked=30 if numbers else COUNT)
    assert vendor.used - used == len(pull.ids)
    assert vendor.proxy.failures


def test_dead_vendor_is_waited_for_and_then_given_up(
    insideview: Connection, vendor: Vendor
) -> None:
    vendor.proxy.judge = lambda path, number: "502"
    pull = step(start(insideview, [1]))
    assert (pull.job and pull.job.state, pull.asked_at) == ("queued", None)
    Pull.objects.filter(pk=pull.pk).update(troubled_since=clock.now() - dt.timedelta(hours=25))
    pull = step(pull)
    assert pull.job is not None
    assert pull.job.state == "failed"
    assert vendor.proxy.calls[JOB] == 0


def test_removed_and_paused_connections_say_so(insideview: Connection) -> None:
    first, second = start(insideview, [1]), draft(insideview, [2])
    whose: Any = {"organization": insideview.organization, "actor": COMMAND_LINE}
    pause_connection(connection_id=insideview.pk, **whose)
    with pytest.raises(Conflict, match="is paused"):
        actions.start_pull(pull_id=second.pk, quoted_cost=1, **whose)
    first = run(first)
    assert first.job is not None
    assert (first.job.state, first.asked_at) == ("failed", None)
    remove_connection(connection_id=insideview.pk, **whose)
    with pytest.raises(Conflict, match="was removed"):
        retry(first, cost=1)


# --- Cancelling and going on ------------------------------------------------------------------------


def test_cancel_before_the_vendor_begins_costs_nothing(
    insideview: Connection, vendor: Vendor
) -> None:
    used = vendor.used
    with vendor.paused():
        pull = step(start(insideview, range(1, 6)))
        assert cancel(pull) == "cancelled"
        pull = again(pull)
        assert (pull.vendor_state, pull.cost, pull.trouble) == ("cancelled", 0, "")
    assert queries.cost_of_retry(pull) == 5
    with pytest.raises(QuoteChanged):
        retry(pull, cost=0)
    check_whole(run(retry(pull, cost=5)), asked=5)
    assert (vendor.used - used, again(pull).most_cost) == (5, 5)


def test_cancel_after_the_vendor_has_begun_is_paid_and_gone_on_with(
    insideview: Connection, vendor: Vendor
) -> None:
    used, made = vendor.used, vendor.job_ids("details")
    with vendor.paused():
        pull = step(start(insideview, range(1, 6)))
    wait_for(lambda: vendor.used - used == 5)
    cancel(pull)
    pull = again(pull)
    assert (pull.is_begun, pull.cost, pull.is_lost) == (True, 5, False)
    assert queries.cost_of_retry(pull) == 0
    check_whole(run(retry(pull, cost=0)), asked=5)
    assert (vendor.used - used, len(vendor.job_ids("details") - made)) == (5, 1)


def test_cancel_stops_a_job_whose_answer_was_lost(insideview: Connection, vendor: Vendor) -> None:
    used = vendor.used
    with vendor.paused():
        vendor.proxy.judge = lambda path, number: "lose" if path == JOB else "pass"
        pull = step(start(insideview, [1, 2]))
        assert pull.vendor_id == ""
        cancel(pull)
    pull = again(pull)
    assert (pull.vendor_state, pull.cost) == ("cancelled", 0)
    assert vendor.used == used


def test_vendors_job_that_is_cancelled_there_ends_ours(
    insideview: Connection, vendor: Vendor
) -> None:
    with vendor.paused():
        pull = step(start(insideview, [1]))
        vendor.stack.query(
            "UPDATE jobs_job SET state = 'cancelled', finished_at = now() FROM contact_jobs_contactjob c "
            "WHERE c.job_id = jobs_job.id AND c.public_id = %s",
            pull.vendor_id,
        )
        pull = step(pull)
    assert pull.job is not None
    assert pull.job.error == "Its job was cancelled at InsideView."
    assert pull.is_lost


def test_result_that_is_not_kept_any_more_is_asked_for_anew(
    backstory: Connection, vendor: Vendor
) -> None:
    with vendor.paused():
        pull = step(start(backstory))
    asked = (
        "SELECT 1 FROM contact_jobs_contactjob WHERE public_id = %s AND fragment_count IS NOT NULL"
    )
    wait_for(lambda: bool(vendor.stack.query(asked, pull.vendor_id)))
    vendor.stack.query(
        "UPDATE jobs_result SET expires_at = now() FROM contact_jobs_contactjob c "
        "WHERE c.job_id = jobs_result.job_id AND c.public_id = %s",
        pull.vendor_id,
    )
    pull = run(pull)
    assert pull.job is not None
    assert pull.job.error == "Backstory no longer keeps its result."
    former = pull.vendor_id
    pull = run(retry(pull, cost=0))
    check_whole(pull, asked=COUNT)
    assert pull.former_ids == [former]


# --- What is asked, and whose it is -----------------------------------------------------------------


def test_ids_are_read_as_people_write_them() -> None:
    found = read_ids("\ufeffcontactId\r\n13, 14;15\n13\t007 x9\n9223372036854775808")
    assert (found.ids, found.duplicate_count) == ([13, 14, 15], 1)
    assert (found.malformed_count, found.malformed) == (
        4,
        ["contactId", "007", "x9", "9223372036854775808"],
    )
    assert len(read_ids(",".join(map(str, range(1, 10_001)))).ids) == 10_000
    for text in ("", "x", ",".join(map(str, range(1, 10_002)))):
        with pytest.raises(Invalid):
            read_ids(text)


def test_pull_of_another_organization_is_unknown(
    insideview: Connection, backstory: Connection, globex: Organization
) -> None:
    pull = start(insideview, [1])
    whose: Any = {"organization": globex, "actor": SOMEBODY}
    for call in (
        lambda: actions.draft_ids(connection_id=insideview.pk, text="1", **whose),
        lambda: actions.start_pull(pull_id=pull.pk, quoted_cost=1, **whose),
        lambda: actions.cancel_pull(pull_id=pull.pk, **whose),
        lambda: actions.retry_pull(pull_id=pull.pk, quoted_cost=0, **whose),
        lambda: actions.delete_draft(organization=globex, pull_id=pull.pk),
        lambda: queries.get_pull(organization=globex, pull_id=pull.pk),
    ):
        with pytest.raises(NotFound):
            call()
    assert not queries.list_pulls(organization=globex)
    assert not queries.list_sources(organization=globex)
    assert queries.list_sources(organization=insideview.organization) == [backstory, insideview]


def test_old_drafts_and_rejected_rows_are_deleted(insideview: Connection) -> None:
    old, kept = draft(insideview, [1]), run(start(insideview, [10, 11]))
    Pull.objects.filter(pk=old.pk).update(created_at=clock.now() - dt.timedelta(days=8))
    assert actions.expire_pulls() == 1
    Job.objects.update(finished_at=clock.now() - dt.timedelta(days=31), started_at=None)
    assert actions.expire_pulls() == 1
    assert not PullReject.objects.exists()
    assert (again(kept).refused, Pull.objects.count()) == (1, 1)
