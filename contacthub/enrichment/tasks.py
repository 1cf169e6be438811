"""Celery entry points of enrichment."""

from uuid import UUID

from celery import shared_task

from contacthub.enrichment.reading import ReadUpload
from contacthub.enrichment.runner import AnswerRows
from contacthub.enrichment.saving import SaveFound
from contacthub.jobs.runner import perform


@shared_task
def answer_rows(job_id: str) -> None:
    """Answer the rows of a list and write its file."""
    perform(UUID(job_id), AnswerRows)


@shared_task
def ask_and_answer_rows(job_id: str) -> None:
    """Ask vendors for what is missing, then answer the rows of a list and write its file."""
    perform(UUID(job_id), AnswerRows)


@shared_task
def read_upload(job_id: str) -> None:
    """Read an uploaded file into a list."""
    perform(UUID(job_id), ReadUpload)


@shared_task
def save_found(job_id: str) -> None:
    """Save all rows that a vendor's search finds."""
    perform(UUID(job_id), SaveFound)
