"""Child processes: started, waited for, stopped, never left behind."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from contacthub.core.errors import Unavailable

# Only a bound for a server that hangs: one that ends is noticed at once, and a Postgres that
# recovers from a crash may need more than a minute.
START_SECONDS = 120
STOP_SECONDS = 20
START_ATTEMPTS = 3
LOG_LINES = 12
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
# What was started here and with which signal each ends, oldest first.
_children: list[tuple["subprocess.Popen[bytes]", signal.Signals]] = []


@dataclass(frozen=True)
class Server:
    """A running server process: its address and what it takes to stop it."""

    url: str
    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        return self.process.pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and wait. To Postgres SIGINT is the fast shutdown: transactions roll back."""
        stop_process(self.process, how)


def spawn(
    command: Sequence[str],
    *,
    log: Path | str,
    ends_by: signal.Signals = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
    stdout: IO[str] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, its output at the end of `log`.

    It goes with this process, even if that is killed, and with `stop_children`. Signals wait until the child is noted,
    so that their handlers may raise.
    """
    with open(log, "ab") as output, held_signals():
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout or output,
            stderr=output,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=partial(_begin_child, ends_by, os.getpid()),
        )
        _children.append((process, ends_by))
    return process


@contextmanager
def held_signals() -> Iterator[None]:
    """Let the signals that end us wait while the block runs, for what a handler that raises must not cut in two.

    Such as a connection: a server that is asked to stop waits for a client that has said nothing yet.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Return whether a child has ended. A handler that raised within `poll` would leave its lock behind."""
    with held_signals():
        return process.poll() is not None


def _begin_child(how: signal.Signals, parent: int) -> None:
    """Prepare a child between fork and exec: it heeds signals, and goes with its parent.

    What a parent ignores, its children ignore after exec too, and could then not be stopped.
    """
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    die_with_parent(how, parent)


def die_with_parent(how: signal.Signals, parent: int) -> None:
    """Ask Linux to send this process `how` when the process `parent` ends, even by SIGKILL.

    For a child between fork and exec. Elsewhere than on Linux it does nothing.
    Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:  # it ended before we could ask
        os.kill(os.getpid(), how)


def stop_process(
    process: "subprocess.Popen[bytes]",
    how: signal.Signals,
    last: signal.Signals = signal.SIGQUIT,
) -> None:
    """Stop a child and wait: with `how`, and with `last` where it has not ended after STOP_SECONDS."""
    for number in (how, last):
        if process.poll() is None:
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


def stop_together(programs: Iterable["subprocess.Popen[bytes]"]) -> None:
    """Ask programs to stop, all at once, and wait; what is left after STOP_SECONDS is killed with its children."""
    running = [each for each in programs if each.poll() is None]
    for program in running:
        program.terminate()
    until = time.monotonic() + STOP_SECONDS
    for program in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(max(0, until - time.monotonic()))
            continue
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def stop_children() -> None:
    """Stop all that `spawn` has started and that still runs, the newest first."""
    for process, how in reversed(_children):
        stop_process(process, how)
    _children.clear()


def free_port() -> int:
    """Return a TCP port of the loopback address on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(
    launch: Callable[[int], Server], is_ready: Callable[[Server], bool], log: Path
) -> Server:
    """Start a server on a free port and wait until it is ready.

    Between finding a port and binding it another program may take it, so a server that ends early
    gets another try. Raises `Unavailable` with the end of its log.
    """
    for _ in range(START_ATTEMPTS):
        server = launch(free_port())
        until = time.monotonic() + START_SECONDS
        while not has_ended(server.process):
            with held_signals():
                if is_ready(server):
                    return server
            if time.monotonic() > until:
                server.stop(signal.SIGQUIT)
                raise Unavailable(f"The server did not start in time. {end_of(log)}")
            time.sleep(0.05)
    raise Unavailable(f"The server did not start. {end_of(log)}")


def end_of(log: Path) -> str:
    """Return the last lines of a log below its name."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"The end of {log}:", *lines[-LOG_LINES:]])
