"""Waits beside the programs until the web server answers, and then tells people where it is."""

import multiprocessing
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import orjson

from contacthub.core.embedded import die_with_parent
from contacthub.demo.folder import Folder

# Seconds; a fresh machine with cold disks needs a quarter of it.
MOST_WAIT_SECONDS = 90


class Announcer:
    """A process of its own, because the programs' supervisor is busy with them."""

    def __init__(self, folder: Folder, port: int) -> None:
        self._folder, self._port, self._supervisor = folder, port, os.getpid()
        self._process = multiprocessing.Process(target=self._announce)

    def start(self) -> None:
        """Begin to wait."""
        self._process.start()

    def stop(self) -> None:
        """End, whether or not there was anything to tell."""
        self._process.terminate()
        self._process.join()

    @property
    def has_failed(self) -> bool:
        """Whether the web server never answered, in which case all was stopped."""
        return self._process.exitcode == 1

    def _announce(self) -> None:
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent(signal.SIGKILL, self._supervisor)
        log_ins = orjson.loads(self._folder.log_ins.read_bytes())
        if self._wait(log_ins["base_url"]):
            sys.stdout.write(describe(log_ins, self._folder))
            sys.stdout.flush()
            return
        sys.stderr.write(
            f"\nThe web server does not answer; see {self._folder.logs / 'web.log'}.\n"
        )
        os.kill(self._supervisor, signal.SIGTERM)
        sys.exit(1)

    def _wait(self, base_url: str) -> bool:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/readyz", headers={"Host": urlsplit(base_url).netloc}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        until = time.monotonic() + MOST_WAIT_SECONDS
        while time.monotonic() < until:
            try:
                with opener.open(request, timeout=5):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        return False


def describe(log_ins: dict[str, object], folder: Folder) -> str:
    """Return what a person needs: the address, who may sign in, and where the rest is."""
    lines = ["", f"Ready: {log_ins['base_url']}", ""]
    for organization in log_ins["organizations"]:  # type: ignore[attr-defined]
        for role in ("admin", "member"):
            who = organization[role]
            lines.append(
                f"  {organization['name']:<20} {role:<8} {who['email']:<24} {who['password']}"
            )
    lines += [
        "",
        f"  API keys: {folder.log_ins}",
        f"  Logs:     {folder.logs}",
        "  Commands: .venv/bin/python manage.py help",
        "",
        "Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)
