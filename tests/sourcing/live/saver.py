"""A worker process that saves what a search finds, to be killed: `python -m tests.sourcing.live.saver JOB ROWS`."""

import sys
from uuid import UUID

import django


def main(job_id: str, page_rows: str) -> None:
    """Do one job in pages of a few rows."""
    django.setup()
    from contacthub.jobs.runner import perform
    from contacthub.sourcing.live import runner

    runner.PAGE_ROWS = int(page_rows)
    perform(UUID(job_id), runner.SaveFound)


if __name__ == "__main__":
    main(*sys.argv[1:])
