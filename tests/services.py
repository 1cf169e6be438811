"""Start a scratch Postgres and Valkey for the tests, unless DATABASE_URL and REDIS_URL name others.

A pytest plugin (`-p tests.services`), so that it runs before Django reads its settings. With
`pytest -n` the workers inherit the servers of the process that started them.
"""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from contacthub.core import embedded
from tests import prepared

# Looking for garbage every 700 objects takes a fifth of the tests' time.
gc.set_threshold(50_000, 20, 100)

# The databases that a Valkey or Redis has unless it is told otherwise.
REDIS_DATABASES = 16

os.environ.setdefault("WHITENOISE_USE_FINDERS", "1")
os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("LOG_LEVEL", "WARNING")

_servers: list[embedded.Server] = []
_folder: Path | None = None


def _start() -> None:
    global _folder
    _folder = Path(tempfile.mkdtemp(prefix="contacthub-tests-"))
    # The tests' own settings must not find the addresses of a running demo.
    os.environ["CONTACTHUB_VAR"] = str(_folder / "var")
    if not os.environ.get("DATABASE_URL"):
        _servers.append(prepared.start(_folder / "postgres"))
        os.environ["DATABASE_URL"] = _servers[-1].url
        # Workers of `pytest -n` share it, and nothing on it outlives the tests.
        os.environ["TESTS_OWN_POSTGRES"] = "1"
    if not os.environ.get("REDIS_URL"):
        _servers.append(embedded.start_valkey(_folder / "valkey"))
        os.environ["REDIS_URL"] = _servers[-1].url
    _separate_worker(os.environ.get("PYTEST_XDIST_WORKER", ""))


def _separate_worker(name: str) -> None:
    """Give a worker of `pytest -n` its own broker database: a doorbell must ring in its own jobs.

    pytest-django gives each worker its own database in Postgres.
    """
    if name:
        number = int(name.removeprefix("gw")) % REDIS_DATABASES
        os.environ["REDIS_URL"] = (
            urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
        )


def _stop() -> None:
    while _servers:
        _servers.pop().stop()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)


def pytest_unconfigure() -> None:
    """Stop what was started here, in reverse."""
    _stop()


# pytest does not always get as far as unconfiguring, for example when an option is wrong.
atexit.register(_stop)
_start()
