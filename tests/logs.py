"""Log lines as the real formatter writes them, for tests."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from contacthub.core.logs import make_formatter


@contextmanager
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Collect every line that the program's own handler would write; the yielded function returns those so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter())
    # These do not hand their lines on to the root.
    loggers = [logging.getLogger(name) for name in ("", "django.server", "gunicorn.error")]
    levels = {each: each.level for each in (*loggers, logging.getLogger("contacthub"))}
    for logger in loggers:
        logger.addHandler(handler)
    for name in ("", "contacthub"):
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        for logger, level in levels.items():
            logger.setLevel(level)
