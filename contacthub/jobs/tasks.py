"""Celery entry points of the ground work: the sweeper and the clean-up."""

from celery import shared_task

from contacthub.jobs import actions


@shared_task
def sweep() -> None:
    """Ring again for lost rings and dead workers."""
    actions.sweep()


@shared_task
def expire_results() -> None:
    """Delete the bytes of results past their date."""
    actions.expire_results()
