"""The guard at the socket: resolves a name once, judges every answer, dials what was judged, and watches the clock."""

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

import httpcore
from django.conf import settings

from contacthub.core.errors import Invalid
from contacthub.core.outbound.addresses import may_dial
from contacthub.core.outbound.urls import PRIVATE, check_port

# A name with many addresses is tried at so many of them, one after the other.
MOST_DIALLED = 3
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class AddressRefused(Invalid):
    """The host stands for an address that nothing may be sent to. Which one is not said: that would map the network."""

    code = "address_refused"


class Deadline:
    """The moment at which a whole exchange must be over, whatever the other side drips in."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def limit(self, seconds: float | None, late: type[Exception]) -> float:
        """Return the seconds that one step may take. Raises `late` if no time is left."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise late("The exchange took too long.")
        return left if seconds is None else min(seconds, left)


class Limiter(Protocol):
    """What knows how much time one step still has."""

    def limit(self, seconds: float | None, late: type[Exception]) -> float:
        """Return the seconds that one step may take. Raises `late` if no time is left."""
        ...


class Guard(httpcore.NetworkBackend):
    """What httpcore dials with. It is given the host's name; TLS and `Host` keep that name."""

    def __init__(self, deadline: Limiter) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host whose every address may be dialled. Raises `AddressRefused` before any packet is sent."""
        addresses = self._judge(host, port)
        options = list(socket_options or ())
        refusal: Exception = httpcore.ConnectError("The host has no address.")
        for address in addresses[:MOST_DIALLED]:
            limit = self._deadline.limit(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(
                    address, port, timeout=limit, socket_options=options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refusal = error
            else:
                return _Timed(stream, self._deadline)
        raise refusal

    def connect_unix_socket(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        """Refuse: no URL means a socket of this machine."""
        raise AddressRefused(PRIVATE)

    def _judge(self, host: str, port: int) -> list[str]:
        try:
            check_port(port)
        except Invalid as error:
            raise AddressRefused(str(error)) from error
        addresses = _resolve(host, port, self._deadline.limit(None, httpcore.ConnectTimeout))
        is_private_allowed = settings.OUTBOUND_ALLOW_PRIVATE
        # One private address among public ones is enough to refuse: the name is not what it seems.
        if not all(may_dial(a, is_private_allowed=is_private_allowed) for a in addresses):
            raise AddressRefused(PRIVATE)
        return addresses


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a name, each once, in the resolver's order, within a time.

    The system's resolver cannot be interrupted, so that it runs in a thread of its own and may be left behind there.
    """
    answers: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise httpcore.ConnectTimeout("The host's name was not resolved in time.") from None
    if isinstance(answer, Exception):
        raise httpcore.ConnectError("The host's name is not known.") from answer
    return answer


class _Timed(httpcore.NetworkStream):
    """A connection on which every step ends at the deadline at the latest."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Limiter) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived, at most `max_bytes`."""
        limit = self._deadline.limit(timeout, httpcore.ReadTimeout)
        return self._inner.read(max_bytes, limit)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`."""
        self._inner.write(buffer, self._deadline.limit(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the same connection inside TLS; the certificate must be for `server_hostname`."""
        limit = self._deadline.limit(timeout, httpcore.ConnectTimeout)
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, limit), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection below knows."""
        return self._inner.get_extra_info(info)
