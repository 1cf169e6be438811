"""Celery entry points of contact jobs."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task

from contacthub.contact_jobs.runner import WriteContacts
from contacthub.jobs.runner import perform


@shared_task(bind=True)
def extract_contacts(self: Task[[str], None], job_id: str) -> None:
    """Write the contacts of a window of days."""
    perform(UUID(job_id), WriteContacts, task=self.name)


@shared_task(bind=True)
def look_details_up(self: Task[[str], None], job_id: str) -> None:
    """Write the details of contacts by their numbers."""
    perform(UUID(job_id), WriteContacts, task=self.name)
