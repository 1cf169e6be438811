"""One thing that goes wrong never stops the loop over the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError

logger = structlog.get_logger(__name__)


@contextmanager
def apart(event: str, **about: Any) -> Iterator[None]:
    """Log whatever goes wrong inside under `event`, and continue. A database that is down is raised: all would fail."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception(event, **about)
