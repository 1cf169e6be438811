"""The long work on lists: adding or removing many members, in one transaction that a page follows."""

from django.db import transaction

from contacthub.core.failpoints import failpoint
from contacthub.jobs.lease import HandBack, Lease
from contacthub.jobs.models import Job
from contacthub.lists.actions import lock_list
from contacthub.lists.changes import change_parts, finish_entry, record_entry
from contacthub.lists.models import ListEntry
from contacthub.organizations.audit import Actor


class ChangeMembers:
    """Does one entry as a whole: a worker that dies leaves nothing of it, and the next one begins again."""

    def __init__(self, job: Job) -> None:
        self.entry = ListEntry.objects.select_related("list__organization").get(job=job)
        self._seen = 0

    def run(self, lease: Lease) -> None:
        """Add or remove the members, unless an earlier worker did. There is no result file."""
        if self.entry.state == ListEntry.State.DONE:
            return
        stop: HandBack | None = None
        with lease.watch(lambda: self._seen) as check, transaction.atomic():
            lock_list(self.entry.list)
            changed = 0
            for part in change_parts(self.entry):
                changed += part.changed
                self._seen = min(self._seen + part.seen, self.entry.shown_count)
                failpoint("list_part_changed")
                check()
            finish_entry(self.entry, changed=changed)
            try:
                lease.save(done=self._seen)
            except HandBack as request:
                # Everything is done; only the job's end is left to another worker.
                stop = request
        if stop is not None:
            raise stop

    def completed(self, job: Job) -> None:
        """Write the line of the audit log."""
        record_entry(self.entry, _actor(self.entry))

    def undone(self, job: Job, state: Job.State) -> None:
        """Say in the history that it was not done; unless it was, and only the end of the job failed."""
        ListEntry.objects.filter(pk=self.entry.pk, state=ListEntry.State.RUNNING).update(
            state=ListEntry.State(str(state))
        )


def _actor(entry: ListEntry) -> Actor:
    user = entry.created_by
    return Actor.of(user) if user is not None else Actor(name=entry.created_by_name)
