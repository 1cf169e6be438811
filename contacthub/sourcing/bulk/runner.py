"""The long work on pulls, a step at a time: call the vendor, check its job regularly, fetch and import its rows."""

import datetime as dt

from contacthub.connectors.client import BACKGROUND
from contacthub.connectors.errors import Temporary
from contacthub.core import clock
from contacthub.core.errors import Unavailable
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.queries import make_connector
from contacthub.jobs.lease import ComeBack, Lease
from contacthub.jobs.models import Job
from contacthub.sourcing.bulk import completion
from contacthub.sourcing.bulk.fragments import fetch, import_rows
from contacthub.sourcing.bulk.models import Pull
from contacthub.sourcing.bulk.steps import save
from contacthub.sourcing.bulk.vendor_job import follow, order

# How long a vendor may fail, or have no room for another job, before the pull fails. It can be continued later.
MOST_TROUBLE = dt.timedelta(days=1)
# Longer for leave to call the job sleeps rather than waits.
GATE_SECONDS = 10.0
# Pauses until then, which grow, and the longest one that a vendor may request.
LEAST_PAUSE, MOST_PAUSE, MOST_ASKED = 5.0, 300.0, 900.0


class PullContacts:
    """Does a pull. No worker is held while the vendor works or fails: the job sleeps, and a worker continues later."""

    def __init__(self, job: Job) -> None:
        self.pull = Pull.objects.select_related("organization", "connection").get(job=job)

    def run(self, lease: Lease) -> None:
        """Continue from what is saved."""
        with lease.keep_alive():
            if self.pull.row_count is None:
                self._order_and_fetch(lease)
            import_rows(self.pull, lease)

    def _order_and_fetch(self, lease: Lease) -> None:
        connection = self.pull.connection
        if connection is None:
            raise Unavailable(f"The connection {self.pull.connection_name} was removed.")
        try:
            gate = ConnectionGate(connection.pk, patience_seconds=GATE_SECONDS)
            with make_connector(connection, gate=gate, patience=BACKGROUND) as connector:
                order(self.pull, connector, lease)
                if self.pull.vendor_state != Pull.VendorState.COMPLETED or (
                    self.pull.fragment_count is None
                ):
                    follow(self.pull, connector, lease)
                fetch(self.pull, connector, lease)
        except Temporary as error:
            self._wait_out(lease, error)

    def _wait_out(self, lease: Lease, error: Temporary) -> None:
        """Put the job to sleep, longer each time. Raises the error if that has lasted too long."""
        now = clock.now()
        since = self.pull.troubled_since or now
        if now - since > MOST_TROUBLE:
            raise error
        save(self.pull, lease, troubled_since=since, trouble=str(error)[:300])
        pause = min(max((now - since).total_seconds() / 2, LEAST_PAUSE), MOST_PAUSE)
        raise ComeBack(max(pause, min(error.retry_after or 0.0, MOST_ASKED)))

    def completed(self, job: Job) -> None:
        """Say what came of it."""
        completion.complete(pull=self.pull)

    def undone(self, job: Job, state: Job.State) -> None:
        """Keep what is here for the worker that continues, and stop the vendor if someone cancelled."""
        completion.undo(pull=self.pull, state=state)
