"""What the operator's commands have in common."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacthub.core.errors import ContactHubError


class OperatorCommand(BaseCommand):
    """A command of `manage.py` that begins at once and says in one line what is wrong.

    Django's checks load every page and protocol first, which takes longer than most commands; `migrate`, which runs
    before every start, makes them.
    """

    requires_system_checks: tuple[str, ...] = ()

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        """Run it. Raises `CommandError` if ContactHub refuses."""
        try:
            return super().execute(*arguments, **options)
        except ContactHubError as error:
            raise CommandError(str(error)) from error
