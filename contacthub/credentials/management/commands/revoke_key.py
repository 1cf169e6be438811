"""manage.py revoke_key: end a key at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from contacthub.core.commands import OperatorCommand
from contacthub.credentials import actions
from contacthub.credentials.keys import find_public_id
from contacthub.credentials.queries import get_any_key
from contacthub.organizations.audit import COMMAND_LINE


class Command(OperatorCommand):
    """Revoke an API key."""

    help = "Revoke an API key of any organization; it is refused from the next request on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "key",
            metavar="KEY",
            help="the public id (the ten characters after chub_live_), or a whole key, such as one that leaked",
        )

    def handle(self, *, key: str, **_: Any) -> None:
        """Revoke the key and say whose it was. A whole key is never printed."""
        public_id = find_public_id(key)
        if public_id is None:
            raise CommandError("This is neither a public id nor a whole key.")
        self._revoke(public_id)

    def _revoke(self, public_id: str) -> None:
        key = get_any_key(public_id=public_id)
        actions.revoke_key(organization=key.organization, actor=COMMAND_LINE, public_id=public_id)
        self.stdout.write(f"{key.name} of {key.organization.slug} is revoked.")
