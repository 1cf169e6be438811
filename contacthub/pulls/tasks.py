"""Celery entry points of bulk pulls."""

from uuid import UUID

from celery import shared_task

from contacthub.jobs.runner import perform
from contacthub.pulls import actions
from contacthub.pulls.runner import PullContacts


@shared_task
def pull_contacts(job_id: str) -> None:
    """Ask the vendor, wait for its job, and import what it brings; a step at a time."""
    perform(UUID(job_id), PullContacts)


@shared_task
def expire_pulls() -> None:
    """Delete what is only kept for a while."""
    actions.expire_pulls()
