"""Reads about webhooks."""

import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet

from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.organizations.models import Organization
from contacthub.webhooks.models import WebhookAttempt, WebhookDelivery

# Tries of one delivery that its page shows; replays can make more.
SHOWN_ATTEMPTS = 50


def list_deliveries(*, organization: Organization, state: str = "") -> QuerySet[WebhookDelivery]:
    """List an organization's deliveries, all or those in a state, newest first and without their content.

    What is being sent counts as waiting: it is so for seconds.
    """
    deliveries = WebhookDelivery.objects.filter(organization=organization).defer("content")
    if state == WebhookDelivery.State.WAITING:
        deliveries = deliveries.exclude(state__in=WebhookDelivery.FINAL)
    elif state:
        deliveries = deliveries.filter(state=state)
    return deliveries.order_by("-created_at", "-id")


def get_delivery(*, organization: Organization, delivery_id: UUID) -> WebhookDelivery:
    """Return a delivery of this organization. Raises `NotFound`."""
    delivery = WebhookDelivery.objects.filter(organization=organization, pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return delivery


def is_anything_overdue(*, after: dt.timedelta) -> bool:
    """Return whether any organization's message has been due for so long, or lost its sender."""
    now = clock.now()
    waits = Q(state=WebhookDelivery.State.WAITING, next_attempt_at__lt=now - after)
    lost = Q(state=WebhookDelivery.State.SENDING, lease_until__lt=now)
    return WebhookDelivery.objects.filter(waits | lost).exists()


def list_attempts(*, delivery: WebhookDelivery) -> list[WebhookAttempt]:
    """List the tries of a delivery, the last one first, at most 50."""
    return list(
        WebhookAttempt.objects.filter(delivery=delivery).order_by("-number")[:SHOWN_ATTEMPTS]
    )
