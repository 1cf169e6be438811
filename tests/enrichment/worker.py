"""A worker process of its own, so that a test can kill it: `python -m tests.enrichment.worker JOB ROWS`."""

import sys
from uuid import UUID

import django


def main(job_id: str, chunk_rows: str) -> None:
    """Do one job in steps of a few rows."""
    django.setup()
    from contacthub.enrichment import runner
    from contacthub.jobs.runner import perform

    runner.CHUNK_ROWS = int(chunk_rows)
    perform(UUID(job_id), runner.AnswerRows)


if __name__ == "__main__":
    main(*sys.argv[1:])
