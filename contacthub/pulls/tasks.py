"""Celery entry points of bulk pulls."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.jobs.runner import perform
from contacthub.pulls import actions
from contacthub.pulls.runner import PullContacts


@shared_task(bind=True)
def pull_contacts(self: Task[[str], None], job_id: str) -> None:
    """Ask the vendor, wait for its job, and import what it brings; a step at a time."""
    perform(UUID(job_id), PullContacts, task=self.name)


@shared_task
@across_organizations()
def expire_pulls() -> None:
    """Delete what is only kept for a while."""
    actions.expire_pulls()
