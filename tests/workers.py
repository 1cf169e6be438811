"""Processes on the test's own database, to be killed or stopped at a named place. See `core/failpoints.py`."""

import contextlib
import datetime as dt
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from contacthub.core import clock
from contacthub.core.failpoints import arm
from contacthub.jobs.models import Job

MOST_SECONDS = 90
# It starts with the first worker, without threads and connections, and ends with the tests.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.preload"])


class Worker:
    """A process that was forked from one in which everything is loaded: starting Django costs more than most jobs."""

    def __init__(self, work: Callable[..., None], *arguments: Any, **settings: Any) -> None:
        self._said = ""
        output, self._path = tempfile.mkstemp(prefix="worker-")
        os.close(output)
        database = dict(connection.settings_dict)
        self._process = _FORKS.Process(
            target=_work, args=(self._path, database, settings, work, arguments), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def wait(self) -> int:
        """Wait for its end and return the exit status: the negated signal where one has killed it."""
        self._process.join(MOST_SECONDS)
        self.said()
        Path(self._path).unlink(missing_ok=True)
        assert self._process.exitcode is not None, f"{self.pid} runs on: {self._said}"
        return self._process.exitcode

    def said(self) -> str:
        """Return the end of what it wrote so far."""
        with contextlib.suppress(FileNotFoundError):
            self._said = Path(self._path).read_text(errors="replace")[-2000:]
        return self._said


def _work(
    said: str,
    database: dict[str, Any],
    settings: dict[str, Any],
    work: Callable[..., None],
    arguments: Sequence[Any],
) -> None:
    """Set a forked process up as one of its own on the test's database, and let it work."""
    output = os.open(said, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    connection.settings_dict.update(database)
    for name, value in settings.items():
        setattr(django_settings, name, value)
    arm(django_settings.FAILPOINTS)
    work(*arguments)


def _run_module(module: str, *arguments: str) -> None:
    import_module(module).main(*arguments)


def start_worker(module: str, *arguments: object, failpoints: str, **settings: Any) -> Worker:
    """Start a process that does a job, as the module's `main` does it."""
    more = {"FAILPOINTS": failpoints, "OUTBOUND_ALLOW_PRIVATE": True, **settings}
    return Worker(_run_module, module, *map(str, arguments), **more)


def run_command(*words: object, failpoints: str = "", **settings: Any) -> Worker:
    """Run a management command to its end in a process of its own."""
    command = Worker(call_command, *map(str, words), FAILPOINTS=failpoints, **settings)
    command.wait()
    return command


def run_until_killed(module: str, job_id: UUID | None, *arguments: object, failpoint: str) -> None:
    """Let a worker do a job until `failpoint` kills it, and let its lease run out."""
    worker = start_worker(module, job_id, *arguments, failpoints=failpoint)
    assert worker.wait() == -signal.SIGKILL, worker.said()
    expire_lease(job_id)


def expire_lease(job_id: UUID | None) -> None:
    """Let the lease of a worker that is gone, or sleeps, run out."""
    past = clock.now() - dt.timedelta(seconds=1)
    Job.objects.filter(pk=job_id, state="running").update(lease_until=past)


def list_kill_points(points: Sequence[Any], *, always: Collection[Any]) -> list[Any]:
    """Return all points for `parametrize`; those that are not `always` tried are left to `make faults`."""
    assert set(always) <= set(points), "a name that no point has"
    return [
        point
        if point in always
        else pytest.param(
            *(point if isinstance(point, tuple) else (point,)), marks=pytest.mark.faults
        )
        for point in points
    ]
