"""A webhook arrives once or more, signed, with one id; a receiver that does not take it delays nobody else."""

import datetime as dt
import json
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from standardwebhooks import Webhook, WebhookVerificationError

from contacthub.celery import app
from contacthub.core import clock, outbound, shutdown
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization
from contacthub.webhooks import actions, queries, runner, schedule, signing, sql, tasks
from contacthub.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSecret
from contacthub.webhooks.schedule import SCHEDULE, Outcome, judge
from tests.fake_vendor import vending
from tests.jobs.works import make_job
from tests.racing import race
from tests.receiver import Receiver, Request, Script, answer, hang, listening, raw, reset
from tests.waiting import wait_for
from tests.workers import start_worker

State = WebhookDelivery.State
BODY = {"jobId": "7", "status": "finished", "type": "contact", "totalProcessed": 3}
ACTOR = Actor(name="Test")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def local_receivers(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect rings instead of sending them."""
    rings: list[object] = []
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", rings.extend)
    return rings


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


def queue(organization: Organization, url: str, **options: Any) -> WebhookDelivery:
    return actions.queue_webhook(
        organization=organization,
        url=url,
        body=options.get("body", BODY),
        subject=options.get("subject", "7"),
        event="job.finished",
    )


def make_due(delivery: WebhookDelivery) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(next_attempt_at=clock.now())


def deliver(delivery: WebhookDelivery) -> WebhookDelivery:
    """Make one try now."""
    make_due(delivery)
    assert runner.deliver_due() == 1
    delivery.refresh_from_db()
    return delivery


def database_url() -> str:
    """Where another process finds the test's database."""
    settings = connection.settings_dict
    return (
        f"postgres://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST'] or '127.0.0.1'}"
        f":{settings['PORT']}/{settings['NAME']}"
    )


def wait_of(delivery: WebhookDelivery) -> float:
    attempt = delivery.history.latest("number")
    return (delivery.next_attempt_at - attempt.sent_at).total_seconds()


def secret_of(organization: Organization) -> str:
    return signing.read_secrets(organization_id=organization.pk)[0]


def verify(request: Request, secret: str) -> Any:
    return Webhook(secret).verify(request.body, request.headers)


# --- What is sent ---------------------------------------------------------------------------------


def test_message_arrives_signed_with_the_protocols_own_body(
    acme: Organization, receiver: Receiver, rings: list[object]
) -> None:
    delivery = queue(acme, receiver.url)
    assert rings == [(delivery.pk, "contacthub.webhooks.tasks.deliver_due")]
    assert runner.deliver_due() == 1
    (request,) = receiver.requests
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == BODY
    assert verify(request, secret_of(acme)) == BODY
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_status) == (State.DELIVERED, 1, 204)
    assert delivery.finished_at
    attempt = delivery.history.get()
    assert attempt.status == 204
    sent = {name.lower(): value for name, value in attempt.headers.items()}
    assert sent.items() <= request.headers.items()


def test_bytes_are_sent_as_they_are(acme: Organization, receiver: Receiver) -> None:
    deliver(queue(acme, receiver.url, body=b'{"b": 1,  "a": 2}'))
    assert receiver.requests[0].body == b'{"b": 1,  "a": 2}'


def test_signature_does_not_fit_another_body_secret_or_time(
    acme: Organization, globex: Organization, receiver: Receiver
) -> None:
    deliver(queue(acme, receiver.url))
    (request,) = receiver.requests
    tampered = Request(request.line, request.headers, request.body.replace(b"3", b"4"))
    late = dict(request.headers)
    late["webhook-timestamp"] = str(int(late["webhook-timestamp"]) - 301)
    for bad, secret in (
        (tampered, secret_of(acme)),
        (request, secret_of(globex)),
        (Request(request.line, late, request.body), secret_of(acme)),
    ):
        with pytest.raises(WebhookVerificationError):
            verify(bad, secret)


def test_headers_follow_the_specifications_example() -> None:
    headers = signing.make_headers(
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        sent_at=dt.datetime.fromtimestamp(1614265330, dt.UTC),
        content=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# --- Tries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        (answer("500 Oops", body=b"broken"), 500, "answered 500"),
        (answer("400 Bad"), 400, "answered 400"),
        (answer("302 Found", "Location: http://127.0.0.1:1/"), 302, "redirects are not followed"),
        (reset, None, "cut"),
        (raw(b"nonsense\r\n\r\n"), None, "not HTTP"),
        (hang(2), None, r"within 0.5 seconds"),
        (raw(b"H", pause=0.1, forever=True), None, r"within 0.5 seconds"),
    ],
)
def test_failed_try_is_repeated_with_the_same_id_and_a_new_time(
    script: Script,
    status: int | None,
    words: str,
    acme: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_SECONDS", 0.5)
    with listening(script, answer("200 OK")) as receiver:
        delivery = deliver(queue(acme, receiver.url))
        assert (delivery.state, delivery.last_status) == (State.WAITING, status)
        assert words in delivery.last_error
        assert 4.4 <= wait_of(delivery) <= 6.2
        time.sleep(1.1)
        deliver(delivery)
    assert (delivery.state, delivery.attempts, delivery.last_error) == (State.DELIVERED, 2, "")
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.message_id
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert first.body == second.body
    assert verify(second, secret_of(acme)) == BODY


def test_answer_that_is_slow_in_its_body_counts_by_its_status(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_SECONDS", 0.5)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    with listening(raw(head, b"x", pause=0.2, forever=True)) as receiver:
        assert deliver(queue(acme, receiver.url)).state == State.DELIVERED


def test_not_due_is_not_sent(acme: Organization, receiver: Receiver) -> None:
    delivery = queue(acme, receiver.url)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        next_attempt_at=clock.now() + dt.timedelta(seconds=30)
    )
    assert runner.deliver_due() == 0
    assert receiver.connections == 0


def test_schedule_is_kept_within_its_jitter_and_ends() -> None:
    def fail(tries: int) -> schedule.Verdict:
        return judge(Outcome(clock.now(), 1, {}, status=500), tries=tries)

    for tries, seconds in enumerate(SCHEDULE[1:], start=1):
        waits = [fail(tries).wait.total_seconds() for _ in range(50)]
        assert seconds * 0.9 <= min(waits) < max(waits) <= seconds * 1.1
    last = fail(len(SCHEDULE))
    assert last.state == State.FAILED
    assert "Given up after 10 tries." in last.error


def test_gone_and_refused_are_final_at_the_first_try() -> None:
    for outcome in (
        Outcome(clock.now(), 1, {}, status=410),
        Outcome(clock.now(), 1, {}, error="Private.", is_refused=True),
    ):
        assert judge(outcome, tries=1).state == State.FAILED


def test_delivery_ends_as_failed_after_the_last_try(acme: Organization) -> None:
    with listening(answer("500 Oops")) as receiver:
        delivery = queue(acme, receiver.url)
        for _ in SCHEDULE:
            assert delivery.state == State.WAITING
            deliver(delivery)
        make_due(delivery)
        assert runner.deliver_due() == 0
    assert (delivery.state, delivery.attempts) == (State.FAILED, 10)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


def test_gone_ends_it_and_what_waits_for_the_same_url(
    acme: Organization, globex: Organization
) -> None:
    with listening(answer("410 Gone")) as receiver:
        later, other, foreign = (
            queue(acme, receiver.url),
            queue(acme, receiver.url + "/other"),
            queue(globex, receiver.url),
        )
        for waiting in (later, other, foreign):
            WebhookDelivery.objects.filter(pk=waiting.pk).update(
                next_attempt_at=clock.now() + dt.timedelta(hours=1)
            )
        delivery = deliver(queue(acme, receiver.url))
    assert delivery.state == State.FAILED
    assert "410 Gone" in delivery.last_error
    for row, state in ((later, State.FAILED), (other, State.WAITING), (foreign, State.WAITING)):
        row.refresh_from_db()
        assert row.state == state


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        ("429 Slow down", "120", 119, 121),
        ("503 Busy", "120", 119, 121),
        ("429 Slow down", "1", 4.4, 6),
        ("429 Slow down", "999999999999", 86399, 86401),
        ("429 Slow down", "-5", 4.4, 6),
        ("429 Slow down", "soon", 4.4, 6),
        ("429 Slow down", "9" * 5000, 4.4, 6),
        ("503 Busy", "\xff\xfe", 4.4, 6),
        ("429 Slow down", "Wed, 21 Oct 2015 07:28:00 GMT", 4.4, 6),
        ("500 Oops", "120", 4.4, 6),
    ],
)
def test_retry_after_is_respected_within_a_day(
    status: str, retry_after: str, least: float, most: float, acme: Organization
) -> None:
    with listening(answer(status, f"Retry-After: {retry_after}")) as receiver:
        assert least <= wait_of(deliver(queue(acme, receiver.url))) <= most


def test_date_that_cannot_be_delays_nobody_else(acme: Organization, globex: Organization) -> None:
    with vending(case="retry_after_overflow") as strange, listening() as receiver:
        first = queue(acme, f"{strange.url}/hook")
        second = queue(globex, receiver.url)
        assert runner.deliver_due() == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.last_status, first.attempts) == (State.WAITING, 503, 1)
    assert 4.4 <= wait_of(first) <= 6
    assert (second.state, second.attempts) == (State.DELIVERED, 1)


@pytest.mark.parametrize("where", ["_send", "judge", "_sign"])
def test_crash_over_one_message_is_noted_and_the_others_go(
    acme: Organization,
    globex: Organization,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    first, second = queue(acme, receiver.url), queue(globex, receiver.url)
    inner = getattr(runner, where)
    calls: list[Any] = []

    def crash_once(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise OverflowError
        return inner(*given, **named)

    monkeypatch.setattr(runner, where, crash_once)
    assert runner.deliver_due() == (1 if where == "_sign" else 2)
    monkeypatch.undo()
    for delivery in (first, second):
        delivery.refresh_from_db()
    crashed, sent = sorted((first, second), key=lambda each: each.state, reverse=True)
    assert (crashed.state, crashed.last_error) == (State.WAITING, runner.BROKEN)
    assert (sent.state, sent.last_error) == (State.DELIVERED, "")
    assert 4.4 <= wait_of(crashed) <= 6


def test_retry_after_may_be_a_date() -> None:
    now = clock.now().replace(microsecond=0)
    later = (now + dt.timedelta(minutes=10)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    outcome = Outcome(now, 1, {}, status=503, retry_after=later)
    assert judge(outcome, tries=1).wait == dt.timedelta(minutes=10)


def test_only_the_first_kilobyte_of_an_answer_is_kept(acme: Organization) -> None:
    with listening(answer("200 OK", body=b"\x00\xff" + b"x" * 100_000)) as receiver:
        delivery = deliver(queue(acme, receiver.url))
    text = delivery.history.get().answer
    assert text.startswith("\ufffd\ufffdx")
    assert len(text) == 1024


# --- Queueing -------------------------------------------------------------------------------------


def test_rolled_back_work_sends_nothing(
    acme: Organization, receiver: Receiver, rings: list[object]
) -> None:
    with transaction.atomic():
        queue(acme, receiver.url)
        transaction.set_rollback(True)
    assert runner.deliver_due() == 0
    assert (rings, receiver.connections) == ([], 0)


def test_lost_ring_is_made_good_by_the_sweep(acme: Organization, receiver: Receiver) -> None:
    queue(acme, receiver.url)  # the ring goes nowhere here
    entry = app.conf.beat_schedule["deliver-due"]
    app.tasks[entry["task"]]()
    assert len(receiver.requests) == 1


def test_url_that_may_not_be_sent_to_is_a_failed_delivery_and_no_error(
    acme: Organization, receiver: Receiver, rings: list[object], settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = False
    for url in (receiver.url, "http://127.0.0.1/", "nonsense\x00", "http://" + "a" * 5000):
        delivery = queue(acme, url)
        assert delivery.state == State.FAILED
        assert delivery.last_error
    assert runner.deliver_due() == 0
    assert (rings, receiver.connections) == ([], 0)


def test_url_is_judged_again_when_it_is_sent(
    acme: Organization, receiver: Receiver, settings: Any
) -> None:
    delivery = queue(acme, receiver.url)
    settings.OUTBOUND_ALLOW_PRIVATE = False
    settings.OUTBOUND_PORTS = [receiver.port]
    deliver(delivery)
    assert (delivery.state, delivery.last_status) == (State.FAILED, None)
    assert "private" in delivery.last_error
    assert receiver.connections == 0


def test_failure_never_changes_the_job(acme: Organization) -> None:
    job = make_job(acme)
    before = Job.objects.values().get(pk=job.pk)
    with listening(answer("500 Oops")) as receiver:
        deliver(queue(acme, receiver.url, subject=str(job.pk)))
    assert Job.objects.values().get(pk=job.pk) == before


# --- Several workers ------------------------------------------------------------------------------


def claim(most: int = 20) -> list[Any]:
    return sql.claim_due(most=most, per_host=2, per_organization=8, lease_seconds=30)


def test_delivery_is_claimed_by_one_worker(acme: Organization, receiver: Receiver) -> None:
    queue(acme, receiver.url)
    claims = race([claim] * 8)
    assert sorted(len(found) for found in claims) == [0] * 7 + [1]


def test_two_workers_send_one_delivery_once(acme: Organization, receiver: Receiver) -> None:
    queue(acme, receiver.url)
    assert sorted(race([runner.deliver_due, runner.deliver_due])) == [0, 1]
    assert receiver.connections == 1


def test_only_one_process_sends_at_a_time(acme: Organization) -> None:
    def take() -> bool:
        is_mine = sql.try_sender_lock()
        barrier.wait(60)
        return is_mine

    barrier = threading.Barrier(3)
    assert sorted(race([take] * 3)) == [False, False, True]
    wait_for(sql.try_sender_lock)  # it ends with the connection
    sql.release_sender_lock()


def test_paused_sender_does_not_hold_up_the_others(acme: Organization, receiver: Receiver) -> None:
    delivery = queue(acme, receiver.url)
    with psycopg.connect(database_url(), autocommit=True) as paused:
        paused.execute(sql.TRY_LOCK, [sql.SENDER_LOCK])
        assert runner.deliver_due() == 0
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            next_attempt_at=clock.now() - dt.timedelta(seconds=16)
        )
        assert runner.deliver_due() == 1
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("failpoint", "copies"),
    [("after_webhook_claim", 1), ("before_webhook_save", 2), ("after_webhook_save", 1)],
)
def test_message_arrives_wherever_its_sender_is_killed(
    failpoint: str, copies: int, acme: Organization, receiver: Receiver
) -> None:
    delivery = queue(acme, receiver.url)
    sender = start_worker("tests.webhooks.sender", failpoints=f"{failpoint}:kill")
    assert sender.wait() == -signal.SIGKILL, sender.said()
    WebhookDelivery.objects.filter(state=State.SENDING).update(
        lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    runner.deliver_due()
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED
    assert len(receiver.requests) == copies
    assert {r.headers["webhook-id"] for r in receiver.requests} == {delivery.message_id}


def test_delivery_of_a_dead_worker_is_taken_over(acme: Organization, receiver: Receiver) -> None:
    delivery = queue(acme, receiver.url)
    assert len(claim()) == 1
    assert runner.deliver_due() == 0
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    assert runner.deliver_due() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == (State.DELIVERED, 2)


def test_worker_that_lost_its_delivery_writes_nothing(
    acme: Organization, receiver: Receiver
) -> None:
    delivery = queue(acme, receiver.url)
    ((_, token),) = claim()
    delivery.refresh_from_db()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(token=token + 1)
    runner._save(runner._Try(delivery, token, {}), Outcome(clock.now(), 1, {}, status=200))
    delivery.refresh_from_db()
    assert delivery.state == State.SENDING
    assert not WebhookAttempt.objects.exists()


def test_hanging_host_delays_no_other(
    acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_SECONDS", 60.0)
    all_others_came = threading.Event()
    seen: list[int] = []

    def hold(request: Request, connection: Any) -> None:
        # For as long as it takes the others, and no longer.
        all_others_came.wait(45)
        reset(request, connection)

    def take(request: Request, connection: Any) -> None:
        answer()(request, connection)
        seen.append(hanging.connections)
        if len(seen) == 30:
            all_others_came.set()

    with listening(hold) as hanging, listening(take) as healthy, listening(take) as second:
        for _ in range(30):
            queue(acme, hanging.url)
        for _ in range(20):
            queue(acme, healthy.url)
        for _ in range(10):
            queue(globex, second.url)
        runner.deliver_due()
        assert len(seen) == 30
        assert max(seen) <= 2


def test_organizations_take_turns(acme: Organization, globex: Organization) -> None:
    for number in range(40):
        queue(acme, f"http://127.0.0.1:{1000 + number}/")
    late = queue(globex, "http://127.0.0.1:999/")
    assert late.pk in [found for found, _ in claim(most=2)]
    assert len(claim(most=40)) == 7  # eight of one organization at once, and one is under way


def test_worker_that_shuts_down_takes_no_more(acme: Organization, receiver: Receiver) -> None:
    queue(acme, receiver.url)
    shutdown.requested.set()
    try:
        assert runner.deliver_due() == 0
    finally:
        shutdown.requested.clear()
    assert receiver.connections == 0


# --- Secrets --------------------------------------------------------------------------------------


def test_secret_is_stored_encrypted_and_for_one_organization(
    acme: Organization, globex: Organization, receiver: Receiver
) -> None:
    text = secret_of(acme)
    assert text.startswith("whsec_")
    assert secret_of(acme) == text != secret_of(globex)
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(sealed, 'latin1') FROM jobs_webhooksecret")
        assert not any(text.removeprefix("whsec_") in row[0] for row in cursor.fetchall())
    stolen = WebhookSecret.objects.get(organization=globex)
    WebhookSecret.objects.filter(organization=acme).update(sealed=stolen.sealed)
    delivery = queue(acme, receiver.url)
    assert runner.deliver_due() == 0
    delivery.refresh_from_db()
    assert (delivery.state, receiver.connections) == (State.WAITING, 0)
    assert "secret cannot be read" in delivery.last_error


def test_first_secret_is_made_once(acme: Organization) -> None:
    made = race([lambda: secret_of(acme)] * 6)
    assert len(set(made)) == 1
    assert WebhookSecret.objects.count() == 1


def test_both_secrets_sign_for_a_day_after_a_rotation(
    acme: Organization, receiver: Receiver
) -> None:
    former = secret_of(acme)
    actions.rotate_secret(organization=acme, actor=ACTOR)
    current = secret_of(acme)
    assert current != former
    deliver(queue(acme, receiver.url))
    (request,) = receiver.requests
    assert len(request.headers["webhook-signature"].split()) == 2
    assert verify(request, former) == verify(request, current) == BODY
    until = signing.find_overlap(organization=acme)
    assert until
    assert dt.timedelta(hours=23) < until - clock.now() <= dt.timedelta(hours=24)
    WebhookSecret.objects.filter(ends_at__isnull=False).update(ends_at=clock.now())
    deliver(queue(acme, receiver.url))
    assert verify(receiver.requests[1], current) == BODY
    with pytest.raises(WebhookVerificationError):
        verify(receiver.requests[1], former)
    actions.expire_deliveries()
    assert WebhookSecret.objects.count() == 1
    assert AuditEvent.objects.filter(action="Rotated webhook secret").count() == 1


def test_secrets_are_moved_to_a_new_key(
    acme: Organization, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    text = secret_of(acme)
    settings.SECRETS_KEYS = ["c2VjcmV0IGtleSBmb3IgdGVzdHMgb25seSwgMzIgYnk="]
    call_command("rotate_secrets")
    assert "newest key: 1" in capsys.readouterr().out
    settings.SECRET_KEY = "another"
    assert secret_of(acme) == text


# --- Replay, test, tenancy, age -------------------------------------------------------------------


def test_replay_sends_the_same_message_again(acme: Organization, receiver: Receiver) -> None:
    delivery = deliver(queue(acme, receiver.url))
    actions.replay_delivery(organization=acme, actor=ACTOR, delivery_id=delivery.pk)
    assert runner.deliver_due() == 1
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.tries) == (State.DELIVERED, 2, 1)
    assert AuditEvent.objects.filter(action="Replayed webhook").count() == 1


def test_message_that_is_being_sent_is_not_replayed(acme: Organization, receiver: Receiver) -> None:
    delivery = queue(acme, receiver.url)
    claim()
    with pytest.raises(Conflict):
        actions.replay_delivery(organization=acme, actor=ACTOR, delivery_id=delivery.pk)


def test_delivery_of_another_organization_does_not_exist(
    acme: Organization, globex: Organization, receiver: Receiver
) -> None:
    delivery = queue(acme, receiver.url)
    with pytest.raises(NotFound):
        queries.get_delivery(organization=globex, delivery_id=delivery.pk)
    with pytest.raises(NotFound):
        actions.replay_delivery(organization=globex, actor=ACTOR, delivery_id=delivery.pk)
    assert list(queries.list_deliveries(organization=globex)) == []
    assert list(queries.list_deliveries(organization=acme)) == [delivery]


def test_test_delivery_is_refused_at_once_where_nothing_may_be_sent(
    acme: Organization, receiver: Receiver, settings: Any
) -> None:
    delivery = actions.send_test(organization=acme, actor=ACTOR, url=receiver.url)
    deliver(delivery)
    assert json.loads(receiver.requests[0].body)["type"] == "test"
    settings.OUTBOUND_ALLOW_PRIVATE = False
    with pytest.raises(Invalid):
        actions.send_test(organization=acme, actor=ACTOR, url=receiver.url)


def test_old_deliveries_are_removed_with_their_history(
    acme: Organization, receiver: Receiver
) -> None:
    old, fresh = (deliver(queue(acme, receiver.url)) for _ in range(2))
    waiting = queue(acme, receiver.url)
    WebhookDelivery.objects.filter(pk=old.pk).update(
        finished_at=clock.now() - dt.timedelta(days=30, minutes=1)
    )
    tasks.expire_deliveries()
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == {fresh.pk, waiting.pk}
    assert WebhookAttempt.objects.count() == 1


def test_redirect_to_a_private_address_reaches_nobody(
    acme: Organization, receiver: Receiver
) -> None:
    with listening(answer("307 Keep", f"Location: {receiver.url}")) as first:
        deliver(queue(acme, outbound.check_url(first.url)))
    assert receiver.connections == 0
