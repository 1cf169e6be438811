"""One call to a vendor: encode, pass the gate, send, report to the gate, repeat if that is safe, and read the reply.

A call is sent again where nothing can happen twice: where the connection was refused, where the vendor asks for fewer
calls (429), and, for calls that may be repeated, where it answers 5xx or cuts the connection. Each failure leads to
one more exchange at the most, three for a call, and `RESERVE` of them may follow each other over all calls before one
must succeed: a vendor that is down is not called more often than that.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, Protocol, TypeVar

import httpx
import stamina
import structlog

from contacthub.connectors.errors import (
    ContractBroken,
    NotReady,
    Temporary,
    Throttled,
    Unreachable,
    VendorDown,
    VendorError,
    WrongKey,
)
from contacthub.connectors.gate import Exchange, Gate, Outcome, Permit
from contacthub.connectors.limits import limits_of
from contacthub.connectors.replies import BODY, ErrorReader, Reply, broken, failure
from contacthub.connectors.unanswered import explain
from contacthub.core import clock, outbound
from contacthub.core.errors import ContactHubError, Invalid

logger = structlog.get_logger(__name__)

Result = TypeVar("Result")
USER_AGENT = "ContactHub/1.0"
# Seconds to reach the vendor, and to wait for a free connection.
CONNECT_SECONDS, POOL_SECONDS = 5.0, 30.0
AT_ONCE = 8
RESERVE = 10.0
# A reply of these statuses to a call that may be repeated is worth another exchange.
DOWN = range(500, 600)
NEVER_AGAIN = frozenset({501, 505, 511})

_rng = random.SystemRandom()


@dataclass(frozen=True)
class Patience:
    """How long a caller waits: exchanges of one call, first and longest pause in seconds, longest Retry-After obeyed.

    A vendor that asks for more time than `most_retry_after` is `Throttled`, or down, at once. `read_seconds` may pass
    between two pieces of an answer, `total_seconds` bound one exchange.
    """

    attempts: int = 4
    first_wait: float = 0.5
    most_wait: float = 8.0
    most_retry_after: float = 30.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0


# A person waits in front of a page; a job has time.
INTERACTIVE = Patience(
    attempts=2,
    first_wait=0.2,
    most_wait=1.0,
    most_retry_after=2.0,
    read_seconds=10.0,
    total_seconds=15.0,
)
BACKGROUND = Patience()


class Authorizer(Protocol):
    """What says who calls."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers that carry the credentials. May itself call the vendor."""
        ...

    def renew(self, used: Mapping[str, str]) -> bool:
        """Get newer credentials than those of `used`, which were refused. Returns False if there are none."""
        ...


class FixedHeaders:
    """Credentials that stay the same."""

    def __init__(self, **headers: str) -> None:
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def __repr__(self) -> str:
        return f"FixedHeaders({', '.join(self._headers)})"

    def headers(self) -> Mapping[str, str]:
        """Return them."""
        return self._headers

    def renew(self, used: Mapping[str, str]) -> bool:
        """There are no others."""
        return False


NOBODY = FixedHeaders()


@dataclass(frozen=True)
class Request(Generic[Result]):
    """One call. `read` makes the result of a good reply, `count` says how many rows it has, `price` what it cost.

    `is_repeatable`: called twice, the vendor does no more than called once.
    """

    operation: str
    method: str
    path: str
    read: Callable[[Reply], Result]
    is_repeatable: bool = True
    query: Sequence[tuple[str, str]] = ()
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    count: Callable[[Result], int] | None = None
    price: Callable[[Result], int] | None = None
    most_bytes: int = outbound.pool.MOST_BYTES
    # Called as soon as a good answer is here, before anything in it is interpreted.
    answered: Callable[[], None] | None = None
    # In place of the client's own, for calls to another host or without credentials. With an empty path it is whole.
    base_url: str = ""
    authorizer: Authorizer | None = None


class Client:
    """Calls one vendor with one account. Safe for several threads; `close` it in the end."""

    def __init__(
        self,
        *,
        base_url: str,
        gate: Gate,
        authorizer: Authorizer = NOBODY,
        read_error: ErrorReader | None = None,
        patience: Patience = BACKGROUND,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.authorizer = authorizer
        self.read_error = read_error
        self._gate = gate
        self._patience = patience
        self._transport = transport or outbound.PooledTransport(
            seconds=patience.total_seconds, at_once=AT_ONCE
        )
        self._reserve = _Reserve()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def call(self, request: Request[Result]) -> Result:
        """Make a call and return its result. Raises a `VendorError`, and `Invalid` for a URL not to be called."""
        # A token is got before, so that its own repetitions are not repeated.
        (request.authorizer or self.authorizer).headers()
        pauses = stamina.retry_context(
            on=_Judge(self._patience, self._reserve, is_repeatable=request.is_repeatable),
            attempts=self._patience.attempts,
            timeout=None,
        )
        for attempt in pauses:
            with attempt:
                result = self._try(request)
                self._reserve.refill()
        return result

    def _try(self, request: Request[Result]) -> Result:
        """Exchange once, and again if the token had expired."""
        authorizer = request.authorizer or self.authorizer
        credentials = authorizer.headers()
        try:
            return self._exchange(request, credentials)
        except WrongKey:
            if not authorizer.renew(credentials):
                raise
        return self._exchange(request, authorizer.headers())

    def _exchange(self, request: Request[Result], credentials: Mapping[str, str]) -> Result:
        built = self._build(request, credentials)
        permit = self._gate.ask(request.operation)
        watch = _Watch(self._gate, permit, request.operation)
        try:
            reply = self._send(built)
            watch.stop(reply)
            result = self._read(request, reply)
        except VendorError as error:
            watch.tell_failure(error)
            raise
        except BaseException:
            # Not a failure of the vendor's; a probe must be given back all the same.
            watch.tell(Outcome.INTERRUPTED, error="interrupted")
            raise
        watch.tell(
            Outcome.ALIVE,
            rows=request.count(result) if request.count else None,
            cost=request.price(result) if request.price else None,
        )
        return result

    def _read(self, request: Request[Result], reply: Reply) -> Result:
        """Return the result of a good reply. Whatever is strange about a reply is `ContractBroken`."""
        is_good = 200 <= reply.status < 300
        if is_good and request.answered is not None:
            request.answered()
        try:
            if is_good:
                return request.read(reply)
            error: Exception = failure(reply, read=self.read_error)
        except ContactHubError:
            raise
        except Exception as unexpected:
            name = type(unexpected).__name__
            logger.warning("reply_unreadable", operation=request.operation, error=name)
            error = broken(BODY, f"it cannot be read ({name})", reply.body)
        raise error

    def _build(self, request: Request[Result], credentials: Mapping[str, str]) -> httpx.Request:
        # Judged again: it may have been saved under another setting.
        url = outbound.check_url((request.base_url or self.base_url) + request.path)
        return httpx.Request(
            request.method,
            url,
            params=list(request.query) or None,
            headers={
                "Accept": "application/json",
                "User-Agent": USER_AGENT,
                **request.headers,
                **credentials,
            },
            content=request.content,
            extensions={
                "timeout": {
                    "connect": CONNECT_SECONDS,
                    "read": self._patience.read_seconds,
                    "write": self._patience.read_seconds,
                    "pool": POOL_SECONDS,
                },
                outbound.pool.MOST_BYTES_EXTENSION: request.most_bytes,
            },
        )

    def _send(self, built: httpx.Request) -> Reply:
        try:
            response = self._transport.handle_request(built)
            return Reply(response.status_code, response.headers, response.read())
        except httpx.TransportError as error:
            raise explain(error) from error
        except Invalid as error:
            # What the name resolves to may not be dialled.
            raise Unreachable(str(error), is_sent=False) from error
        except outbound.ReplyTooLarge as error:
            raise ContractBroken(str(error), path="(size)") from error
        except Exception as error:
            # Its text can hold a header, and with it the key.
            logger.warning("exchange_failed", error=type(error).__name__)
            raise Unreachable("The exchange with the vendor failed.", is_sent=True) from None


class _Watch:
    """Times one exchange and reports it to the gate, once."""

    def __init__(self, gate: Gate, permit: Permit, operation: str) -> None:
        self._gate, self._permit, self._operation = gate, permit, operation
        self._started_at, self._start = clock.now(), time.monotonic()
        self._ms: int | None = None
        self._reply: Reply | None = None

    def stop(self, reply: Reply) -> None:
        """The reply is here; what follows is our own time."""
        self._reply = reply
        self._ms = round((time.monotonic() - self._start) * 1000)

    def tell_failure(self, error: VendorError) -> None:
        """Tell of an exchange that failed."""
        outcome = Outcome.ALIVE
        hold = error.retry_after if isinstance(error, Temporary) else None
        if isinstance(error, Throttled):
            outcome = Outcome.THROTTLED
        elif isinstance(error, Temporary) and not isinstance(error, NotReady):
            outcome = Outcome.FAILED
        word = f"{error.code} {error.path}" if isinstance(error, ContractBroken) else error.code
        self.tell(outcome, error=word, hold_seconds=hold)

    def tell(
        self,
        outcome: Outcome,
        *,
        rows: int | None = None,
        cost: int | None = None,
        error: str = "",
        hold_seconds: float | None = None,
    ) -> None:
        """Tell of an exchange."""
        if self._ms is None:
            self._ms = round((time.monotonic() - self._start) * 1000)
        reply = self._reply
        self._gate.tell(
            self._permit,
            Exchange(
                operation=self._operation,
                started_at=self._started_at,
                ms=self._ms,
                outcome=outcome,
                status=reply.status if reply else None,
                rows=rows,
                cost=cost,
                request_id=reply.request_id if reply else "",
                error=error,
                limits=limits_of(reply.headers) if reply else None,
                hold_seconds=hold_seconds,
            ),
        )


class _Reserve:
    """The exchanges that may be repeated: one for each success, and RESERVE in a row."""

    def __init__(self) -> None:
        self._left = RESERVE
        self._lock = Lock()

    def take(self) -> bool:
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def refill(self) -> None:
        with self._lock:
            self._left = min(self._left + 1, RESERVE)


class _Judge:
    """Decides after each failure whether to send again, and when: what stamina calls a backoff hook."""

    def __init__(self, patience: Patience, reserve: _Reserve, *, is_repeatable: bool) -> None:
        self._patience, self._reserve = patience, reserve
        self._is_repeatable = is_repeatable
        self._failures = 0

    def __call__(self, error: Exception) -> bool | float:
        """Return the seconds to wait, or False."""
        self._failures += 1
        asked = error.retry_after if isinstance(error, Temporary) else None
        if not self._is_safe(error) or (asked or 0) > self._patience.most_retry_after:
            return False
        # stamina asks again after the last attempt; that answer costs nothing.
        if self._failures >= self._patience.attempts or not self._reserve.take():
            return False
        most = min(self._patience.first_wait * 2 ** (self._failures - 1), self._patience.most_wait)
        # All of the pause is chance, so that what failed together does not come back together; never before the
        # requested time.
        return max((asked or 0.0) + _rng.uniform(0.0, most), 0.001)

    def _is_safe(self, error: Exception) -> bool:
        if isinstance(error, Throttled):
            return error.retry_after is not None or self._is_repeatable
        if isinstance(error, Unreachable):
            return not error.is_sent or (self._is_repeatable and not error.is_late)
        if isinstance(error, VendorDown):
            return self._is_repeatable and error.status not in NEVER_AGAIN
        return False


__all__ = ["BACKGROUND", "INTERACTIVE", "Client", "FixedHeaders", "Patience", "Request", "broken"]
