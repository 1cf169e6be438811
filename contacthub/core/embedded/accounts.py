"""The user that a server runs as: Postgres refuses to be root, and containers refuse some ways out of it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contacthub.core.embedded.processes import spawn
from contacthub.core.errors import Unavailable

NOBODY = 65534
# A shell that enters the folder, writes into it and runs the program, as the server will.
PROBE = 'cd "$0" && : > .probe && rm .probe && exec "$1" --version'


@dataclass(frozen=True)
class Account:
    """The words in front of a command that change who runs it, and who then owns its files."""

    prefix: tuple[str, ...] = ()
    owner: int | None = None


def choose_account(directory: Path, program: Path) -> Account:
    """Return the first account that can use `directory` and run `program`.

    Users other than root need none. Files in `directory` change their owner to match.
    Raises `Unavailable` if no account can.
    """
    if os.geteuid() != 0:
        return Account()
    for account in _accounts():
        _give(directory, account)
        if _can_use(account, directory, program):
            return account
    raise Unavailable(
        f"Postgres does not run as root, and no other user may use {directory} here. "
        "Run this as an ordinary user, or set DATABASE_URL."
    )


def _accounts() -> Iterator[Account]:
    if shutil.which("unshare"):
        # Still root's files, which the server sees under another owner: no file changes its owner.
        yield Account(("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}"), 0)
    if shutil.which("setpriv"):
        # A change of user clears the wish to die with the parent, so setpriv repeats it.
        other = (
            "setpriv",
            f"--reuid={NOBODY}",
            f"--regid={NOBODY}",
            "--clear-groups",
            "--pdeathsig=INT",
        )
        yield Account(other, NOBODY)
        # For a checkout below a folder that only root may enter, such as /root in a container.
        yield Account((*other, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"), NOBODY)


def _give(directory: Path, account: Account) -> None:
    if account.owner is None:
        return
    for path in (directory, *directory.rglob("*")):
        if path.lstat().st_uid != account.owner:
            os.chown(path, account.owner, account.owner, follow_symlinks=False)


def _can_use(account: Account, directory: Path, program: Path) -> bool:
    command = [*account.prefix, "sh", "-c", PROBE, str(directory), str(program)]
    return spawn(command, log=os.devnull).wait() == 0
