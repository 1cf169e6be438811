"""The demo as people run it: one process to start, everything gone when it ends, however it ends."""

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import psycopg
import pytest

from contacthub.core.embedded import free_port
from contacthub.demo.folder import CHECKOUT
from tests.stack import make_template
from tests.waiting import PATIENCE_SECONDS
from tests.workers import list_kill_points

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
# What the tests set for themselves and a person at a terminal has not.
NOT_AT_A_TERMINAL = (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "WHITENOISE_USE_FINDERS", "MAKELEVEL", "LOG_LEVEL",
    "DJANGO_SETTINGS_MODULE",
)  # fmt: skip


class Demo:
    """A demo in a folder of its own."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.process: subprocess.Popen[bytes] | None = None
        self.output = var.with_suffix(".out")

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_AT_A_TERMINAL}
        return (
            kept
            | {
                "CONTACTHUB_VAR": str(self.var),
                "PORT": str(self.port),
                "DEMO_SCALE": "0.01",
            }
            | more
        )

    def start(self, *, until: str = "Ctrl-C stops everything", **more: str) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "contacthub.demo"],
                cwd=CHECKOUT,
                env=self.environment(**more),
                stdout=output,
                stderr=output,
                start_new_session=True,
                # Tests may run under nohup, which its children inherit.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while until not in self.text() and time.monotonic() < deadline:
            assert self.process.poll() is None, self.text()
            time.sleep(0.05)
        assert until in self.text()

    def run(self, **more: str) -> tuple[int, str]:
        """Run it to its end, for starts that are refused."""
        ended = subprocess.run(
            [sys.executable, "-m", "contacthub.demo"],
            cwd=CHECKOUT,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return ended.returncode, ended.stdout

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def text(self) -> str:
        return self.output.read_text()

    def processes(self) -> list[int]:
        """Every process that belongs to this demo: its folder is in the command or the environment."""
        mark = os.fsencode(self.var)
        return [
            int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _mentions(folder, mark)
        ]

    def await_silence(self) -> None:
        deadline = time.monotonic() + 30
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.processes() == []

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=60
            ) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def manage(self, *command: str) -> tuple[int, str]:
        """Run manage.py as in another terminal, where only the folder is known."""
        environment = self.environment()
        ended = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout


def _mentions(folder: Path, mark: bytes) -> bool:
    try:
        if folder.joinpath("stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z":
            return False
        return (
            mark
            in folder.joinpath("cmdline").read_bytes() + folder.joinpath("environ").read_bytes()
        )
    except OSError:
        return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One folder for all tests: the first start makes the data, the others go on with it."""
    demo = Demo(tmp_path_factory.mktemp("demo run") / "var", free_port())
    yield demo
    for pid in demo.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def running(demo: Demo) -> Demo:
    if demo.process is None or demo.process.poll() is not None:
        demo.start()
    return demo


def test_it_serves_and_says_where_and_how_to_sign_in(running: Demo) -> None:
    status, body = running.get("/readyz")
    assert (status, orjson.loads(body)) == (200, {"status": "ok", "database": "ok", "broker": "ok"})
    log_ins = orjson.loads((running.var / "demo.json").read_bytes())
    assert log_ins["base_url"] == f"http://127.0.0.1:{running.port}"
    for organization in log_ins["organizations"]:
        for role in ("admin", "member"):
            assert organization[role]["email"] in running.text()
            assert organization[role]["password"] in running.text()
        assert organization["api_key"] not in running.text()
    for name in ("demo.json", "services.json", "secret-key"):
        assert stat.S_IMODE((running.var / name).stat().st_mode) == 0o600, name


def test_pages_come_with_their_collected_files(running: Demo) -> None:
    status, body = running.get("/")
    assert status == 200
    styles = re.findall(rb'href="(/static/[^"]+\.css)"', body)
    assert styles
    for path in styles:
        assert running.get(path.decode())[0] == 200
        assert re.search(rb"\.[0-9a-f]{12}\.", path)


def test_worker_hears_the_beat(running: Demo) -> None:
    deadline = time.monotonic() + 30
    log = running.var / "log/worker.log"
    while "jobs.tasks.sweep" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "jobs.tasks.sweep" in log.read_text()
    assert "Traceback" not in "".join(path.read_text() for path in log.parent.glob("*.log"))


def test_commands_in_another_terminal_reach_its_database(running: Demo) -> None:
    status, text = running.manage("create_organization", "initech")
    assert (status, text) == (0, "initech\n")
    services = orjson.loads((running.var / "services.json").read_bytes())
    assert services["SANDBOX"] == services["OUTBOUND_ALLOW_PRIVATE"] == "1"
    with psycopg.connect(services["DATABASE_URL"]) as db:
        row = db.execute(
            "SELECT name FROM organizations_organization WHERE slug = 'initech'"
        ).fetchone()
    assert row == ("initech",)
    running.manage("shell", "-c", "from contacthub.organizations.models import Organization as O; "
                   "O.objects.filter(slug='initech').delete()")  # fmt: skip


def test_second_start_in_the_same_folder_says_that_one_runs(running: Demo) -> None:
    status, text = running.run(PORT=str(free_port()))
    assert status == 1
    assert running.process is not None
    assert text == (
        f"The demo of this checkout is already running: http://127.0.0.1:{running.port} "
        f"(process {running.process.pid}). "
        f"Stop it with Ctrl-C in its terminal, or type: kill {running.process.pid}\n"
    )
    assert running.get("/healthz")[0] == 200


def test_ctrl_c_stops_everything_and_keeps_the_data(running: Demo) -> None:
    log_ins = (running.var / "demo.json").read_bytes()
    assert len(running.processes()) > 6
    assert running.end(signal.SIGINT) == 0
    assert running.processes() == []
    assert not (running.var / "services.json").exists()
    assert running.text().endswith("\nStopped. The data stays; `make demo` continues with it.\n")
    assert running.manage("showmigrations") == (
        1,
        "There is no database: set DATABASE_URL, or start `make demo` in another terminal.\n",
    )
    started = time.monotonic()
    running.start()
    assert time.monotonic() - started < 60
    assert (running.var / "demo.json").read_bytes() == log_ins


@pytest.mark.faults
def test_killed_supervisor_takes_all_with_it_and_blocks_no_start(running: Demo) -> None:
    log_ins = (running.var / "demo.json").read_bytes()
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert (running.var / "services.json").exists()
    running.start()  # at once, while the others may still be going
    assert running.get("/readyz")[0] == 200
    assert (running.var / "demo.json").read_bytes() == log_ins


def test_program_that_ends_by_itself_ends_all_and_is_named(running: Demo) -> None:
    beat = [
        pid for pid in running.processes() if b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.kill(beat[0], signal.SIGKILL)
    assert running.process is not None
    assert running.process.wait(timeout=PATIENCE_SECONDS) == 1
    assert "beat stopped unexpectedly, so everything was stopped." in running.text()
    assert f"The end of {running.var / 'log/beat.log'}:" in running.text()
    assert running.processes() == []


@pytest.mark.parametrize(
    ("moment", "how"),
    # A terminal that is closed, and a service manager, stop it as Ctrl-C does.
    list_kill_points(
        [
            ("Postgres", signal.SIGTERM),
            ("Database schema", signal.SIGHUP),
            ("Demo data", signal.SIGINT),
        ],
        always=[("Demo data", signal.SIGINT)],
    ),
)
def test_stop_during_the_start_leaves_nothing_behind(
    demo: Demo, moment: str, how: signal.Signals
) -> None:
    demo.start(until=moment)
    assert demo.end(how) == 0
    assert demo.text().endswith("\nStopped before everything had started.\n")
    assert demo.processes() == []
    assert not (demo.var / "services.json").exists()


@pytest.mark.parametrize("seconds", list_kill_points([0.02, 0.05, 0.1, 0.2, 0.4], always=[0.2]))
def test_ctrl_c_while_processes_start_loses_none(demo: Demo, seconds: float) -> None:
    demo.start(until="Postgres")
    time.sleep(seconds)
    assert demo.end(signal.SIGINT) == 0
    assert demo.processes() == []


def test_failed_step_shows_why(demo: Demo) -> None:
    nowhere = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/no_such_database"
    status, text = demo.run(DATABASE_URL=nowhere)
    assert status == 1
    assert re.search(r"Database schema: migrate\b.* failed\.", text)
    assert 'database "no_such_database" does not exist' in text
    assert "supervisor.py" not in text
    assert demo.processes() == []


def test_own_database_and_broker_are_used_where_they_are_named(
    tmp_path: Path, transactional_scratch: Callable[[str], str]
) -> None:
    other = Demo(tmp_path / "var", free_port())
    url = transactional_scratch("demo_of_mine")
    # Collecting the files is no part of it.
    other.start(DATABASE_URL=url, REDIS_URL=os.environ["REDIS_URL"], WHITENOISE_USE_FINDERS="1")
    assert not (other.var / "postgres").exists()
    assert not (other.var / "valkey").exists()
    assert other.get("/readyz")[0] == 200
    assert other.end(signal.SIGTERM) == 0
    with psycopg.connect(url) as db:
        assert db.execute("SELECT count(*) FROM organizations_organization").fetchone() == (3,)


@pytest.fixture
def transactional_scratch() -> Iterator[Callable[[str], str]]:
    """Make databases beside the tests' own and drop them afterwards."""
    base = os.environ["DATABASE_URL"]
    # With the tables, where that is quicker.
    is_scratch = bool(os.environ.get("TESTS_OWN_POSTGRES"))
    template = make_template(base.rpartition("/")[0]) if is_scratch else "template1"
    made: list[str] = []
    with psycopg.connect(base, autocommit=True) as db:

        def make(name: str) -> str:
            unique = f"{name}_{os.getpid()}"
            db.execute(
                psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    psycopg.sql.Identifier(unique), psycopg.sql.Identifier(template)
                )
            )
            made.append(unique)
            return f"{base.rpartition('/')[0]}/{unique}"

        yield make
        for name in made:
            db.execute(
                psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(
                    psycopg.sql.Identifier(name)
                )
            )


def test_busy_port_is_one_line_with_what_to_type(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        status, text = Demo(tmp_path / "var", port).run()
    assert status == 1
    assert re.fullmatch(rf"Port {port} is in use\. Type: make demo PORT=\d+\n", text)


@pytest.mark.parametrize("port", ["0", "65536", "80a", "-1"])
def test_impossible_port_is_one_line(tmp_path: Path, port: str) -> None:
    status, text = Demo(tmp_path / "var", 0).run(PORT=port)
    assert status == 1
    assert text == (
        f"PORT is a number from 1 to 65535, for example: make demo PORT=8001 (not '{port}')\n"
    )


def test_folder_of_somebody_else_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    status, text = Demo(blocked / "var", free_port()).run()
    assert status == 1
    assert text.startswith(f"{blocked / 'var'} cannot be written by this user.")
    assert text.count("\n") == 1
