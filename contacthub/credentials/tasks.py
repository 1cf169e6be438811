"""Celery entry points of credentials: the clean-up."""

from celery import shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.credentials import replays
from contacthub.credentials.connections import actions as connections


@shared_task
@across_organizations()
def forget_replies() -> None:
    """Delete the answers that were kept for an Idempotency-Key long enough."""
    replays.forget_replies()


@shared_task
@across_organizations()
def forget_calls() -> None:
    """Delete records of calls to vendors that are older than 30 days."""
    connections.forget_calls()
