"""`manage.py create_database_roles`: the roles that own the tables and run the programs."""

import os
from typing import Any

import psycopg
from django.core.management.base import CommandError

from contacthub.core.commands import OperatorCommand
from contacthub.core.database_roles import create_roles

NEEDED = ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_APP_URL")


class Command(OperatorCommand):
    """Create both roles, or set their passwords, and give the owner all that is there. Safe to run again."""

    help = (
        "Creates the role that owns the tables (for migrate) and the plain one that runs the programs, or sets their "
        f"passwords. Reads {', '.join(NEEDED)}; the first is a superuser's."
    )
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        """Run as Postgres's superuser, once before every migrate."""
        missing = [name for name in NEEDED if not os.environ.get(name)]
        if missing:
            raise CommandError(f"Set {', '.join(missing)}.")
        admin, owner, app = (os.environ[name] for name in NEEDED)
        try:
            create_roles(admin_url=admin, owner_url=owner, app_url=app)
        except psycopg.Error as error:
            raise CommandError(f"The roles were not created: {error}") from error
        self.stdout.write("Both roles are there, and the owner owns every table.")
