"""manage.py audit_transactions: does the ledger explain every transaction?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from contacthub.contact_jobs.queries import list_drift, list_unexplained_holds
from contacthub.core.commands import OperatorCommand


class Command(OperatorCommand):
    """Compare accounts of transactions with their ledgers."""

    help = "Compare used and held transactions with the ledger and the jobs, and print each difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--strict", action="store_true", help="exit with status 1 where anything differs"
        )

    def handle(self, *, strict: bool, **_: Any) -> None:
        """Print the differences."""
        found = [
            f"{account}: the ledger says {used:,} used, {held:,} held"
            for account, used, held in list_drift()
        ]
        found += [
            f"{account}: waiting jobs will use {waiting:,}"
            for account, waiting in list_unexplained_holds()
        ]
        for line in found:
            self.stdout.write(line)
        if found and strict:
            raise CommandError(f"{len(found)} differences")
        if not found:
            self.stdout.write("The ledger explains every transaction.")
