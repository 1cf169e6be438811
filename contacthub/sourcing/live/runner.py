"""The long work on live search: fetching all rows that a vendor's search finds, page by page, within a limit.

Each page is saved in one transaction with the place of the next one, so that a worker that takes over fetches again
the page that was under way and nothing else. Rows are identified by the vendor's ids: one that moved to a later page,
or a page that comes twice, changes nothing. Filters that the vendor cannot apply are applied to every page,
with the same plan as the search on the screen, so that a run never saves more than was asked for.
"""

from django.db import transaction

from contacthub.connectors.errors import Temporary
from contacthub.core.errors import CountChanged, Unavailable
from contacthub.core.failpoints import failpoint
from contacthub.credentials.connections.queries import get_connection, open_connector
from contacthub.jobs.lease import CancelRequested, ComeBack, HandBack, Lease
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.sourcing.live import actions, search
from contacthub.sourcing.live.models import LiveSave
from contacthub.sourcing.live.plan import Plan
from contacthub.sourcing.live.queries import lock_save

# Rows of a page, or as many as the vendor gives at most.
PAGE_ROWS = 100
# How often a job comes back to a page that the vendor failed to give, beyond what the connector itself repeats, and
# the pauses between, in seconds: 20 minutes in all.
MOST_FAILURES = 14
FIRST_PAUSE, MOST_PAUSE = 5.0, 120.0


class SaveFound:
    """Saves what a search finds until the vendor has no more or the limit is reached."""

    def __init__(self, job: Job) -> None:
        self.save = LiveSave.objects.select_related("organization").get(job=job)

    def run(self, lease: Lease) -> None:
        """Fetch the pages from the checkpoint on. There is no file."""
        organization = self.save.organization
        connection = get_connection(
            organization=organization, connection_id=self.save.connection_key
        )
        question = search.plan_question(
            connection, search.from_json(self.save.asked), of_companies=self.save.of_companies
        )
        search.check_plan(question)
        # The same size for every page: vendors count pages in it.
        size = self._choose_size()
        with lease.keep_alive(), open_connector(connection) as connector:
            while not lease.checkpoint.get("is_end"):
                self._check_progress(lease, size)
                position = lease.checkpoint.get("position")
                try:
                    page = search.fetch_page(connector, question, position=position, size=size)
                except Temporary as error:
                    raise self._put_off(lease, error) from error
                failpoint("live_page_read")
                if not lease.checkpoint.get("pages"):
                    self._check_count(page)
                self._keep(lease, page, question.plan, size)

    def _choose_size(self) -> int:
        """Return the rows of a page: so many that whole pages stay within the rows that may be fetched."""
        limit = self.save.fetch_limit
        if limit is None:
            return min(PAGE_ROWS, self.save.row_limit)
        return limit // -(-limit // PAGE_ROWS)

    def _check_count(self, page: search.Page) -> None:
        """Raise `CountChanged` where the vendor counts something else than it did when somebody agreed."""
        shown, counted = self.save.counted, page.total
        if shown is None or counted is None or shown == counted:
            return
        with transaction.atomic():
            save = lock_save(organization=self.save.organization, save_id=self.save.pk)
            save.recounted = counted
            save.save(update_fields=["recounted"])
        raise CountChanged(shown=shown, counted=counted)

    def _check_progress(self, lease: Lease, size: int) -> None:
        """Raise `Unavailable` if a vendor gives page after page and hardly a row that is not here."""
        if self.save.fetch_limit is not None:
            return
        most = 2 * -(-self.save.row_limit // size) + 10
        if int(lease.checkpoint.get("pages", 0)) >= most:
            raise Unavailable("The vendor returns the same rows on every page.")

    def _put_off(self, lease: Lease, error: Temporary) -> Exception:
        """Return what to raise for a vendor that is down: `ComeBack`, while other jobs work; at last the error."""
        failures = int(lease.checkpoint.get("failures", 0)) + 1
        if failures > MOST_FAILURES:
            return error
        self.save.refresh_from_db(fields=["seen_count", "fetched_count"])
        done = _within(lease.job, _count_done(self.save))
        lease.save(done=done, checkpoint=lease.checkpoint | {"failures": failures})
        pause = min(FIRST_PAUSE * 2 ** (failures - 1), MOST_PAUSE)
        return ComeBack(max(pause, min(error.retry_after or 0.0, MOST_PAUSE)))

    def _keep(self, lease: Lease, page: search.Page, plan: Plan, size: int) -> None:
        stop: Exception | None = None
        with transaction.atomic():
            # Locked in the order of every writer: the run, then its job.
            save = lock_save(organization=self.save.organization, save_id=self.save.pk)
            fresh = actions.list_fresh(save, filter(plan.matches, page.items))
            taken = fresh[: save.row_limit - save.seen_count]
            save.fetched_count += len(page.items)
            is_full = save.seen_count + len(taken) >= save.row_limit
            is_over = save.fetch_limit is not None and save.fetched_count + size > save.fetch_limit
            checkpoint = {
                "position": page.next,
                "pages": int(lease.checkpoint.get("pages", 0)) + 1,
                "is_end": is_full or is_over or page.next is None,
            }
            done = _count_done(save, coming=len(taken))
            try:
                lease.save(done=_within(lease.job, done), checkpoint=checkpoint)
            except (CancelRequested, HandBack) as request:
                # What came is kept; the work stops after the commit.
                stop = request
            actions.add_rows(save, taken)
            has_more = page.next is not None or len(fresh) > len(taken)
            save.is_limited = (is_full or is_over) and has_more
            save.save(update_fields=["is_limited", "fetched_count"])
        failpoint("live_page_committed")
        if stop is not None:
            raise stop

    def completed(self, job: Job) -> None:
        """Make the run final, with its list."""
        self._end(LiveSave.State.COMPLETED)

    def undone(self, job: Job, state: Job.State) -> None:
        """Say that not all rows came; what is saved stays."""
        self._end(LiveSave.State(state.value))

    def _end(self, state: LiveSave.State) -> None:
        save = lock_save(organization=self.save.organization, save_id=self.save.pk)
        actions.end_save(save=save, state=state, actor=Actor(name=save.created_by_name))


def _count_done(save: LiveSave, *, coming: int = 0) -> int:
    """Return how far a run is: rows that the vendor sent where ContactHub filters, else rows that are here."""
    return save.seen_count + coming if save.fetch_limit is None else save.fetched_count


def _within(job: Job, done: int) -> int:
    # The vendor may have more rows than it counted.
    return done if job.total is None else min(done, job.total)
