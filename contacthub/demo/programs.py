"""The programs of the demo, and what keeps them together: when one ends, all end."""

import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from contacthub.core.embedded.processes import end_of, has_ended, held_signals, spawn, stop_together
from contacthub.core.errors import Unavailable
from contacthub.demo.folder import CHECKOUT, Folder
from contacthub.demo.terminal import describe, say

# Seconds; a fresh machine with cold disks needs a quarter of it.
MOST_WAIT_SECONDS = 90
# Between two looks at whether one has ended.
LOOK_SECONDS = 0.1
MOST_LOG_BYTES = 5_000_000
# A preview of a sandbox's feed holds a thread of the web server while it waits for another one of the same server:
# measured, the usual 16 in each of two processes starve when 32 people preview at once. Each has a database connection,
# of which the embedded Postgres has 200.
WEB_THREADS = "64"
_WORKER = "celery -A contacthub.celery worker --loglevel=INFO --without-mingle"
# As arguments of `python -m`. They stop within the seconds that `stop_together` gives: a worker hands its job back at
# the next checkpoint.
COMMANDS = MappingProxyType(
    {
        "web": "gunicorn --graceful-timeout=10",
        "worker": f"{_WORKER} --concurrency=2",
        # Waits for others' servers most of the time: threads are enough, and are many.
        "caller": f"{_WORKER} --queues=calls --pool=threads --concurrency=8 --hostname=caller@%h",
        "beat": "celery -A contacthub.celery beat --loglevel=INFO --pidfile=",
    }
)
Programs = Mapping[str, "subprocess.Popen[bytes]"]


def run_programs(folder: Folder, environment: Mapping[str, str], port: int) -> None:
    """Start all, say where they are once the web server answers, and wait; stop all whatever happens.

    Raises `Unavailable` if one stops unexpectedly or the web server does not respond; ends only by an error.
    """
    programs: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in COMMANDS:
            programs[name] = _start(name, folder, environment, port)
        _await_web(programs, folder, port, urlsplit(environment["BASE_URL"]).netloc)
        say(describe(folder))
        while True:
            _check_all(programs, folder)
            time.sleep(LOOK_SECONDS)
    finally:
        stop_together(programs.values())


def _start(
    name: str, folder: Folder, environment: Mapping[str, str], port: int
) -> "subprocess.Popen[bytes]":
    log = folder.log_of(name)
    _turn_over(log)
    # The checks of the whole project, which each program of Celery would repeat, were made before.
    own = {"CONTACTHUB_PROCESS": f"contacthub-{name}", "SKIP_CHECKS": "1"}
    command = [sys.executable, "-u", "-m", *shlex.split(COMMANDS[name])]
    if name == "web":
        command.append(f"--bind=127.0.0.1:{port}")
    everything = {"WEB_THREADS": WEB_THREADS, **environment, **own}
    return spawn(command, log=log, environment=everything, folder=CHECKOUT)


def _await_web(programs: Programs, folder: Folder, port: int, host: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": host})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + MOST_WAIT_SECONDS
    while time.monotonic() < until:
        _check_all(programs, folder)
        try:
            with held_signals(), opener.open(request, timeout=5):
                return
        except OSError:
            time.sleep(LOOK_SECONDS)
    raise Unavailable(f"\nThe web server isn't responding; see {folder.log_of('web')}.")


def _check_all(programs: Programs, folder: Folder) -> None:
    for name, program in programs.items():
        if has_ended(program):
            raise Unavailable(
                f"\n{name} stopped unexpectedly, so everything was stopped.\n{end_of(folder.log_of(name))}"
            )


def _turn_over(log: Path) -> None:
    """Keep a log from growing for ever: one old file beside the new one."""
    if log.exists() and log.stat().st_size > MOST_LOG_BYTES:
        log.rename(log.with_suffix(".log.1"))
