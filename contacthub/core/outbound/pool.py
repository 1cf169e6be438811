"""The guard with connections that are kept: for connectors, which call the same vendor many times, several at once."""

from contextlib import closing
from contextvars import ContextVar

import httpcore
import httpx

from contacthub.core.errors import TooLarge
from contacthub.core.outbound.guard import Deadline, Guard
from contacthub.core.outbound.transport import as_httpcore, errors_of_httpx, tls_context

# A vendor closes what is idle sooner or later; what is kept longer than this fails more often than it helps.
KEEP_SECONDS = 20.0
MOST_BYTES = 32 * 1024 * 1024
# The name under which a request says that its own answer may be larger or must be smaller.
MOST_BYTES_EXTENSION = "most_bytes"


class ReplyTooLarge(TooLarge):
    """The other side sends more than is taken. The rest was not read."""

    code = "reply_too_large"


class PooledTransport(httpx.BaseTransport):
    """Exchanges over guarded connections that are kept for the next ones: no proxy of the environment, HTTP/1.1.

    Every connection is judged when it is dialled, as with `GuardedTransport`, and stays with the address that was
    judged. `seconds` bound one whole exchange, look-up, waiting for a free connection and last byte included; the
    request's own time-outs (connect, read, write, pool) bound its steps. Answers are read whole, as they came, up to
    `most_bytes`; one that is compressed although identity was requested is an error. Safe for several threads.
    """

    def __init__(
        self, *, seconds: float, at_once: int = 8, keep: int = 8, most_bytes: int = MOST_BYTES
    ) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(),
            max_connections=at_once,
            max_keepalive_connections=keep,
            keepalive_expiry=KEEP_SECONDS,
            network_backend=Guard(_OfExchange()),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange one request. Raises httpx's errors, `AddressRefused`, and `ReplyTooLarge`."""
        request.headers["Accept-Encoding"] = "identity"
        token = _deadline.set(Deadline(self._seconds))
        try:
            with errors_of_httpx(request):
                response = self._pool.handle_request(as_httpcore(request))
                with closing(response):
                    body = self._read(request, response)
        finally:
            _deadline.reset(token)
        return httpx.Response(
            response.status, headers=response.headers, content=body, request=request
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _read(self, request: httpx.Request, response: httpcore.Response) -> bytes:
        if _encoding_of(response) != "identity":
            raise httpcore.RemoteProtocolError("The answer is compressed, which was not requested.")
        most = request.extensions.get(MOST_BYTES_EXTENSION, self._most_bytes)
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > most:
                raise ReplyTooLarge(f"The answer has more than {most:,} bytes.")
        return bytes(body)


def _encoding_of(response: httpcore.Response) -> str:
    for name, value in response.headers:
        if name.lower() == b"content-encoding" and value.strip():
            return value.decode("latin-1").strip().lower()
    return "identity"


_deadline: ContextVar[Deadline] = ContextVar("deadline of the exchange under way")


class _OfExchange:
    """The deadline of whichever exchange a connection serves at the moment: its thread is the one that waits."""

    def limit(self, seconds: float | None, late: type[Exception]) -> float:
        """Return the seconds that one step may take. Raises `late` if no time is left."""
        return _deadline.get().limit(seconds, late)
