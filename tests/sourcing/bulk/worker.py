"""A worker process of its own, so that a test can kill it: `python -m tests.sourcing.bulk.worker JOB`."""

import sys
import time
from uuid import UUID

import django


def main(job_id: str) -> None:
    """Do one pull to its end, in steps of a few rows, without its pauses."""
    django.setup()
    from contacthub.jobs.models import Job
    from contacthub.jobs.runner import perform
    from contacthub.sourcing.bulk import fragments
    from contacthub.sourcing.bulk.runner import PullContacts

    fragments.STEP_ROWS = 5
    while not Job.objects.get(pk=job_id).is_final:
        Job.objects.filter(pk=job_id).update(wakes_at=None)
        perform(UUID(job_id), PullContacts)
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
