#!/usr/bin/env python
"""Run a ContactHub command: `manage.py help` lists them."""

import os
import sys
from urllib.parse import urlsplit

import psycopg
from django.core.management import execute_from_command_line
from django.db import OperationalError

from contacthub.core.tenancy import across_organizations


def explain_silence(error: OperationalError) -> str:
    """Return what to do where no database answers. What a database itself complains of is raised again."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.OperationalError) or cause.sqlstate is not None:
        raise error
    if "DATABASE_URL" not in os.environ:
        return "There is no database: set DATABASE_URL, or start `make demo` in another terminal."
    address = urlsplit(os.environ["DATABASE_URL"])
    reason = str(cause).partition("\n")[0]
    return (
        f"The database at {address.hostname}:{address.port or 5432} does not answer: {reason}\n"
        "Check DATABASE_URL, or start `make demo` in another terminal."
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contacthub.settings")
    try:
        # Commands are an operator's.
        with across_organizations():
            execute_from_command_line(sys.argv)
    except OperationalError as error:
        sys.exit(explain_silence(error))
