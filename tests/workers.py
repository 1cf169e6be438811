"""Worker processes on the test's own database, to be killed or stopped at a named place. See `core/failpoints.py`."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from contacthub.core import clock
from contacthub.jobs.models import Job

MOST_SECONDS = 90


def start_worker(module: str, *arguments: object, failpoints: str) -> "subprocess.Popen[bytes]":
    """Start a process that does a job, as the module's `main` does it."""
    given = connection.settings_dict
    address = f"{given['HOST'] or '127.0.0.1'}:{given['PORT']}/{given['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{given['USER']}:{given['PASSWORD']}@{address}",
        "DJANGO_SETTINGS_MODULE": "contacthub.settings",
        "CONTACTHUB_FAILPOINTS": failpoints,
        "OUTBOUND_ALLOW_PRIVATE": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=environment,
        stderr=subprocess.PIPE,
    )


def run_until_killed(module: str, job_id: UUID | None, *arguments: object, failpoint: str) -> None:
    """Let a worker do a job until `failpoint` kills it, and let its lease run out."""
    worker = start_worker(module, job_id, *arguments, failpoints=failpoint)
    _, said = worker.communicate(timeout=MOST_SECONDS)
    assert worker.returncode == -signal.SIGKILL, said.decode()[-2000:]
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
