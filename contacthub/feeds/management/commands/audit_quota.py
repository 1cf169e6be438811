"""manage.py audit_quota: does the ledger explain every used row?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from contacthub.core.commands import OperatorCommand
from contacthub.feeds.queries import list_ledger_drift, list_unexplained_holds


class Command(OperatorCommand):
    """Compare quotas with the ledger."""

    help = (
        "Compare the used and held rows of every feed with the ledger, and print each difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--strict", action="store_true", help="exit with status 1 where anything differs"
        )

    def handle(self, *, strict: bool, **_: Any) -> None:
        """Print the differences."""
        found = [
            f"{grant}: {grant.export_rows_used:,} rows used, the ledger says {entered:,}"
            for grant, entered in list_ledger_drift()
        ]
        found += [
            f"{grant}: {grant.export_rows_held:,} rows held, running searches hold {held:,}"
            for grant, held in list_unexplained_holds()
        ]
        for line in found:
            self.stdout.write(line)
        if found and strict:
            raise CommandError(f"{len(found)} differences")
        if not found:
            self.stdout.write("The ledger explains every row.")
