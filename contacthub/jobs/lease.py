"""What a worker holds of a job: checkpoints, progress, the end. Every write carries the token of the claim.

A kind of job is a `Work`; it reads what it likes and writes through its `Lease` only.
"""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from contacthub.core import clock, shutdown
from contacthub.core.errors import StorageAway
from contacthub.core.failpoints import failpoint
from contacthub.core.tenancy import carry
from contacthub.jobs import actions, sql
from contacthub.jobs.fragments import STORE, Written
from contacthub.jobs.models import Job, Result

logger = structlog.get_logger(__name__)

# How often work in one long transaction shows its progress, in seconds.
WATCH_SECONDS = 1.0
# If the storage of files is down for this long, the job fails. Until then it is tried again after these pauses.
MOST_AWAY = dt.timedelta(minutes=30)
FIRST_PAUSE, MOST_PAUSE = 5.0, 120.0


class Fenced(Exception):
    """Another worker holds the job now; whatever this one does no longer counts."""


class CancelRequested(Exception):
    """Someone cancelled the job."""


class HandBack(Exception):
    """This worker is shutting down; another one continues from the checkpoint."""


class ComeBack(Exception):
    """The work waits for something elsewhere; a worker continues from the checkpoint after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Manifest:
    """What the finished file is called and holds; size and hash are the lease's to say."""

    file_name: str
    format: str
    content_type: str
    row_count: int
    # Texts that the format could not hold whole.
    cut_count: int = 0
    # None: RESULT_KEEP_DAYS.
    keep_days: int | None = None


class Work(Protocol):
    """One kind of job. Its endings run inside the transaction that ends the job, and exactly one of them counts."""

    def run(self, lease: "Lease") -> Manifest | None:
        """Do the work from `lease.checkpoint` on. Raises `ContactHubError` with the reason to show when it cannot.

        Raises `ComeBack` if it waits for something elsewhere: no worker is held while it sleeps.
        """

    def completed(self, job: Job) -> None:
        """Make the result count: settle a charge, say."""

    def undone(self, job: Job, state: Job.State) -> None:
        """Undo what the job held; `state` is CANCELLED or FAILED."""


class Lease:
    """One worker's hold on one job."""

    def __init__(self, job: Job, token: int) -> None:
        self.job = job
        self.token = token
        self.checkpoint: dict[str, Any] = job.checkpoint
        self._number = 0
        self._offset = 0
        self._hash = hashlib.sha256()

    @property
    def size(self) -> int:
        """Bytes of the file so far."""
        return self._offset

    @property
    def sha256(self) -> str:
        """SHA-256 of the file so far, in hex."""
        return self._hash.hexdigest()

    def read_back(self) -> None:
        """Continue after the fragments that an earlier worker saved: continue their numbers, size and hash."""
        with self.keep_alive():
            for fragment, raw in STORE.read_rows(job_id=self.job.pk):
                self._hash.update(raw)
                self._number = fragment.number + 1
                self._offset = fragment.raw_offset + fragment.raw_size

    def start_over(self) -> None:
        """Forget the fragments of an earlier worker, for formats that cannot be continued in the middle."""
        with transaction.atomic():
            self._renew(done=0, checkpoint={}, is_kept=False)
            STORE.forget(job_id=self.job.pk)
        self.checkpoint = {}

    def write(
        self, raw: bytes, *, row_count: int = 0, is_compressed: bool = False
    ) -> Written | None:
        """Write the next fragment, for a `save` that stands in a transaction of the caller's. None: `raw` is empty.

        Call it before that transaction, which must not wait for a storage elsewhere. Raises `StorageAway`.
        """
        if not raw:
            return None
        with self.keep_alive() if STORE.is_elsewhere else nullcontext():
            written = STORE.write(
                raw,
                job_id=self.job.pk,
                token=self.token,
                number=self._number,
                raw_offset=self._offset,
                row_count=row_count,
                is_compressed=is_compressed,
            )
        failpoint("fragment_written")
        if self.job.storage_away_since is not None:
            self._note_storage(None)
        return written

    def save(
        self,
        *,
        done: int,
        raw: bytes = b"",
        written: Written | None = None,
        row_count: int = 0,
        is_compressed: bool = False,
        is_kept: bool = True,
        checkpoint: dict[str, Any] | None = None,
    ) -> None:
        """Save a fragment (`raw`, of `row_count` rows) and the progress (`done`, in the job's unit) in one transaction.

        `is_compressed` says that `raw` is dense already; a fragment that is `written` is only named. Raises
        `StorageAway` before anything is saved, and `Fenced`, `CancelRequested` or `HandBack` after the commit, when
        the work must stop here.
        """
        written = written or self.write(raw, row_count=row_count, is_compressed=is_compressed)
        with transaction.atomic():
            if written is not None:
                STORE.add(written)
            failpoint("before_checkpoint_commit")
            is_cancelled = self._renew(done=done, checkpoint=checkpoint, is_kept=is_kept)
        failpoint("after_checkpoint_commit")
        if written is not None:
            self._number += 1
            self._offset += len(written.raw)
            self._hash.update(written.raw)
        self.checkpoint = checkpoint if checkpoint is not None else self.checkpoint
        if is_cancelled:
            raise CancelRequested
        if shutdown.requested.is_set():
            raise HandBack

    def _renew(self, *, done: int, checkpoint: dict[str, Any] | None, is_kept: bool) -> bool:
        answer = sql.renew(
            job_id=self.job.pk,
            token=self.token,
            lease_seconds=settings.JOB_LEASE_SECONDS,
            done=done,
            checkpoint=None if checkpoint is None else orjson.dumps(checkpoint).decode(),
            is_kept=is_kept,
        )
        if answer is None:
            raise Fenced
        return answer

    def complete(self, work: Work, manifest: Manifest | None) -> None:
        """End the job as completed, or raise `CancelRequested` if someone cancelled it first."""
        with transaction.atomic():
            work.completed(self.job)
            if manifest is not None:
                Result.objects.create(
                    job=self.job,
                    file_name=manifest.file_name,
                    format=manifest.format,
                    content_type=manifest.content_type,
                    row_count=manifest.row_count,
                    cut_count=manifest.cut_count,
                    size=self.size,
                    sha256=self.sha256,
                    expires_at=actions.result_expiry(manifest.keep_days),
                )
            failpoint("before_complete_commit")
            if not self._end(Job.State.COMPLETED, cancel_requested_at=None):
                self._explain_refusal()
        failpoint("after_complete_commit")

    def undo(self, work: Work, state: Job.State, error: str = "") -> None:
        """End the job as cancelled or failed: give back what it held and drop its bytes."""
        with transaction.atomic():
            work.undone(self.job, state)
            if not self._end(state, error=error):
                raise Fenced
            STORE.forget(job_id=self.job.pk)

    @contextmanager
    def keep_alive(self) -> Iterator[None]:
        """Prolong the lease from a second connection while one long statement runs.

        Dies and stops with this process, so a dead worker is found as soon as always. Writes made inside are fenced by
        the `save` that ends their transaction.
        """
        done = threading.Event()
        beat = threading.Thread(
            target=carry(self._beat),
            args=(done, self._prolong, settings.JOB_LEASE_SECONDS / 3),
            daemon=True,
        )
        beat.start()
        try:
            yield
        finally:
            done.set()
            beat.join()

    @contextmanager
    def watch(self, progress: Callable[[], int]) -> Iterator[Callable[[], None]]:
        """Prolong the lease and save `progress()` from a second connection while one long transaction runs.

        Gives a check for the work to call between two steps: it raises `CancelRequested` or `HandBack` when the work
        must stop, and the transaction is undone. Fencing is the business of the `save` that ends the transaction.
        """
        done, cancelled = threading.Event(), threading.Event()

        def check() -> None:
            if cancelled.is_set():
                raise CancelRequested
            if shutdown.requested.is_set():
                raise HandBack

        def beat() -> None:
            if self._renew_beside(progress()):
                cancelled.set()

        thread = threading.Thread(
            target=carry(self._beat), args=(done, beat, WATCH_SECONDS), daemon=True
        )
        thread.start()
        try:
            yield check
        finally:
            done.set()
            thread.join()

    def _renew_beside(self, progress: int) -> bool:
        """Save progress and prolong the lease. Returns whether someone cancelled it."""
        is_cancelled = sql.renew(
            job_id=self.job.pk,
            token=self.token,
            lease_seconds=settings.JOB_LEASE_SECONDS,
            done=progress,
            checkpoint=None,
            is_kept=False,
        )
        return bool(is_cancelled)

    def _prolong(self) -> None:
        sql.prolong(job_id=self.job.pk, token=self.token, lease_seconds=settings.JOB_LEASE_SECONDS)

    def _beat(self, done: threading.Event, beat: Callable[[], None], seconds: float) -> None:
        try:
            while not done.wait(seconds):
                beat()
        except (OperationalError, InterfaceError) as error:
            # The statement continues; without the lease another worker may take over, and this one is fenced.
            logger.warning("lease_not_prolonged", error=type(error).__name__)
        finally:
            connection.close()

    def hand_back(self, *, is_attempt_counted: bool) -> None:
        """Queue the job again from its checkpoint, at once."""
        Job.objects.filter(pk=self.job.pk, token=self.token, state=Job.State.RUNNING).update(
            state=Job.State.QUEUED,
            lease_until=None,
            attempts=F("attempts") if is_attempt_counted else Greatest(F("attempts") - 1, 0),
            rung_at=Now() - actions.RING_AGAIN_AFTER + dt.timedelta(seconds=2),
        )

    def sleep(self, seconds: float) -> None:
        """Queue the job again, not to be claimed before `seconds` have passed, or `actions.wake_job` is called.

        The count of attempts starts again, because nothing has failed. Raises `CancelRequested` if it was cancelled.
        """
        wakes_at = Now() + dt.timedelta(seconds=seconds)
        mine = Job.objects.filter(
            pk=self.job.pk, token=self.token, state=Job.State.RUNNING, cancel_requested_at=None
        )
        changed = mine.update(
            state=Job.State.QUEUED,
            lease_until=None,
            attempts=0,
            wakes_at=wakes_at,
            # So that the sweeper rings as soon as it wakes.
            rung_at=wakes_at - actions.RING_AGAIN_AFTER,
        )
        if not changed:
            self._explain_refusal()

    def wait_for_storage(self, error: StorageAway) -> None:
        """Sleep for a while, because the storage of files is down. Raises `error` itself when that lasts."""
        now = clock.now()
        since = self.job.storage_away_since or now
        is_over = now - since >= MOST_AWAY
        # Someone who starts the job again gives it as much time.
        self._note_storage(None if is_over else since)
        if is_over:
            raise error
        pause = (now - since).total_seconds() / 2
        self.sleep(min(max(pause, FIRST_PAUSE), MOST_PAUSE))

    def _note_storage(self, away_since: dt.datetime | None) -> None:
        mine = Job.objects.filter(pk=self.job.pk, token=self.token)
        mine.update(storage_away_since=away_since)
        self.job.storage_away_since = away_since

    def _end(self, state: Job.State, *, error: str = "", **condition: Any) -> bool:
        changes: dict[str, Any] = {
            "state": state,
            "lease_until": None,
            "finished_at": Now(),
            "error": error[:500],
        }
        if state == Job.State.COMPLETED:
            changes["total"] = changes["done"] = (
                F("done") if self.job.total is None else self.job.total
            )
        mine = Job.objects.filter(
            pk=self.job.pk, token=self.token, state=Job.State.RUNNING, **condition
        )
        return mine.update(**changes) == 1

    def _explain_refusal(self) -> None:
        mine = Job.objects.filter(pk=self.job.pk, token=self.token, state=Job.State.RUNNING)
        raise CancelRequested if mine.exists() else Fenced
