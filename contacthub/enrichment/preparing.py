"""The long work on drafts: rows taken from a selection, rows matched. One transaction; a dead worker leaves nothing."""

from django.db import transaction

from contacthub.core.failpoints import failpoint
from contacthub.enrichment.actions.mapping import forget_mapping
from contacthub.enrichment.matching import match_rows
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.enrichment.selected import take_selection
from contacthub.jobs.lease import HandBack, Lease
from contacthub.jobs.models import Job


class MatchList:
    """Matches the rows of a list by the uses of its columns, or fills an empty one with its selection."""

    def __init__(self, job: Job) -> None:
        found = EnrichmentBatch.objects.select_related("organization", "selection")
        self.batch = found.get(match_job=job)
        self._rows = 0

    def run(self, lease: Lease) -> None:
        """Match all rows, unless an earlier worker did. There is no result file."""
        if lease.checkpoint.get("is_matched"):
            return
        stop: HandBack | None = None
        with lease.watch(lambda: self._rows) as check, transaction.atomic():

            def note(rows: int) -> None:
                self._rows = rows
                failpoint("list_rows_read")
                check()

            if self.batch.row_count:
                match_rows(self.batch, note=note)
            else:
                take_selection(self.batch, note=note)
            self.batch.save()
            try:
                lease.save(done=self.batch.row_count, checkpoint={"is_matched": True})
            except HandBack as request:
                # Everything is matched; only the job's end is left to another worker.
                stop = request
        if stop is not None:
            raise stop

    def completed(self, job: Job) -> None:
        """Leave the list as it was matched."""

    def undone(self, job: Job, state: Job.State) -> None:
        """Let somebody map the list again."""
        forget_mapping(self.batch.pk)
