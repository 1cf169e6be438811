"""manage.py issue_key: a key for a program."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from contacthub.core import clock
from contacthub.core.commands import OperatorCommand
from contacthub.credentials import actions
from contacthub.credentials.models import DEFAULT_RATE
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.queries import get_organization

MOST_DAYS = 36500


class Command(OperatorCommand):
    """Issue an API key."""

    help = (
        "Issue an API key and print two lines: the key, which is shown this one time and kept only as a hash, and its "
        "public id, which revoke_key and the dashboard use. For example: "
        "issue_key --organization acme --scopes contactbased letrics:read --name 'CRM nightly push'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument(
            "--scopes",
            required=True,
            nargs="+",
            metavar="SCOPE",
            help=f"all, or protocols ({', '.join(PROTOCOLS)}); :read or :write after one gives only that, and "
            "writing is what spends or creates",
        )
        parser.add_argument(
            "--name", default="Command line key", help="name that people see (default: %(default)s)"
        )
        parser.add_argument(
            "--expires-in-days", type=int, metavar="DAYS", help="default: no end date"
        )
        parser.add_argument(
            "--rate",
            type=int,
            default=DEFAULT_RATE,
            metavar="N",
            help="requests a minute (default: %(default)s)",
        )
        parser.add_argument(
            "--address",
            nargs="+",
            default=[],
            metavar="CIDR",
            help="networks the key may be used from, such as 10.20.0.0/16 (default: anywhere)",
        )

    def handle(
        self,
        *,
        organization: str,
        scopes: list[str],
        name: str,
        expires_in_days: int | None,
        rate: int,
        address: list[str],
        **_: Any,
    ) -> None:
        """Issue the key and print it with its public id."""
        key, text = actions.issue_key(
            organization=get_organization(slug=organization),
            actor=COMMAND_LINE,
            name=name,
            scopes=scopes,
            expires_at=_expiry(expires_in_days),
            allowed_addresses=address,
            rate_per_minute=rate,
        )
        self.stdout.write(text)
        self.stdout.write(key.public_id)


def _expiry(days: int | None) -> dt.datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MOST_DAYS:
        raise CommandError(f"A key lasts 1 to {MOST_DAYS:,} days.")
    return clock.now() + dt.timedelta(days=days)
