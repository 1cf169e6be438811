"""Send one request and read a little of the answer."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from contacthub.core.errors import Unavailable
from contacthub.core.outbound.transport import GuardedTransport
from contacthub.core.outbound.urls import check_url

# Bytes of an answer that are read at the most; the rest is never fetched.
MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers, and the bytes of the body as they came, at most as many as requested."""

    status: int
    headers: httpx.Headers
    body: bytes
    is_cut: bool


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    seconds: float = 10.0,
    most_bytes: int = MOST_BYTES,
) -> Reply:
    """Send a request to a URL that a user gave and return the answer, whatever its status. Redirects are answers.

    `seconds` bound the whole exchange. Raises `Invalid` if nothing may be sent to the URL (`AddressRefused` where its
    host resolves to such an address), and `Unavailable` with a sentence if there is no answer. An answer that
    stalls in its body counts with what had arrived.
    """
    url = check_url(url)
    # Identity: a compressed answer of 200 kB may unpack to 200 MB.
    request = httpx.Request(
        method, url, headers={"Accept-Encoding": "identity", **(headers or {})}, content=content
    )
    try:
        response = GuardedTransport(seconds=seconds).handle_request(request)
    except httpx.TransportError as error:
        raise Unavailable(_explain(error, seconds)) from error
    body, is_cut = _read(response, most_bytes)
    return Reply(response.status_code, response.headers, body, is_cut)


def _read(response: httpx.Response, most_bytes: int) -> tuple[bytes, bool]:
    """Return the first bytes of a body as they came, undecoded, and whether it was cut there."""
    body = bytearray()
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > most_bytes:
                return bytes(body[:most_bytes]), True
    except httpx.TransportError:
        return bytes(body), True
    finally:
        response.close()
    return bytes(body), False


def _explain(error: httpx.TransportError, seconds: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"No answer within {seconds:g} seconds."
    cause = _root_of(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"Its TLS certificate is not accepted: {cause.verify_message}."
    if isinstance(cause, ssl.SSLError):
        return "The TLS handshake failed."
    if isinstance(error, httpx.ConnectError):
        return str(error) if str(error).endswith(".") else "The connection was refused."
    if isinstance(error, httpx.ProtocolError):
        return "The answer is not HTTP, or ended too early."
    return "The connection was cut."


def _root_of(error: BaseException) -> BaseException:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
