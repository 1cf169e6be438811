"""manage.py create_user: a person and a role."""

from argparse import ArgumentParser
from typing import Any

from contacthub.core.commands import OperatorCommand
from contacthub.organizations import actions, queries
from contacthub.organizations.models import Membership


class Command(OperatorCommand):
    """Create a person in an organization."""

    help = (
        "Create a person in an organization and print the password once. An existing person keeps the "
        "password and joins this organization too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--name", help="name that people see (default: the part before the @)")
        parser.add_argument(
            "--role", choices=Membership.Role.values, default=Membership.Role.MEMBER
        )
        parser.add_argument("--password", help="default: a random one, printed once")

    def handle(
        self,
        *,
        email: str,
        organization: str,
        name: str | None,
        role: str,
        password: str | None,
        **_: Any,
    ) -> None:
        """Create the person and print address and password."""
        user, password = actions.create_user(
            organization=queries.get_organization(slug=organization),
            email=email,
            name=name or email.partition("@")[0],
            role=role,
            password=password,
        )
        self.stdout.write(f"{user.email} {password or '(keeps the password)'}")
