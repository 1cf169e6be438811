"""A whole ContactHub of its own: database, broker, web, worker and beat, as they run in production."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

from contacthub.core import embedded
from contacthub.core.database_roles import APP_ROLE, create_role
from tests.waiting import PATIENCE_SECONDS, wait_for

TEMPLATE = "contacthub_stack"
MAKE_TABLES = (("migrate", "-v0"), ("createcachetable",))
# Roles belong to a server, and several test runs may share one: each process that makes stacks sets one password.
APP_PASSWORD = "a-plain-role"
# Several commands in one process, because starting one takes longer than most of them.
RUN_ALL = """
import io, json, sys
import django
django.setup()
from django.core.management import call_command
printed = []
for command in json.load(sys.stdin):
    out = io.StringIO()
    call_command(*command, stdout=out)
    printed.append(out.getvalue().strip())
json.dump(printed, sys.stdout)
"""


def app_url(url: str) -> str:
    """Return the address of the plain role in the same database."""
    address = urlsplit(url)
    _, _, host = address.netloc.rpartition("@")
    return address._replace(netloc=f"{APP_ROLE}:{APP_PASSWORD}@{host}").geturl()


def run_commands(
    environment: Mapping[str, str], database_url: str, commands: Sequence[Sequence[object]]
) -> list[str]:
    """Run management commands in one process, as the owner of a database's tables; return what each prints."""
    more = {
        "DJANGO_SETTINGS_MODULE": "contacthub.settings",
        "DATABASE_URL": database_url,
        "DATABASE_APP_ROLE": APP_ROLE,
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        env={**environment, **more},
        input=json.dumps([list(map(str, command)) for command in commands]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return list(json.loads(done.stdout))


def create_app_role(server_url: str) -> None:
    """Make the plain role on a server, or set its password."""
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as db:
        db.execute("SELECT pg_advisory_lock(hashtext(%s))", [APP_ROLE])
        create_role(db, app_url(f"{server_url}/postgres"))


def make_template(server_url: str) -> str:
    """Make a database with all tables on a server that is gone after the tests, once. Returns its name."""
    create_app_role(server_url)
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as db:
        # One at a time: a template must have no other visitors.
        db.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE])
        known = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        if known.fetchone() is None:
            draft = f"{TEMPLATE}_draft"
            db.execute(f"CREATE DATABASE {draft}")
            run_commands(os.environ, f"{server_url}/{draft}", MAKE_TABLES)
            db.execute(f"ALTER DATABASE {draft} RENAME TO {TEMPLATE}")
    return TEMPLATE


def refresh_template(server_url: str) -> None:
    """Bring the template up to the code of today."""
    run_commands(os.environ, f"{server_url}/{TEMPLATE}", MAKE_TABLES)


class Stack:
    """Everything runs in processes of its own; nothing of it shares this process's settings."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.valkey = embedded.start_valkey(folder / "valkey")
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        self.database = f"stack_{uuid.uuid4().hex[:12]}"
        self.server_url = server
        self.port = embedded.free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            # As in production: a role that owns nothing.
            "DATABASE_URL": app_url(f"{server}/{self.database}"),
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "a-stack-for-tests",
            "BASE_URL": self.base_url,
            "WHITENOISE_USE_FINDERS": "1",
            "CONTACTHUB_VAR": str(folder / "var"),
            "JOB_SWEEP_SECONDS": "1",
            "JOB_LEASE_SECONDS": "5",
            "LOG_LEVEL": "INFO",
            "PYTHONWARNINGS": "default",
            # Celery would check the whole program at each start.
            "SKIP_CHECKS": "1",
            **variables,
        }
        (folder / "var").mkdir(exist_ok=True)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._make_database()

    @property
    def database_url(self) -> str:
        """The address with the rights of the tables' owner, for looking and for planting what no program would."""
        return f"{self.server_url}/{self.database}"

    def _make_database(self) -> None:
        """Copy the template, or make the tables on a server that stays after the tests."""
        create_app_role(self.server_url)
        is_scratch = bool(os.environ.get("TESTS_OWN_POSTGRES"))
        template = make_template(self.server_url) if is_scratch else "template1"
        with psycopg.connect(f"{self.server_url}/postgres", autocommit=True) as db:
            db.execute(f"CREATE DATABASE {self.database} TEMPLATE {template}")
        if not is_scratch:
            self.manage_all(*MAKE_TABLES)

    def manage(self, *arguments: object) -> str:
        """Run a management command and return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    def manage_all(self, *commands: Sequence[object]) -> list[str]:
        """Run several management commands as the tables' owner; return what each prints."""
        return run_commands(self.environment, self.database_url, commands)

    def start(self, *names: str) -> None:
        """Start `web`, `worker` (with a number for more of them: `worker2`), `files`, `caller` or `beat`."""
        celery = [sys.executable, "-m", "celery", "-A", "contacthub.celery"]
        for name in names:
            command = {
                "web": [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"],
                # One for both queues: a small instance runs so, too.
                "work": [
                    *celery,
                    "worker",
                    "-c",
                    "2",
                    "-Q",
                    "celery,calls",
                    "--loglevel=INFO",
                    "-n",
                    f"{name}@%h",
                ],
                # As in production: one for files, and one with threads for what waits for others.
                "file": [*celery, "worker", "-c", "2", "--loglevel=INFO", "-n", f"{name}@%h"],
                "call": [
                    *celery,
                    "worker",
                    "-Q",
                    "calls",
                    "-P",
                    "threads",
                    "-c",
                    "8",
                    "--loglevel=INFO",
                    "-n",
                    f"{name}@%h",
                ],
                "beat": [*celery, "beat", "--loglevel=INFO"],
            }[name[:4].rstrip("0123456789")]
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    command, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
        if "web" in names:
            self._await_web()

    def _await_web(self) -> None:
        wait_for(self._answers, what=(self.folder / "web.log").read_text)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.base_url}/healthz").status_code == 200
        return False

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, how)
        if how == signal.SIGKILL:
            self.processes.pop(name).wait(timeout=60)

    def stop(self) -> None:
        """Stop everything and drop the database."""
        for name in list(self.processes):
            self.kill(name)
        self.valkey.stop()
        with psycopg.connect(f"{self.server_url}/postgres", autocommit=True) as db:
            db.execute(
                psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(
                    psycopg.sql.Identifier(self.database)
                )
            )

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the stack's database."""
        with psycopg.connect(self.database_url, autocommit=True) as db:
            cursor = db.execute(statement, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def await_jobs(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until every job has ended."""
        until = time.monotonic() + seconds
        while self.query("SELECT 1 FROM jobs_job WHERE finished_at IS NULL LIMIT 1"):
            left = self.query(
                "SELECT id, state, attempts, done, total, lease_until FROM jobs_job WHERE finished_at IS NULL"
            )
            assert time.monotonic() < until, f"jobs have not ended: {left[:5]}"
            time.sleep(0.2)
