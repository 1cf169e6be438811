"""The life of a demo: services, database, demo data, programs, the line with the address, the end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType

from contacthub.core import embedded
from contacthub.core.database_roles import APP_ROLE, create_app_role
from contacthub.core.embedded import begin_child, die_with_parent
from contacthub.core.errors import Unavailable
from contacthub.demo.announcer import Announcer
from contacthub.demo.ending import Ending, Stopped, ignore_signals
from contacthub.demo.folder import CHECKOUT, Folder, only_one, publish_services
from contacthub.demo.port import claim_port, read_port
from contacthub.demo.programs import COMMANDS, Programs

MOST_LOG_BYTES = 5_000_000
LOG_LINES = 12
# Between two looks at whether a step has ended or shall end.
LOOK_SECONDS = 0.2
# For commands in other terminals as well: this instance is its own vendor, at an address that is private.
SANDBOX = MappingProxyType({"SANDBOX": "1", "OUTBOUND_ALLOW_PRIVATE": "1"})
# A preview of a sandbox's feed holds a thread of the web server while it waits for another one of the same server:
# measured, the usual 16 in each of two processes starve when 32 people preview at once. Each has a database connection,
# of which the embedded Postgres has 200.
WEB_THREADS = "64"
# The steps that make tables run as their owner, which the other programs are not.
OWNER_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Database schema", ("migrate", "--verbosity=0")),
    ("Cache table", ("createcachetable",)),
)
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Static files", ("collectstatic", "--noinput", "--verbosity=0")),
    ("Demo data", ("load_demo",)),
)


def run_demo(environment: dict[str, str]) -> int:
    """Run the demo until somebody stops it. Returns 0 then, 1 where a program ended by itself.

    Raises `ContactHubError` with one line for a person where it cannot start.
    """
    port = read_port(environment.get("PORT") or "8000")
    base_url = environment.get("BASE_URL") or f"http://127.0.0.1:{port}"
    folder = Folder.of(environment)
    folder.make()
    _die_with_make(environment)
    ending = Ending()
    ending.listen()
    try:
        with only_one(folder, base_url), ExitStack() as stack:
            return _run_all(folder, environment | {"BASE_URL": base_url}, port, stack, ending)
    except Stopped:
        _say("\nStopped before everything ran.\n")
        return 0


def _run_all(
    folder: Folder, environment: dict[str, str], port: int, stack: ExitStack, ending: Ending
) -> int:
    has_crashed = folder.services.exists()
    folder.services.unlink(missing_ok=True)
    claim_port(port, after_crash=has_crashed)
    services = _start_services(folder, environment, stack, ending) | {
        "SECRET_KEY": environment.get("SECRET_KEY") or folder.secret_key(),
        "BASE_URL": environment["BASE_URL"],
        **SANDBOX,
    }
    owner = {"DATABASE_URL": services["DATABASE_URL"]}
    if not environment.get("DATABASE_URL"):
        services["DATABASE_URL"] = create_app_role(services["DATABASE_URL"])
        owner["DATABASE_APP_ROLE"] = APP_ROLE
    publish_services(folder, services)
    stack.callback(folder.services.unlink, missing_ok=True)
    everything = environment | services | {"CONTACTHUB_VAR": str(folder.path)}
    for title, command in OWNER_STEPS:
        _run_step(title, command, folder=folder, environment=everything | owner, ending=ending)
    for title, command in STEPS:
        # Served from where they are written, files are not collected.
        if command[0] != "collectstatic" or not environment.get("WHITENOISE_USE_FINDERS"):
            _run_step(title, command, folder=folder, environment=everything, ending=ending)
    return _run_programs(folder, everything, port, ending)


def _die_with_make(environment: dict[str, str]) -> None:
    """Stop with `make` when that is killed: who started it expects both to go."""
    if "MAKELEVEL" in environment:
        die_with_parent(signal.SIGTERM, os.getppid())


def _say(text: str) -> None:
    # The terminal may be gone by the time there is something to say.
    with contextlib.suppress(OSError):
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def _timed(title: str) -> Iterator[None]:
    _say(f"  {title:<24}")
    started = time.monotonic()
    yield
    _say(f"{time.monotonic() - started:5.1f} s\n")


def _start_services(
    folder: Folder, environment: dict[str, str], stack: ExitStack, ending: Ending
) -> dict[str, str]:
    """Start what the environment does not name; return the addresses of both."""
    services = {}
    for title, name, start in (
        ("Postgres", "DATABASE_URL", embedded.start_postgres),
        ("Valkey", "REDIS_URL", embedded.start_valkey),
    ):
        ending.check()
        services[name] = environment.get(name, "")
        if services[name]:
            _say(f"  {title:<24}  yours ({name})\n")
            continue
        with _timed(title):
            server = start(folder.path / title.lower(), is_cancelled=ending.is_wanted)
            stack.callback(server.stop)
            ending.check()
        services[name] = server.url
    return services


def _run_step(
    title: str,
    command: tuple[str, ...],
    *,
    folder: Folder,
    environment: dict[str, str],
    ending: Ending,
) -> None:
    """Run a command of manage.py. Raises `Unavailable` with the end of its output."""
    log = folder.logs / "setup.log"
    with _timed(title), log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=partial(begin_child, signal.SIGTERM, os.getpid()),
        )
        while process.poll() is None:
            if ending.is_wanted():
                process.terminate()
                process.wait()
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK_SECONDS)
        ending.check()
    if process.returncode:
        raise Unavailable(f"\n{title}: {' '.join(command)} failed.\n{_end_of(log)}")


def _run_programs(folder: Folder, environment: dict[str, str], port: int, ending: Ending) -> int:
    programs = Programs(is_cancelled=ending.is_wanted)
    for name, command in COMMANDS.items():
        log = folder.logs / f"{name}.log"
        _turn_over(log)
        own = {
            "WEB_THREADS": WEB_THREADS,
            **environment,
            "CONTACTHUB_PROCESS": f"contacthub-{name}",
        }
        options = (f"--bind=127.0.0.1:{port}",) if name == "web" else ()
        programs.add(name, (*command, *options), environment=own, log=log)
    announcer = Announcer(folder, port)
    announcer.start()
    # From here on honcho answers the signals, by stopping the programs; of a closed terminal it knows nothing.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    programs.loop()
    ignore_signals()
    announcer.stop()
    if programs.culprit is not None:
        log = folder.logs / f"{programs.culprit}.log"
        raise Unavailable(
            f"\n{programs.culprit} ended by itself, so all was stopped.\n{_end_of(log)}"
        )
    if announcer.has_failed:
        return 1
    _say("\nStopped. The data stays; `make demo` goes on with it.\n")
    return 0


def _turn_over(log: Path) -> None:
    """Keep a log from growing for ever: one old file beside the new one."""
    if log.exists() and log.stat().st_size > MOST_LOG_BYTES:
        log.rename(log.with_suffix(".log.1"))


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"The end of {log}:", *lines[-LOG_LINES:]])
