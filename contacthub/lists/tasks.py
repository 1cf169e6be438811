"""Celery entry points of lists."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task

from contacthub.jobs.runner import perform
from contacthub.lists.runner import ChangeMembers


@shared_task(bind=True)
def change_members(self: Task[[str], None], job_id: str) -> None:
    """Add many members to a list, or remove them."""
    perform(UUID(job_id), ChangeMembers, task=self.name)
