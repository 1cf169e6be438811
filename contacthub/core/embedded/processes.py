"""Server processes: started, waited for, stopped, never left behind."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contacthub.core.errors import Unavailable

# Only a bound for a server that hangs: one that ends is noticed at once, and a Postgres that
# recovers from a crash may need more than a minute.
START_SECONDS = 120
STOP_SECONDS = 20
START_ATTEMPTS = 3
LOG_LINES = 8
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Server:
    """A running server process: its address and what it takes to stop it."""

    url: str
    pid: int
    process: subprocess.Popen[bytes]

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and wait. To Postgres SIGINT is the fast shutdown: transactions roll back."""
        self._signal(how)
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGQUIT)
            self.process.wait(timeout=STOP_SECONDS)

    def _signal(self, how: signal.Signals) -> None:
        # poll() first: the number of a process that has ended may belong to another one by now.
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, how)


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def never() -> bool:
    """Say that nobody wants the end."""
    return False


def begin_child(how: signal.Signals, parent: int) -> None:
    """Prepare a child between fork and exec: it heeds signals, and goes with its parent.

    What a parent ignores, its children ignore after exec too, and could then not be stopped.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(how, parent)


def start_server(
    launch: Callable[[int], Server],
    is_ready: Callable[[Server], bool],
    log: Path,
    is_cancelled: Callable[[], bool] = never,
) -> Server:
    """Start a server on a free port and wait until it is ready.

    Between finding a port and binding it somebody else may take it, so a server that ends early
    gets another try. Who cancels gets the server as it is at that moment, to stop it.
    Raises `Unavailable` with the end of its log.
    """
    for _ in range(START_ATTEMPTS):
        server = launch(free_port())
        if _await(server, is_ready, is_cancelled):
            return server
        if server.process.poll() is None:
            server.stop(signal.SIGQUIT)
            break
    end = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
    raise Unavailable(f"The server did not start. The end of {log}:\n{end}")


def _await(
    server: Server, is_ready: Callable[[Server], bool], is_cancelled: Callable[[], bool]
) -> bool:
    until = time.monotonic() + START_SECONDS
    try:
        while server.process.poll() is None and time.monotonic() < until:
            if is_cancelled() or is_ready(server):
                return True
            time.sleep(0.05)
    except BaseException:
        server.stop()
        raise
    return False
