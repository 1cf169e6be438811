"""The gate of a connection, in Postgres: breaker and rate are those of all workers, and every call is written down."""

import time
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from contacthub.connectors.errors import BreakerOpen, ConnectionPaused, Throttled
from contacthub.connectors.gate import Exchange, Outcome, Permit
from contacthub.core import shutdown
from contacthub.credentials.connections import sql
from contacthub.credentials.connections.models import ConnectionHealth, VendorCall

logger = structlog.get_logger(__name__)

Condition = ConnectionHealth.Condition
# What the error of a call says of the connection. What is not here is the caller's matter: the account works.
CONDITIONS = {
    "wrong_key": Condition.WRONG_KEY,
    "throttled": Condition.THROTTLED,
    "unreachable": Condition.UNREACHABLE,
    "provider_down": Condition.DOWN,
    "contract_broken": Condition.BROKEN,
}
# What the column of a call's cost can hold.
MOST_COST = 2**63 - 1
# How often a wait looks again.
LOOK_SECONDS = 1.0


class ConnectionGate:
    """Called before and after every call of one connection. Waits up to `patience_seconds` for permission.

    Uses the database connection of the thread that calls, never inside a transaction: a row that all workers need
    would stay locked for as long as the vendor takes.
    """

    def __init__(
        self, connection_id: UUID, *, patience_seconds: float, is_test: bool = False
    ) -> None:
        self._connection_id = connection_id
        self._patience = patience_seconds
        self._is_test = is_test

    def ask(self, operation: str) -> Permit:
        """Return leave for a call, perhaps after a wait."""
        until = time.monotonic() + self._patience
        while True:
            with transaction.atomic(durable=True):
                answer = sql.ask(connection_id=self._connection_id, is_test=self._is_test)
            if not isinstance(answer, sql.Hold):
                return Permit(probe=answer)
            # A hold of no seconds has just ended.
            if answer.reason == sql.PAUSED or time.monotonic() + answer.seconds > until:
                raise _refusal(answer)
            # A worker that must stop does not wait here; its job continues later from where it stopped.
            if shutdown.requested.wait(min(max(answer.seconds, 0.01), LOOK_SECONDS)):
                raise _refusal(answer)

    def tell(self, permit: Permit, exchange: Exchange) -> None:
        """Write a call down and judge the connection by it."""
        try:
            with transaction.atomic(durable=True):
                self._save(permit, exchange)
        except IntegrityError:
            # The connection has been removed; there is nothing left to judge.
            logger.info("provider_call_of_removed_connection", operation=exchange.operation)

    def _save(self, permit: Permit, exchange: Exchange) -> None:
        limits = exchange.limits
        sql.tell(
            connection_id=self._connection_id,
            is_test=self._is_test,
            probe=permit.probe,
            outcome=exchange.outcome.value,
            condition=_condition(exchange),
            is_fine=exchange.outcome == Outcome.ALIVE and not exchange.error,
            ms=exchange.ms,
            hold=exchange.hold_seconds,
            limit=limits and limits.limit,
            window=limits and limits.window_seconds,
            left=limits and limits.left,
            reset=limits and limits.reset_seconds,
        )
        VendorCall.objects.create(
            connection_id=self._connection_id,
            started_at=exchange.started_at,
            operation=exchange.operation[:40],
            status=exchange.status,
            ms=exchange.ms,
            rows=exchange.rows,
            cost=None if exchange.cost is None else min(exchange.cost, MOST_COST),
            request_id=exchange.request_id[:100],
            error=exchange.error[:240],
        )


def _condition(exchange: Exchange) -> str | None:
    if exchange.outcome == Outcome.INTERRUPTED:
        return None
    word = exchange.error.split(" ", 1)[0]
    return CONDITIONS.get(word, Condition.WORKS).value


def _refusal(hold: sql.Hold) -> BreakerOpen | ConnectionPaused | Throttled:
    if hold.reason == sql.PAUSED:
        return ConnectionPaused("The connection is paused or was removed.")
    if hold.reason == sql.OPEN:
        return BreakerOpen(
            "The vendor failed too often; calls are paused for a moment.",
            retry_after=hold.seconds,
        )
    return Throttled("The vendor's rate limit is reached.", retry_after=hold.seconds)
