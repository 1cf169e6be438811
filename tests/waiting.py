"""Wait for what other processes and threads do, as long as a busy machine may take."""

import time
from collections.abc import Callable

# Only a test that fails waits so long: what can be awaited is not bounded by the speed of a machine.
PATIENCE_SECONDS = 180


def wait_for(condition: Callable[[], object], *, what: Callable[[], object] = str) -> None:
    """Return when the condition holds. Raises AssertionError with `what` is there instead."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.05)
