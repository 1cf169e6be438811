"""The gate: a connector is opened with one, which is called before and after each exchange."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What an exchange says of the vendor's health."""

    # It answered and did its work, or refused for a reason of the caller's: it is alive.
    ALIVE = "alive"
    # It asks for fewer calls: alive as well.
    THROTTLED = "throttled"
    # No answer, or one that it cannot.
    FAILED = "failed"
    # It was broken off on our side and says nothing.
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate that a vendor reports: calls in a window, those left, and the seconds until it begins again."""

    limit: int | None = None
    window_seconds: int | None = None
    left: int | None = None
    reset_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it; no secret, no personal data. `ms` counts the vendor's time alone."""

    operation: str
    started_at: dt.datetime
    ms: int
    outcome: Outcome
    status: int | None = None
    rows: int | None = None
    # What it cost the account, where the vendor counts: rows of a new export, transactions of a job.
    cost: int | None = None
    request_id: str = ""
    # The code of the error, and for a broken contract the path.
    error: str = ""
    limits: Limits | None = None
    # How long the vendor asked us to wait.
    hold_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one exchange. `probe` numbers the one call that may find out whether the vendor is back."""

    probe: int | None = None


class Gate(Protocol):
    """Called before and after every exchange, retries included, from the thread that makes it."""

    def ask(self, operation: str) -> Permit:
        """Return leave for an exchange, perhaps after a wait.

        Raises `Throttled`, `BreakerOpen` or `ConnectionPaused`; then there is nothing to report.
        """
        ...

    def tell(self, permit: Permit, exchange: Exchange) -> None:
        """Take note of what came of it."""
        ...


class OpenGate:
    """Lets everything through and remembers the outcomes."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def ask(self, operation: str) -> Permit:
        """Return leave at once."""
        return Permit()

    def tell(self, permit: Permit, exchange: Exchange) -> None:
        """Remember."""
        self.exchanges.append(exchange)
