"""Named places where a fault test may kill, stop or break the process it watches.

`CONTACTHUB_FAILPOINTS="before_commit:kill:3,after_publish:raise"` kills the process the third time it passes
`before_commit`. Without the variable a failpoint costs one dictionary look-up. Where CONTACTHUB_FAILPOINTS_ONCE names
a folder, each action happens once over all processes that share it.
"""

import os
import signal
from collections import Counter
from pathlib import Path

from django.conf import settings

_passed: Counter[str] = Counter()
_actions: dict[str, tuple[str, int]] = {}


def arm(actions: str) -> None:
    """Take the place of all actions: `name:action:passing`, several with commas between them."""
    _actions.clear()
    for entry in filter(None, actions.split(",")):
        name, action, *at = entry.split(":")
        _actions[name] = (action, int(at[0]) if at else 1)


arm(settings.FAILPOINTS)


def failpoint(name: str) -> None:
    """Do what the environment asks for at `name`: `kill`, `stop` (SIGSTOP) or `raise`, from the n-th passing on."""
    if name not in _actions:
        return
    _passed[name] += 1
    action, at = _actions[name]
    if _passed[name] != at or not _is_first(name):
        return
    if action == "raise":
        raise RuntimeError(f"failpoint {name}")
    os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[action])


def _is_first(name: str) -> bool:
    if not settings.FAILPOINTS_ONCE:
        return True
    try:
        Path(settings.FAILPOINTS_ONCE, name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
