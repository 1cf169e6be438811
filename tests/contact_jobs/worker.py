"""A worker process of its own, so that a test can kill it: `python -m tests.contact_jobs.worker JOB`."""

import sys
from uuid import UUID

import django


def main(job_id: str) -> None:
    """Do one job."""
    django.setup()
    from contacthub.contact_jobs.runner import WriteContacts
    from contacthub.jobs.runner import perform

    perform(UUID(job_id), WriteContacts)


if __name__ == "__main__":
    main(sys.argv[1])
