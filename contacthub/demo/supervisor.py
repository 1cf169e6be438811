"""The life of a demo: services, database, demo data, programs, the line with the address, the end."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, MappingProxyType

from contacthub.core.database_roles import APP_ROLE, create_app_role
from contacthub.core.embedded import start_postgres, start_valkey
from contacthub.core.embedded.processes import (
    ENDING,
    die_with_parent,
    end_of,
    held_signals,
    spawn,
    stop_children,
)
from contacthub.core.errors import Unavailable
from contacthub.demo.folder import CHECKOUT, Folder, only_one, publish_services
from contacthub.demo.port import claim_port, read_port
from contacthub.demo.programs import run_programs
from contacthub.demo.terminal import say, timed

# For commands in other terminals as well: this instance is its own vendor, at an address that is private.
SANDBOX = MappingProxyType({"SANDBOX": "1", "OUTBOUND_ALLOW_PRIVATE": "1"})
SERVICES = (("Postgres", "DATABASE_URL", start_postgres), ("Valkey", "REDIS_URL", start_valkey))


class Stopped(BaseException):
    """Someone stopped it: raised by the first signal, wherever the demo is."""


def run_demo(environment: dict[str, str]) -> int:
    """Run the demo until someone stops it, and return 0.

    Raises `ContactHubError` with one line for a person if it cannot start, or a program stops unexpectedly.
    """
    port = read_port(environment.get("PORT") or "8000")
    base_url = environment.get("BASE_URL") or f"http://127.0.0.1:{port}"
    folder = Folder.of(environment)
    folder.make()
    if "MAKELEVEL" in environment:
        # Who kills `make` expects both to go.
        die_with_parent(signal.SIGTERM, os.getppid())
    goodbye = "\nStopped before everything had started.\n"
    try:
        _listen()
        with only_one(folder, base_url), _leaving_nothing(folder):
            everything = _prepare(folder, environment | {"BASE_URL": base_url}, port)
            goodbye = "\nStopped. The data stays; `make demo` continues with it.\n"
            run_programs(folder, everything, port)
    except Stopped:
        say(goodbye)
    return 0


def _listen() -> None:
    for number in ENDING:
        # nohup has people's word that a closed terminal does not matter.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise Stopped


def _ignore_signals() -> None:
    """Let nothing disturb the end, which has begun."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _leaving_nothing(folder: Folder) -> Iterator[None]:
    try:
        yield
    finally:
        _ignore_signals()
        folder.services.unlink(missing_ok=True)
        stop_children()


def _prepare(folder: Folder, environment: dict[str, str], port: int) -> dict[str, str]:
    """Start the services and make what the programs need. Returns the programs' environment."""
    claim_port(port, after_crash=folder.services.exists())
    folder.services.unlink(missing_ok=True)
    services = _start_services(folder, environment) | {
        "SECRET_KEY": environment.get("SECRET_KEY") or folder.secret_key(),
        "BASE_URL": environment["BASE_URL"],
        **SANDBOX,
    }
    owner = {"DATABASE_URL": services["DATABASE_URL"]}
    if not environment.get("DATABASE_URL"):
        with held_signals():
            services["DATABASE_URL"] = create_app_role(services["DATABASE_URL"])
        owner["DATABASE_APP_ROLE"] = APP_ROLE
    publish_services(folder, services)
    everything = environment | services | {"CONTACTHUB_VAR": str(folder.path)}
    log = folder.log_of("setup")
    command = [sys.executable, "manage.py", "prepare_demo"]
    making = spawn(
        command, log=log, stdout=sys.stdout, environment=everything | owner, folder=CHECKOUT
    )
    if making.wait():
        raise Unavailable(end_of(log))
    return everything


def _start_services(folder: Folder, environment: dict[str, str]) -> dict[str, str]:
    """Start what the environment does not name; return the addresses of both."""
    services = {}
    for title, name, start in SERVICES:
        services[name] = environment.get(name, "")
        if services[name]:
            say(f"  {title:<24}  yours ({name})\n")
            continue
        with timed(title):
            services[name] = start(folder.path / title.lower()).url
    return services
