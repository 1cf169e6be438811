"""How many files are read at a time on one machine: each takes a core, and memory for its shared texts."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def take_slot() -> Iterator[bool]:
    """Hold one of UPLOAD_READERS places for the block; gives False if all are taken.

    A place is a lock on a file, which the system gives back when a process dies.
    """
    folder = _find_folder()
    for number in range(settings.UPLOAD_READERS):
        with open(folder / str(number), "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield True
            return
    yield False


def _find_folder() -> Path:
    """Return a folder of this installation's own user."""
    name = hashlib.sha256(str(settings.VAR_DIR).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"contacthub-readers-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
