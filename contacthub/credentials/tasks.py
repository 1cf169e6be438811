"""Celery entry points of credentials: the clean-up."""

from celery import shared_task

from contacthub.credentials import replays


@shared_task
def forget_replies() -> None:
    """Delete the answers that were kept for an Idempotency-Key long enough."""
    replays.forget_replies()
