"""Kinds of work for tests of the jobs' ground."""

from collections.abc import Callable

from contacthub.core.errors import Unavailable
from contacthub.jobs import actions
from contacthub.jobs.lease import ComeBack, Lease, Manifest
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization

TASK = "tests.count"


def make_job(organization: Organization, *, total: int = 5) -> Job:
    """Save a job of `total` steps."""
    return actions.enqueue_job(organization=organization, task=TASK, title="Count", total=total)


class Count:
    """Writes one line per step and remembers how it ended; `at` runs before each step."""

    def __init__(self, job: Job, at: Callable[[int], None] = lambda step: None) -> None:
        self.job = job
        self.at = at
        self.endings: list[str] = []
        self.started: list[int] = []

    def run(self, lease: Lease) -> Manifest:
        lease.read_back()
        first = int(lease.checkpoint.get("step", 0))
        self.started.append(first)
        for step in range(first + 1, (self.job.total or 0) + 1):
            self.at(step)
            lease.save(done=step, raw=b"line %d\n" % step, row_count=1, checkpoint={"step": step})
        return Manifest("count.txt", "csv", "text/plain", self.job.total or 0)

    def completed(self, job: Job) -> None:
        self.endings.append("completed")

    def undone(self, job: Job, state: Job.State) -> None:
        self.endings.append(str(state))


class Refuse(Count):
    """Cannot be done, and says why."""

    def run(self, lease: Lease) -> Manifest:
        raise Unavailable("The shelf is empty.")


class Crash(Count):
    """Has a bug."""

    def run(self, lease: Lease) -> Manifest:
        raise ZeroDivisionError


class Wait(Count):
    """Waits for something elsewhere until `is_there`."""

    is_there = False

    def run(self, lease: Lease) -> Manifest:
        if not self.is_there:
            raise ComeBack(60)
        return super().run(lease)
