"""Reads about webhooks."""

from uuid import UUID

from django.db.models import QuerySet

from contacthub.core.errors import NotFound
from contacthub.jobs.models import WebhookAttempt, WebhookDelivery
from contacthub.organizations.models import Organization

# Tries of one delivery that its page shows; replays can make more.
SHOWN_ATTEMPTS = 50


def list_deliveries(*, organization: Organization) -> QuerySet[WebhookDelivery]:
    """List an organization's deliveries, newest first, without their content."""
    return (
        WebhookDelivery.objects.filter(organization=organization)
        .defer("content")
        .order_by("-created_at", "-id")
    )


def get_delivery(*, organization: Organization, delivery_id: UUID) -> WebhookDelivery:
    """Return a delivery of this organization. Raises `NotFound`."""
    delivery = WebhookDelivery.objects.filter(organization=organization, pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return delivery


def list_attempts(*, delivery: WebhookDelivery) -> list[WebhookAttempt]:
    """List the tries of a delivery, the last one first, at most 50."""
    return list(
        WebhookAttempt.objects.filter(delivery=delivery).order_by("-number")[:SHOWN_ATTEMPTS]
    )
