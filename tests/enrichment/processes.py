"""Worker processes on the test's database."""

import os
import signal
import subprocess
import sys

from django.db import connection


def run_worker(module: str, *arguments: str, failpoints: str = "") -> None:
    """Run a worker to its end: to being killed, where there are failpoints."""
    settings = connection.settings_dict
    url = (
        f"postgres://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST'] or '127.0.0.1'}"
        f":{settings['PORT']}/{settings['NAME']}"
    )
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "contacthub.settings",
        "CONTACTHUB_FAILPOINTS": failpoints,
        "OUTBOUND_ALLOW_PRIVATE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == (-signal.SIGKILL if failpoints else 0), done.stderr.decode()[-2000:]
