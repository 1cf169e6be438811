"""A worker process of its own, so that a test can kill it: `python -m tests.vendor_feeds.worker JOB`."""

import sys
from uuid import UUID

import django


def main(job_id: str) -> None:
    """Do one export's job."""
    django.setup()
    from contacthub.exports.runner import RenderFile
    from contacthub.jobs.runner import perform

    perform(UUID(job_id), RenderFile)


if __name__ == "__main__":
    main(*sys.argv[1:])
