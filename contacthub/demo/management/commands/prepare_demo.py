"""manage.py prepare_demo: make what the programs of the demo need, in one process: each takes a second to start."""

import sys
import traceback
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from contacthub.demo.static_files import have_changed, note_collected
from contacthub.demo.terminal import say, timed


class Command(BaseCommand):
    """Make tables, static files and demo data where they are missing."""

    help = "For `make demo`: updates tables, static files and the demo data, and says what takes how long."

    def handle(self, **_: Any) -> None:
        """Run all steps. What they print goes to standard error, which is a log; the terminal gets their names."""
        self._run("Database schema", "migrate", verbosity=0)
        self._run("Cache table", "createcachetable")
        _become_app()
        if settings.STATIC_ROOT is not None and have_changed():
            self._run("Static files", "collectstatic", interactive=False, verbosity=0)
            note_collected()
        self._run("Demo data", "load_demo")

    def _run(self, title: str, command: str, **options: Any) -> None:
        with timed(title):
            try:
                call_command(command, stdout=self.stderr, **options)
            except Exception as error:
                self.stderr.write(
                    str(error) if isinstance(error, CommandError) else traceback.format_exc()
                )
                say(f"\n\n{title}: {command} failed.\n")
                sys.exit(1)


def _become_app() -> None:
    """Continue as the role of the programs, whose address is published, if that is not the tables' owner."""
    if settings.DATABASE_APP_ROLE:
        services = orjson.loads(settings.SERVICES_FILE.read_bytes())
        address = urlsplit(services["DATABASE_URL"])
        connection.close()
        connection.settings_dict.update(USER=address.username, PASSWORD=address.password)
