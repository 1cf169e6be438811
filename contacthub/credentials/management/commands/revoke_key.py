"""manage.py revoke_key: end a key at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacthub.core.errors import ContactHubError
from contacthub.credentials import actions
from contacthub.credentials.queries import get_any_key
from contacthub.organizations.audit import COMMAND_LINE


class Command(BaseCommand):
    """Revoke an API key."""

    help = "Revoke an API key of any organization by its public id; it is refused from the next request on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "public_id",
            metavar="PUBLIC_ID",
            help="as issue_key printed it: the ten characters after chub_live_",
        )

    def handle(self, *, public_id: str, **_: Any) -> None:
        """Revoke the key and say whose it was."""
        try:
            key = get_any_key(public_id=public_id)
            actions.revoke_key(
                organization=key.organization, actor=COMMAND_LINE, public_id=public_id
            )
        except ContactHubError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{key.name} of {key.organization.slug} is revoked.")
