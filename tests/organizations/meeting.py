"""Make two calls meet between their check and their write: the moment in which a missing lock lets both through."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

from django.db import connection

from tests.racing import race

# How long a call waits for the other one. The one that holds the lock waits in vain, and then goes on.
PATIENCE = 0.7


def race_after_checks(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run the calls at the same moment; each waits for the others when it is about to write the audit log."""
    barrier = Barrier(len(calls))

    def wait_before_recording(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "organizations_auditevent"'):
            with suppress(BrokenBarrierError):
                barrier.wait(timeout=PATIENCE)
        return execute(sql, params, many, context)

    def run(call: Callable[[], Any]) -> Any:
        with connection.execute_wrapper(wait_before_recording):
            return call()

    return race([lambda call=call: run(call) for call in calls])  # type: ignore[misc]
