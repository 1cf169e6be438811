"""The port that people type: checked before anything starts."""

import errno
import socket
import time

from contacthub.core.errors import Invalid, Unavailable

# After a crash the last web server is still saying good-bye.
CRASH_GRACE_SECONDS = 15


def read_port(text: str) -> int:
    """Return the number that PORT holds. Raises `Invalid`."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Invalid(
            f"PORT is a number from 1 to 65535, for example: make demo PORT=8001 (not {text!r})"
        )
    return int(text)


def claim_port(port: int, *, after_crash: bool) -> None:
    """Raise `Unavailable` with what to type instead if no program can listen on a port now.

    After a crash it waits for the port first.
    """
    until = time.monotonic() + (CRASH_GRACE_SECONDS if after_crash else 0)
    while (reason := _find_obstacle(port)) is not None:
        if reason != errno.EADDRINUSE:
            raise Unavailable(
                f"This user may not use port {port}. Type: make demo PORT={_find_free(8000)}"
            )
        if time.monotonic() >= until:
            raise Unavailable(f"Port {port} is in use. Type: make demo PORT={_find_free(port + 1)}")
        time.sleep(0.2)


def _find_obstacle(port: int) -> int | None:
    with socket.socket() as probe:
        # As the web server does it: a port whose last connections are still fading is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            return error.errno or errno.EADDRINUSE
    return None


def _find_free(start: int) -> int:
    usable = (port for port in range(max(start, 1024), 65536) if _find_obstacle(port) is None)
    return next(usable, 8000)
