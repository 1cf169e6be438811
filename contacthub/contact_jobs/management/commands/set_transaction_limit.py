"""manage.py set_transaction_limit: how many contacts an organization may ask for by id on InsideView."""

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from contacthub.contact_jobs import transactions
from contacthub.core.commands import OperatorCommand
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.queries import get_organization


class Command(OperatorCommand):
    """Set an organization's limit."""

    help = (
        "Set how many transactions an organization may use in all; one transaction is one contact requested by id in "
        "an InsideView job. Prints what is left. Without a limit an organization may use any number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--organization", required=True, metavar="SLUG")
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--limit", type=int, metavar="N", help="transactions in all")
        choice.add_argument("--no-limit", action="store_true", help="any number")

    def handle(self, *, organization: str, limit: int | None, **_: Any) -> None:
        """Set the limit and print what is left."""
        with transaction.atomic():
            account = transactions.set_limit(
                organization=get_organization(slug=organization),
                actor=COMMAND_LINE,
                limit=limit,
            )
        left = "no limit" if account.remaining is None else f"{account.remaining} left"
        self.stdout.write(f"{account.used} used, {account.held} held, {left}")
