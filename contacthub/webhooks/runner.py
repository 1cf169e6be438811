"""The sender: takes what is due, sends several at a time, and writes down what came of each.

One process sends at a time (an advisory lock, as long as its holder is well), with threads that only do HTTP: a
receiver that hangs costs a thread for ten seconds, and of all workers' processes never more than that one.
"""

import datetime as dt
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from contacthub.core import clock, outbound, shutdown
from contacthub.core.apart import apart
from contacthub.core.errors import ContactHubError, Invalid
from contacthub.core.failpoints import failpoint
from contacthub.core.secrets import SecretUnreadable
from contacthub.webhooks import queries, signing, sql
from contacthub.webhooks.models import WebhookAttempt, WebhookDelivery
from contacthub.webhooks.schedule import GONE, Outcome, Verdict, judge

logger = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
# Longer than a try can take: a sender that is silent for so long is dead.
LEASE_SECONDS = 30
AT_ONCE = 20
PER_ORGANIZATION = 8
# To one host and port, for one organization.
PER_HOST = 2
# After this long the sender stops, so that no task runs forever; the next sweep continues.
RUN_SECONDS = 60.0
# What waits for so long waits in vain for the process that sends.
OVERDUE = dt.timedelta(seconds=15)
# How often it looks for what became due while others are under way.
LOOK_SECONDS = 0.5
ANSWER_BYTES = 1024
# What a message says if its try ended unexpectedly.
BROKEN = "Something went wrong in ContactHub while this was sent; see the log for details."
USER_AGENT = "ContactHub-Webhook/1.0"


@dataclass(frozen=True)
class _Try:
    delivery: WebhookDelivery
    token: int
    headers: dict[str, str]


def deliver_due() -> int:
    """Send what is due until nothing is, for up to a minute. Returns how many tries were made.

    Returns 0 at once where another process is at it: that one looks again twice a second. Where messages wait all the
    same, that process is paused or has too much to do, and this one sends, too.
    """
    is_mine = sql.try_sender_lock()
    if not is_mine and not queries.is_anything_overdue(after=OVERDUE):
        return 0
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
            return _send_all(pool)
    finally:
        if is_mine:
            sql.release_sender_lock()


def _send_all(pool: ThreadPoolExecutor) -> int:
    under_way: dict[Future[Outcome], _Try] = {}
    until = time.monotonic() + RUN_SECONDS
    count = 0
    while True:
        if time.monotonic() < until and not shutdown.requested.is_set():
            for one in _take(AT_ONCE - len(under_way)):
                under_way[pool.submit(_send, one)] = one
                count += 1
        if not under_way:
            return count
        ended, _ = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in ended:
            one = under_way.pop(future)
            _save_apart(one, _outcome_of(future, one))


def _outcome_of(future: Future[Outcome], one: _Try) -> Outcome:
    try:
        return future.result()
    except Exception:
        logger.exception("webhook_try_crashed", delivery=str(one.delivery.pk))
        return _crashed()


def _crashed() -> Outcome:
    return Outcome(clock.now(), 0, {}, error=BROKEN)


def _save_apart(one: _Try, outcome: Outcome) -> None:
    """Write a try down. One that cannot be written as it is counts as failed, and the others continue."""
    try:
        _save(one, outcome)
    except (OperationalError, InterfaceError):
        # The database is down: no other message could be saved either.
        raise
    except Exception:
        logger.exception("webhook_save_crashed", delivery=str(one.delivery.pk))
        # Where that fails as well, its lease runs out.
        with apart("webhook_not_saved", delivery=str(one.delivery.pk)):
            _save(one, _crashed())


def _take(most: int) -> list[_Try]:
    """Claim what is due and sign it."""
    if most <= 0:
        return []
    tokens: dict[UUID, int] = dict(
        sql.claim_due(
            most=most,
            per_host=PER_HOST,
            per_organization=PER_ORGANIZATION,
            lease_seconds=LEASE_SECONDS,
        )
    )
    failpoint("after_webhook_claim")
    deliveries = WebhookDelivery.objects.filter(pk__in=tokens).order_by("next_attempt_at")
    tries = (_sign_apart(delivery, tokens[delivery.pk]) for delivery in deliveries)
    return [one for one in tries if one is not None]


def _sign_apart(delivery: WebhookDelivery, token: int) -> _Try | None:
    try:
        return _sign(delivery, token)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("webhook_sign_crashed", delivery=str(delivery.pk))
        _save_apart(_Try(delivery, token, {}), _crashed())
        return None


def _sign(delivery: WebhookDelivery, token: int) -> _Try | None:
    now = clock.now()
    try:
        secrets = signing.read_secrets(organization_id=delivery.organization_id)
    except SecretUnreadable:
        # Unsigned it must not go. It waits like any other failure: the key may come back.
        logger.error("webhook_secret_unreadable", delivery=str(delivery.pk))
        outcome = Outcome(now, 0, {}, error="The signing secret cannot be read. Rotate it.")
        _save(_Try(delivery, token, {}), outcome)
        return None
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    headers |= signing.make_headers(
        secrets=secrets,
        message_id=delivery.message_id,
        sent_at=now,
        content=bytes(delivery.content),
    )
    return _Try(delivery, token, headers)


def _send(one: _Try) -> Outcome:
    """Make one try. Runs in a thread, without the database."""
    sent_at, start = clock.now(), time.monotonic()
    reply: outbound.Reply | None = None
    refusal: ContactHubError | None = None
    try:
        reply = outbound.send(
            "POST",
            one.delivery.url,
            headers=one.headers,
            content=bytes(one.delivery.content),
            seconds=TIMEOUT_SECONDS,
            most_bytes=ANSWER_BYTES,
        )
    except ContactHubError as error:
        refusal = error
    duration_ms = round((time.monotonic() - start) * 1000)
    if reply is None:
        is_refused = isinstance(refusal, Invalid)
        return Outcome(sent_at, duration_ms, one.headers, error=str(refusal), is_refused=is_refused)
    return Outcome(
        sent_at,
        duration_ms,
        one.headers,
        status=reply.status,
        answer=reply.body.decode("utf-8", "replace").replace("\x00", "\ufffd"),
        retry_after=reply.headers.get("Retry-After", ""),
    )


def _save(one: _Try, outcome: Outcome) -> None:
    """Write a try down and what follows, unless another worker has taken over the delivery."""
    failpoint("before_webhook_save")
    verdict = judge(outcome, tries=one.delivery.tries)
    with transaction.atomic():
        if not _end(one, outcome, verdict):
            logger.info("webhook_fenced", delivery=str(one.delivery.pk))
            return
        WebhookAttempt.objects.create(
            delivery=one.delivery,
            number=one.token,
            sent_at=outcome.sent_at,
            duration_ms=outcome.duration_ms,
            headers=outcome.headers,
            status=outcome.status,
            error=outcome.error[:300],
            answer=outcome.answer,
        )
        if outcome.status == GONE:
            _stop_others(one.delivery, verdict.error)
    failpoint("after_webhook_save")
    logger.info(
        "webhook_sent",
        delivery=str(one.delivery.pk),
        state=verdict.state,
        status=outcome.status,
        duration_ms=outcome.duration_ms,
    )


def _end(one: _Try, outcome: Outcome, verdict: Verdict) -> bool:
    now = clock.now()
    mine = WebhookDelivery.objects.filter(
        pk=one.delivery.pk, token=one.token, state=WebhookDelivery.State.SENDING
    )
    is_final = verdict.state in WebhookDelivery.FINAL
    changed = mine.update(
        state=verdict.state,
        lease_until=None,
        attempts=F("attempts") + 1,
        next_attempt_at=now + verdict.wait,
        last_status=outcome.status,
        last_error=verdict.error[:300],
        last_ms=outcome.duration_ms,
        finished_at=now if is_final else None,
    )
    return changed == 1


def _stop_others(delivery: WebhookDelivery, error: str) -> None:
    """End what waits for the same URL: a receiver that is gone is gone for all of it."""
    WebhookDelivery.objects.filter(
        organization_id=delivery.organization_id,
        url=delivery.url,
        state=WebhookDelivery.State.WAITING,
    ).update(state=WebhookDelivery.State.FAILED, finished_at=clock.now(), last_error=error[:300])
