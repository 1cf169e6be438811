"""Postgres and Valkey for one machine: its own ones or those of PyPI wheels, run directly.

Used by `make demo` and the tests; in production both are services of their own (compose.yaml).
"""

from contacthub.core.embedded.postgres import start_postgres
from contacthub.core.embedded.processes import Server, free_port
from contacthub.core.embedded.valkey import start_valkey

__all__ = ["Server", "free_port", "start_postgres", "start_valkey"]
