"""A Postgres with all tables, kept between test runs: making it takes twelve seconds, copying it a fraction of one.

It is made again when a migration, the pinned packages or the Postgres of this machine change. Where other code has
changed, `migrate` runs on the copy, because what follows it (the policies of rows, the roles) is code as well.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contacthub.core import embedded
from tests.stack import make_template, refresh_template

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".pytest_cache" / "postgres"
CODE = ROOT / "contacthub"


def start(folder: Path) -> embedded.Server:
    """Start a Postgres of the tests' own in `folder`, which is gone after them, with the template of all tables."""
    with _alone():
        made_by = _hash(_list_migrations(), salt=_name_postgres())
        written_by = _hash(CODE.rglob("*.py"))
        kept = KEPT / made_by
        if not kept.exists():
            _make(folder, kept, written_by)
        else:
            _copy(kept / "data", folder)
        server = embedded.start_postgres(folder, is_scratch=True)
        if (kept / "code").read_text() != written_by:
            refresh_template(_address(server))
    return server


def _make(folder: Path, kept: Path, written_by: str) -> None:
    server = embedded.start_postgres(folder, is_scratch=True)
    make_template(_address(server))
    server.stop()
    shutil.rmtree(KEPT, ignore_errors=True)
    draft = KEPT / "draft"
    draft.mkdir(parents=True)
    _copy(folder, draft / "data")
    (draft / "code").write_text(written_by)
    draft.rename(kept)


def _copy(source: Path, target: Path) -> None:
    # With owners and modes, on which Postgres insists.
    subprocess.run(["cp", "-a", source, target], check=True)


def _address(server: embedded.Server) -> str:
    return server.url.rpartition("/")[0]


def _list_migrations() -> Iterable[Path]:
    yield from CODE.glob("*/migrations/*.py")
    yield ROOT / "requirements-dev.txt"


def _name_postgres() -> str:
    wanted = os.environ.get("EMBEDDED_POSTGRES", "")
    return ",".join([wanted, *sorted(map(str, Path("/usr/lib/postgresql").glob("*")))])


def _hash(paths: Iterable[Path], *, salt: str = "") -> str:
    digest = hashlib.sha256(salt.encode())
    for path in sorted(paths):
        digest.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    """Let one test run at a time make or copy it."""
    KEPT.parent.mkdir(exist_ok=True)
    with (KEPT.parent / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
