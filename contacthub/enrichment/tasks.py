"""Celery entry points of enrichment."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.enrichment import purging
from contacthub.enrichment.preparing import MatchList
from contacthub.enrichment.reading import ReadUpload
from contacthub.enrichment.runner import AnswerRows
from contacthub.jobs.runner import perform


@shared_task(bind=True)
def answer_rows(self: Task[[str], None], job_id: str) -> None:
    """Answer the rows of a list and write its file."""
    perform(UUID(job_id), AnswerRows, task=self.name)


@shared_task(bind=True)
def ask_and_answer_rows(self: Task[[str], None], job_id: str) -> None:
    """Ask vendors for what is missing, then answer the rows of a list and write its file."""
    perform(UUID(job_id), AnswerRows, task=self.name)


@shared_task(bind=True)
def read_upload(self: Task[[str], None], job_id: str) -> None:
    """Read an uploaded file into a list."""
    perform(UUID(job_id), ReadUpload, task=self.name)


@shared_task(bind=True)
def match_list(self: Task[[str], None], job_id: str) -> None:
    """Match the rows of a list with the catalog."""
    perform(UUID(job_id), MatchList, task=self.name)


@shared_task
@across_organizations()
def forget_unstarted() -> None:
    """Delete files that could not be read and lists that were never started."""
    purging.forget_uploads()
    purging.forget_drafts()
