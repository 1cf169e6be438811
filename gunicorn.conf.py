"""The web server: gunicorn reads this file by itself from the folder it starts in.

The address comes from `--bind`, else from the variable PORT.
"""

import os
from pathlib import Path

import contacthub.wsgi  # noqa: F401 - first: it sets the time-outs of a web process before the settings are read
from contacthub.settings import LOGGING
from contacthub.webserver import Worker

wsgi_app = "contacthub.wsgi:application"
# Threads, because a slow download holds one for its whole length and needs no processor meanwhile.
# Its refusals have the protocols' shapes.
worker_class = Worker
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
# Bytes, the most there can be: some protocols' filters are lists in the address.
limit_request_line = 8190
# Loaded once and forked: half the memory and half the start, and a wrong setting stops the start.
preload_app = True
# Seconds. A worker whose loop has stalled is replaced; requests are bounded by STATEMENT_TIMEOUT.
timeout = 60
# Seconds that running requests get when the server stops; a cut download resumes where it was.
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_TIMEOUT", "30"))
# Seconds; longer than the 60 after which common proxies close, so that none meets a closed one.
keepalive = 65
# The heartbeat file in memory: a busy disk must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# The way in for `gunicornc` would be a file in the home folder, which a container does not have.
control_socket_disable = True
# Requests are logged by the application, with their id; gunicorn adds its own starts and stops.
accesslog = None
# Should `--access-logfile` switch gunicorn's own on: no address, no headers, because tokens stand in them.
access_log_format = "%(m)s %(s)s %(B)s %(L)s"
logconfig_dict = LOGGING | {
    "loggers": LOGGING["loggers"]
    | {"gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False}}
}
