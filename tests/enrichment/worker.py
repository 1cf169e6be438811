"""A worker process of its own, to be killed: `python -m tests.enrichment.worker JOB ROWS [ASKED BLOCK]`."""

import sys
from uuid import UUID

import django


def main(job_id: str, chunk_rows: str, most_asked: str = "1000", block: str = "4000") -> None:
    """Do one job in steps of a few rows."""
    django.setup()
    from contacthub.enrichment import rounds, runner, vendor_calls
    from contacthub.jobs.runner import perform

    runner.CHUNK_ROWS = int(chunk_rows)
    vendor_calls.MOST_ASKED, rounds.BLOCK_CONTACTS = int(most_asked), int(block)
    perform(UUID(job_id), runner.AnswerRows)


if __name__ == "__main__":
    main(*sys.argv[1:])
