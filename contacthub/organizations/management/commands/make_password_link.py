"""Make a one-time link with which a person chooses a new password, such as the only owner who has lost it."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from contacthub.core.commands import OperatorCommand
from contacthub.core.errors import NotFound
from contacthub.organizations.password_links import make_password_link_as_operator


class Command(OperatorCommand):
    """`make_password_link EMAIL` prints the link once; it works once, for a day."""

    help = "Print a one-time link with which a person chooses a new password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the person's address."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link."""
        try:
            user, link = make_password_link_as_operator(email=options["email"])
        except NotFound as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"For {user.name}, once, within a day:\n{link}")
