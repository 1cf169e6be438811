"""Where the demo keeps its things, and that only one runs there at a time."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from contacthub.core.errors import Conflict, Unavailable

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Folder:
    """The folder of one demo: `var` in the checkout, or CONTACTHUB_VAR."""

    path: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Folder":
        """Return the folder that an environment names, by the rule of settings.py."""
        return cls(Path(environment.get("CONTACTHUB_VAR") or CHECKOUT / "var").resolve())

    @property
    def services(self) -> Path:
        """The addresses for commands in other terminals, while the demo runs."""
        return self.path / "services.json"

    @property
    def log_ins(self) -> Path:
        """The address, the people with their passwords and the keys."""
        return self.path / "demo.json"

    @property
    def logs(self) -> Path:
        """One file per program."""
        return self.path / "log"

    def log_of(self, program: str) -> Path:
        """Return where a program writes."""
        return self.logs / f"{program}.log"

    def make(self) -> None:
        """Make the folder. Raises `Unavailable` if this user may not write in it."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
            writable = os.access(self.path, os.W_OK) and os.access(self.logs, os.W_OK)
        except OSError:
            writable = False
        if not writable:
            raise Unavailable(
                f"{self.path} cannot be written by this user. Run as its owner, or name another "
                "folder: make demo CONTACTHUB_VAR=/some/where"
            )

    def secret_key(self) -> str:
        """Return the key that signs sessions and seals credentials, made at the first start."""
        path = self.path / "secret-key"
        if not path.exists():
            write_privately(path, secrets.token_urlsafe(50).encode())
        return path.read_text().strip()


def write_privately(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
    draft.rename(path)


@contextmanager
def only_one(folder: Folder, base_url: str) -> Iterator[None]:
    """Hold the folder while the block runs. Raises `Conflict` if another demo holds it.

    The lock belongs to the process and ends with it, however it ends.
    """
    with (folder.path / "demo.lock").open("a+") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            pid, _, address = lock.read().partition(" ")
            raise Conflict(
                f"The demo of this checkout is already running: {address} (process {pid}). "
                f"Stop it with Ctrl-C in its terminal, or type: kill {pid}"
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()} {base_url}")
        lock.flush()
        yield


def publish_services(folder: Folder, services: Mapping[str, str]) -> None:
    """Let `manage.py` in other terminals reach the same database with no variables set."""
    write_privately(folder.services, orjson.dumps(dict(services), option=orjson.OPT_INDENT_2))
