"""Writes about webhooks that programs and people ask for; the sender's own writes are in runner.py."""

import datetime as dt
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from contacthub.core import clock, outbound
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.jobs import doorbell
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization
from contacthub.webhooks import signing
from contacthub.webhooks.models import WebhookDelivery

TASK = "contacthub.webhooks.tasks.deliver_due"
TEST_EVENT = "test"
KEEP = dt.timedelta(days=30)
# Rows deleted in one statement.
DELETE_MOST = 2000


def queue_webhook(
    *,
    organization: Organization,
    url: str,
    body: dict[str, Any] | bytes,
    subject: str,
    event: str,
) -> WebhookDelivery:
    """Save a message in the caller's transaction and have a worker send it after the commit.

    `body` is the protocol's own JSON, as a dict or as the exact bytes, without personal data; `subject` the id of what
    it is about (up to 100 characters), `event` what happened (up to 60). Raises nothing about the URL, because a
    message must not undo the work that it reports: one that may not be sent to is saved as failed, with the reason.
    Use `outbound.check_url` where the URL is entered.
    """
    now = clock.now()
    delivery = WebhookDelivery(
        organization=organization,
        event=event[:60],
        subject=subject[:100],
        url=url[:2048],
        content=body if isinstance(body, bytes) else orjson.dumps(body),
        next_attempt_at=now,
    )
    try:
        delivery.url = outbound.check_url(url)
        delivery.host = outbound.name_of(delivery.url)
    except Invalid as refusal:
        delivery.state, delivery.finished_at = WebhookDelivery.State.FAILED, now
        delivery.url = "".join(filter(str.isprintable, delivery.url))
        delivery.last_error = str(refusal)
    delivery.save(force_insert=True)
    if not delivery.is_final:
        doorbell.ring_after_commit(task=TASK, job_id=delivery.pk)
    return delivery


def send_test(*, organization: Organization, actor: Actor, url: str) -> WebhookDelivery:
    """Queue a message that says nothing, to try a receiver. Raises `Invalid` if nothing may be sent to the URL."""
    url = outbound.check_url(url)
    body = {"type": TEST_EVENT, "message": "A test from ContactHub.", "sentAt": clock.now()}
    with transaction.atomic():
        delivery = queue_webhook(
            organization=organization, url=url, body=body, subject="", event=TEST_EVENT
        )
        _record(actor, "Sent test webhook", delivery)
    return delivery


def replay_delivery(
    *, organization: Organization, actor: Actor, delivery_id: UUID
) -> WebhookDelivery:
    """Send a message again at once, with its former id and the whole schedule before it.

    Raises `NotFound`, and `Conflict` while it is being sent.
    """
    with transaction.atomic():
        delivery = (
            WebhookDelivery.objects.select_for_update()
            .filter(organization=organization, pk=delivery_id)
            .first()
        )
        if delivery is None:
            raise NotFound("There is no such delivery.")
        if delivery.state == WebhookDelivery.State.SENDING:
            raise Conflict("This message is being sent right now.")
        # The URL may have been refused by an earlier setting; it is judged again.
        delivery.url = outbound.check_url(delivery.url)
        delivery.host = outbound.name_of(delivery.url)
        delivery.state = WebhookDelivery.State.WAITING
        delivery.tries, delivery.finished_at, delivery.next_attempt_at = 0, None, clock.now()
        delivery.save(
            update_fields=["url", "host", "state", "tries", "finished_at", "next_attempt_at"]
        )
        _record(actor, "Replayed webhook", delivery)
        doorbell.ring_after_commit(task=TASK, job_id=delivery.pk)
    return delivery


def rotate_secret(*, organization: Organization, actor: Actor) -> None:
    """Replace the signing secret. The former one signs along for 24 hours; a second rotation does not shorten that."""
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        signing.replace(organization=organization)
        record_event(
            organization=organization,
            actor=actor,
            action="Rotated webhook secret",
            detail="The previous secret also signs for 24 hours.",
        )


def reveal_secret(*, organization: Organization, actor: Actor) -> str:
    """Return the current signing secret and record that it was shown. Raises `SecretUnreadable`."""
    text = signing.read_secrets(organization_id=organization.pk)[0]
    record_event(organization=organization, actor=actor, action="Revealed webhook secret")
    return text


def expire_deliveries() -> int:
    """Delete deliveries that ended over 30 days ago, and secrets that sign no more. Returns how many deliveries."""
    signing.delete_ended()
    old = WebhookDelivery.objects.filter(finished_at__lt=clock.now() - KEEP).order_by("finished_at")
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:DELETE_MOST]):
        WebhookDelivery.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count


def _record(actor: Actor, action: str, delivery: WebhookDelivery) -> None:
    record_event(
        organization=delivery.organization,
        actor=actor,
        action=action,
        target=f"{delivery.event} to {delivery.host}",
        subject=delivery.pk,
    )
