"""What an exchange without an answer is, in a sentence for people."""

import ssl

import httpx

from contacthub.connectors.errors import Unreachable


def explain(error: httpx.TransportError) -> Unreachable:
    """Return what a failed exchange is, in a sentence."""
    is_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if isinstance(error, httpx.PoolTimeout):
        return Unreachable("No connection was free in time.", is_sent=False, is_late=True)
    if isinstance(error, httpx.TimeoutException):
        return Unreachable("The vendor did not answer in time.", is_sent=is_sent, is_late=True)
    return Unreachable(_sentence(error), is_sent=is_sent)


def _sentence(error: httpx.TransportError) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The vendor's TLS certificate is not accepted: {cause.verify_message}."
    if isinstance(cause, ssl.SSLError):
        return "The TLS handshake with the vendor failed."
    if isinstance(error, httpx.ConnectError):
        text = str(error)
        return text if text.endswith(".") else "The connection was refused."
    if isinstance(error, httpx.ProtocolError):
        return "The vendor's answer is not HTTP, or ended too early."
    return "The connection was cut."
