"""Celery entry points of contact jobs."""

from uuid import UUID

from celery import shared_task

from contacthub.contact_jobs.runner import WriteContacts
from contacthub.jobs.runner import perform


@shared_task
def extract_contacts(job_id: str) -> None:
    """Write the contacts of a window of days."""
    perform(UUID(job_id), WriteContacts)


@shared_task
def look_details_up(job_id: str) -> None:
    """Write the details of contacts by their numbers."""
    perform(UUID(job_id), WriteContacts)
