"""Celery entry points of exports."""

from uuid import UUID

from celery import shared_task

from contacthub.exports.runner import RenderFile
from contacthub.jobs.runner import perform


@shared_task
def render_file(job_id: str) -> None:
    """Write the file of an export."""
    perform(UUID(job_id), RenderFile)


@shared_task
def bring_file(job_id: str) -> None:
    """Bring the rows of an export from its vendor, and write its file."""
    perform(UUID(job_id), RenderFile)
