"""The guard as a transport, for clients of httpx: `httpx.Client(transport=GuardedTransport(seconds=10))`."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpcore
import httpx

from contacthub.core.outbound.guard import Deadline, Guard


class GuardedTransport(httpx.BaseTransport):
    """One exchange over one guarded connection: no proxy of the environment, HTTP/1.1, nothing kept alive.

    `seconds` bound everything from the look-up of the name to the last byte read.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises httpx's errors, and `AddressRefused`."""
        pool = httpcore.ConnectionPool(
            ssl_context=tls_context(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=Guard(Deadline(self._seconds)),
        )
        try:
            with errors_of_httpx(request):
                response = pool.handle_request(as_httpcore(request))
        except BaseException:
            pool.close()
            raise
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Stream(request, response, pool),
            extensions=response.extensions,
        )


class _Stream(httpx.SyncByteStream):
    """The bytes of an answer; closing it closes the connection."""

    def __init__(
        self, request: httpx.Request, response: httpcore.Response, pool: httpcore.ConnectionPool
    ) -> None:
        self._request = request
        self._response = response
        self._pool = pool

    def __iter__(self) -> Iterator[bytes]:
        with errors_of_httpx(self._request):
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
        self._pool.close()


def as_httpcore(request: httpx.Request) -> httpcore.Request:
    """Return a request of httpx as httpcore sends it."""
    url = httpcore.URL(
        scheme=request.url.raw_scheme,
        host=request.url.raw_host,
        port=request.url.port,
        target=request.url.raw_path,
    )
    return httpcore.Request(
        method=request.method,
        url=url,
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


@cache
def tls_context() -> ssl.SSLContext:
    """Return what certificates are checked against: certifi's list, or that of SSL_CERT_FILE. Made once: it is slow."""
    return httpx.create_ssl_context()


@contextmanager
def errors_of_httpx(request: httpx.Request) -> Iterator[None]:
    """Turn httpcore's errors into httpx's, which have the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__)
        raise kind(str(error), request=request) from error
