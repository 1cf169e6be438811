"""manage.py create_organization: a new tenant."""

from argparse import ArgumentParser
from typing import Any

from contacthub.core.commands import OperatorCommand
from contacthub.organizations import actions


class Command(OperatorCommand):
    """Create an organization."""

    help = "Create an organization, for example: create_organization acme --name 'Acme Revenue'"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "slug", help="short name for commands and addresses: letters, digits, - and _"
        )
        parser.add_argument("--name", help="name that people see (default: the slug)")

    def handle(self, *, slug: str, name: str | None, **_: Any) -> None:
        """Create it and print its slug."""
        organization = actions.create_organization(slug=slug, name=name or slug)
        self.stdout.write(organization.slug)
