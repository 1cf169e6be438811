"""Celery entry points of exports."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.exports import actions
from contacthub.exports.runner import RenderFile
from contacthub.jobs.runner import perform


@shared_task(bind=True)
def render_file(self: Task[[str], None], job_id: str) -> None:
    """Write the file of an export."""
    perform(UUID(job_id), RenderFile, task=self.name)


@shared_task(bind=True)
def bring_file(self: Task[[str], None], job_id: str) -> None:
    """Fetch the rows of an export from its vendor, and write its file."""
    perform(UUID(job_id), RenderFile, task=self.name)


@shared_task
@across_organizations()
def forget_selected_rows() -> None:
    """Forget which contacts stood in files that are deleted."""
    actions.forget_selected_rows()
