"""The embedded servers on real files and processes: slow starts, bad folders, crashes, root."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contacthub.core import embedded
from contacthub.core.embedded import processes
from contacthub.core.errors import Unavailable
from tests.waiting import wait_for

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root, whom Postgres refuses to run as"
)


@pytest.fixture
def servers() -> Iterator[list[embedded.Server]]:
    """Servers to stop after the test, whatever became of it."""
    started: list[embedded.Server] = []
    yield started
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Postgres that was started once: making its data takes two seconds."""
    folder = tmp_path_factory.mktemp("made") / "pg"
    embedded.start_postgres(folder, is_scratch=True).stop()
    return folder


@pytest.fixture
def again(
    made: Path, tmp_path: Path, start: Callable[[], embedded.Server]
) -> Callable[[], embedded.Server]:
    """Start a scratch Postgres in `tmp_path / "pg"` that ran before, as often as asked."""
    # With owners and modes, on which Postgres insists.
    subprocess.run(["cp", "-a", made, tmp_path / "pg"], check=True)
    return start


@pytest.fixture
def start(servers: list[embedded.Server], tmp_path: Path) -> Callable[[], embedded.Server]:
    """Start a scratch Postgres in `tmp_path / "pg"`, as often as asked."""

    def start_one() -> embedded.Server:
        servers.append(embedded.start_postgres(tmp_path / "pg", is_scratch=True))
        return servers[-1]

    return start_one


def ask(server: embedded.Server, statement: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as db:
        cursor = db.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def port_of(server: embedded.Server) -> int:
    return urlsplit(server.url).port or 0


def is_alive(pid: int) -> bool:
    """A process that has ended and that nobody waits for is a zombie: not alive."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_data_survives_a_restart_on_another_port(again: Callable[[], embedded.Server]) -> None:
    first = again()
    ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    second = again()
    assert ask(second, "SELECT answer FROM kept") == 42
    assert ask(second, "SELECT current_database()") == "contacthub"
    assert ask(second, "SHOW server_encoding") == "UTF8"


def test_wrong_password_is_refused(again: Callable[[], embedded.Server]) -> None:
    url = again().url
    password = urlsplit(url).password or ""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, "guess"))


def test_valkey_answers_only_with_its_password_and_from_a_folder_with_odd_characters(
    servers: list[embedded.Server], tmp_path: Path
) -> None:
    server = embedded.start_valkey(tmp_path / 'a "quoted" føld er')
    servers.append(server)
    with redis.Redis.from_url(server.url) as client:
        assert client.ping()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with (
        redis.Redis(port=port_of(server), retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()
    assert "requirepass" not in Path(f"/proc/{server.pid}/cmdline").read_text()


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child that its parent has ended"
)
def test_servers_end_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom contacthub.core import embedded\n"
        "postgres = embedded.start_postgres(Path(sys.argv[1]) / 'pg', is_scratch=True)\n"
        "valkey = embedded.start_valkey(Path(sys.argv[1]) / 'vk')\n"
        "print(postgres.pid, valkey.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    pids = [int(pid) for pid in ended.stdout.split()]
    assert len(pids) == 2
    wait_for(lambda: not any(map(is_alive, pids)))


def test_survivor_on_the_same_data_is_stopped(again: Callable[[], embedded.Server]) -> None:
    survivor = again()
    ask(survivor, "CREATE TABLE kept AS SELECT 42 AS answer")
    successor = again()
    assert survivor.process.wait(timeout=60) == 0
    assert ask(successor, "SELECT answer FROM kept") == 42


def test_lock_file_that_names_a_stranger_is_forgotten(
    again: Callable[[], embedded.Server], tmp_path: Path
) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (tmp_path / "pg/data/postmaster.pid").write_text(
            f"{stranger.pid}\n/elsewhere\n1700000000\n5432\n"
        )
        assert ask(again(), "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("content", ["", "999999999\n/elsewhere\n1700000000\n5432\n"])
def test_stale_lock_file_does_not_block_a_start(
    again: Callable[[], embedded.Server], tmp_path: Path, content: str
) -> None:
    (tmp_path / "pg/data/postmaster.pid").write_text(content)
    assert ask(again(), "SELECT 1") == 1


def test_first_start_that_was_interrupted_is_done_again(
    start: Callable[[], embedded.Server], tmp_path: Path
) -> None:
    draft = tmp_path / "pg/data.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("15\n")
    assert ask(start(), "SELECT 1") == 1
    assert not draft.exists()


def test_data_of_a_release_that_is_gone_says_what_to_do(
    start: Callable[[], embedded.Server], tmp_path: Path
) -> None:
    (tmp_path / "pg/data").mkdir(parents=True)
    (tmp_path / "pg/data/PG_VERSION").write_text("9\n")
    with pytest.raises(
        Unavailable, match=r"made by Postgres 9, .* Install it again, or remove .*/pg "
    ):
        start()


def test_unknown_release_names_those_that_are_here(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"Postgres 12 is not installed; found: .*\d"):
        embedded.start_postgres(tmp_path, release=12)


def test_failed_start_shows_the_end_of_the_log(
    again: Callable[[], embedded.Server], tmp_path: Path
) -> None:
    with (tmp_path / "pg/data/postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(Unavailable, match="no_such_setting"):
        again()


def test_lost_password_is_explained(again: Callable[[], embedded.Server], tmp_path: Path) -> None:
    (tmp_path / "pg/password").unlink()
    with pytest.raises(Unavailable, match="pg/password cannot be read"):
        again()


@pytest.mark.parametrize("start_server", [embedded.start_postgres, embedded.start_valkey])
def test_port_that_is_taken_in_between_gets_another_try(
    start_server: Callable[[Path], embedded.Server],
    servers: list[embedded.Server],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    blocker = embedded.start_valkey(tmp_path / "blocker")
    servers.append(blocker)
    taken = port_of(blocker)
    ports = iter([taken, embedded.free_port()])
    monkeypatch.setattr(processes, "free_port", lambda: next(ports))
    servers.append(start_server(tmp_path / "server"))
    assert f":{taken}/" not in servers[-1].url
    assert next(ports, None) is None


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["open", "only root may enter"])
def test_root_without_user_namespaces_runs_postgres_as_nobody(
    servers: list[embedded.Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    refused = tmp_path / "bin/unshare"
    refused.parent.mkdir()
    refused.write_text("#!/bin/sh\nexit 1\n")
    refused.chmod(0o755)
    folder = tmp_path / "checkout"
    folder.mkdir()
    for above in (tmp_path, *tmp_path.parents[:2]):
        above.chmod(0o755)
    folder.chmod(mode)
    # Made with a user namespace first: the files have to change hands.
    embedded.start_postgres(folder / "pg", is_scratch=True).stop()
    monkeypatch.setenv("PATH", f"{refused.parent}:{os.environ['PATH']}")
    servers.append(embedded.start_postgres(folder / "pg", is_scratch=True))
    assert ask(servers[-1], "SELECT 1") == 1
    assert f"Uid:\t{65534}\t{65534}" in Path(f"/proc/{servers[-1].pid}/status").read_text()


@as_root
def test_root_that_can_be_nobody_else_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("unshare", "setpriv"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Unavailable, match="Run this as an ordinary user, or set DATABASE_URL"):
        embedded.start_postgres(tmp_path / "pg", is_scratch=True)
