"""A worker that counts, for a process of its own, to be killed."""

from uuid import UUID

from contacthub.jobs.runner import perform
from tests.jobs.works import Count


def main(job_id: str) -> None:
    """Do one job."""
    perform(UUID(job_id), Count)
