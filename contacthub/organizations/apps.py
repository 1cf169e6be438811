"""What Django learns of people and the audit log: who may change its tables, and a check of the database's role."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import connection, connections
from django.db.models.signals import post_migrate

from contacthub.core.database_roles import grant_tables, is_plain, list_unbound

# Lines of the audit log are added and read, not changed.
APPEND_ONLY = ("organizations_auditevent",)
# Written by the database itself, in the name of their owner.
READ_ONLY = ("organizations_auditlink", "organizations_auditchain")


class OrganizationsConfig(AppConfig):
    """The app of organizations."""

    name = "contacthub.organizations"

    def ready(self) -> None:
        """Register the check, and what follows a migration."""
        checks.register(check_role, checks.Tags.database, deploy=True)
        post_migrate.connect(grant_to_programs, sender=self)


def grant_to_programs(*, using: str, **_: Any) -> None:
    """After a migration, let the programs' role use the tables (setting DATABASE_APP_ROLE)."""
    if settings.DATABASE_APP_ROLE:
        with connections[using].cursor() as cursor:
            grant_tables(
                cursor,
                role=settings.DATABASE_APP_ROLE,
                append_only=APPEND_ONLY,
                read_only=READ_ONLY,
            )


def check_role(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Warn where programs would connect with a role that no rule of the database binds."""
    if not databases:
        return []
    hint = "Run create_database_roles, and let the programs use the plain role (docs/operating.md)."
    with connection.cursor() as cursor:
        if not is_plain(cursor):
            text = "The database's role is a superuser or may act as one."
            return [checks.Warning(text, hint=hint, id="contacthub.W002")]
        if list_unbound(cursor):
            text = "The database's role owns tables, so that it sees the rows of all organizations."
            return [checks.Warning(text, hint=hint, id="contacthub.W003")]
    return []
