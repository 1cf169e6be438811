"""What the demo tells the person at the terminal."""

import contextlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from contacthub.demo.folder import Folder


def say(text: str) -> None:
    """Write to the terminal, if it is still there."""
    with contextlib.suppress(OSError):
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Name a step, and say how long it took once it is done."""
    say(f"  {title:<24}")
    started = time.monotonic()
    yield
    say(f"{time.monotonic() - started:5.1f} s\n")


def describe(folder: Folder) -> str:
    """Return what a person needs: the address, who may sign in, and where the rest is."""
    log_ins = orjson.loads(folder.log_ins.read_bytes())
    people = [
        f"  {organization['name']:<20} {role:<8} {who['email']:<24} {who['password']}"
        for organization in log_ins["organizations"]
        for role in ("admin", "member")
        if (who := organization[role])
    ]
    return "\n".join(
        [
            "",
            f"Ready: {log_ins['base_url']}",
            "",
            *people,
            "",
            f"  API keys: {folder.log_ins}",
            f"  Logs:     {folder.logs}",
            "  Commands: .venv/bin/python manage.py help",
            "",
            "Ctrl-C stops everything.",
            "",
        ]
    )
