"""The programs of the demo, and what keeps them together: when one ends, all end."""

import os
import shlex
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MappingProxyType

import honcho.manager
import honcho.process

from contacthub.core.embedded import begin_child, die_with_parent
from contacthub.demo.folder import CHECKOUT

PYTHON = (sys.executable, "-u", "-m")
CELERY = (*PYTHON, "celery", "-A", "contacthub.celery")
# Seconds from the polite signal to the last one; a worker hands its job back at the next checkpoint.
STOP_SECONDS = 20
GRACEFUL_SECONDS = 10
COMMANDS = MappingProxyType(
    {
        "web": (*PYTHON, "gunicorn", f"--graceful-timeout={GRACEFUL_SECONDS}"),
        "worker": (*CELERY, "worker", "--concurrency=2", "--loglevel=INFO", "--without-mingle"),
        # Waits for others' servers most of the time: threads are enough, and are many.
        "caller": (
            *CELERY,
            "worker",
            "--queues=calls",
            "--pool=threads",
            "--concurrency=8",
            "--hostname=caller@%h",
            "--loglevel=INFO",
            "--without-mingle",
        ),
        "beat": (*CELERY, "beat", "--loglevel=INFO", "--pidfile="),
    }
)
OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Program(honcho.process.Process):  # type: ignore[misc]
    """One program in a session of its own, with a small process of honcho's that watches it.

    When the supervisor is killed the watcher goes too, and takes the program with it.
    """

    supervisor: int

    def run(self, events: object = None, ignore_signals: bool = False) -> None:
        """Start the program, report to honcho, and wait."""
        # Ctrl-C reaches the watcher as well; the order to stop is the supervisor's to give.
        for number in OURS:
            signal.signal(number, signal.SIG_IGN)
        die_with_parent(signal.SIGKILL, self.supervisor)
        self._child_ctor = partial(
            honcho.process.Popen, preexec_fn=partial(begin_child, signal.SIGTERM, os.getpid())
        )
        super().run(events, ignore_signals)


class _Leader:
    """Signals a program's first process; its children are that one's to stop.

    Honcho's own way, the whole group at once, would end a worker's children in the middle of a job.
    """

    def terminate(self, pid: int) -> None:
        """Ask it to stop."""
        _send(partial(os.kill, pid), signal.SIGTERM)

    def kill(self, pid: int) -> None:
        """Stop it and its children at once."""
        _send(partial(os.killpg, pid), signal.SIGKILL)


def _send(send: "partial[None]", number: signal.Signals) -> None:
    try:
        send(number)
    except ProcessLookupError:
        return


class _Silence:
    """Takes the place of honcho's printer: programs write to files, people read what they need."""

    width = 0

    def write(self, message: object) -> None:
        """Drop it."""


class Programs(honcho.manager.Manager):  # type: ignore[misc]
    """The programs, started together and stopped together."""

    # The one that ended by itself, where that is why the others were stopped.
    culprit: str | None = None
    is_stopping = False

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        super().__init__(printer=_Silence())
        self._is_cancelled = is_cancelled
        self._process_ctor = _Program
        self._procmgr = _Leader()
        honcho.manager.KILL_WAIT = STOP_SECONDS

    def add(
        self, name: str, command: tuple[str, ...], *, environment: dict[str, str], log: Path
    ) -> None:
        """Take in a program. All its output goes into `log`, which stays whole if the supervisor dies."""
        line = f"exec {shlex.join(command)} >> {shlex.quote(str(log))} 2>&1"
        program = self.add_process(name, line, env=environment, cwd=str(CHECKOUT))
        program.supervisor = os.getpid()

    def terminate(self) -> None:
        """Stop all. Honcho learns a program's number from its first message and must not stop before that."""
        self.is_stopping = True
        if self._all_started():
            super().terminate()

    def _start(self) -> None:
        super()._start()
        # A signal that came before honcho listened.
        if self._is_cancelled():
            self.terminate()

    def _system_print(self, data: str) -> None:
        # Called after each message of a program has been taken in.
        if self.is_stopping:
            self.terminate()
        elif self.culprit is None:
            self.culprit = next(
                (name for name, it in self._processes.items() if "returncode" in it), None
            )
