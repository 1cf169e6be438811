"""manage.py import_contacts: a file of contacts for one organization or for all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from contacthub.contacts import actions
from contacthub.contacts.runner import ContactReport
from contacthub.core.commands import OperatorCommand
from contacthub.core.progress import progress_bar
from contacthub.organizations.queries import get_organization


class Command(OperatorCommand):
    """Import contacts and their companies."""

    help = (
        "Import contacts and their companies from CSV, JSON Lines or Parquet (docs/import-format.md). All good rows go "
        "in at once; bad ones are written to a reject file with line number and reason. The same file twice changes "
        "nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--organization",
            metavar="SLUG",
            help="the only organization that sees them; default: shared by all organizations",
        )
        parser.add_argument(
            "--format", choices=["csv", "jsonl", "parquet"], help="default: from the file's name"
        )
        parser.add_argument("--encoding", help="of a CSV without byte order mark (default: utf-8)")
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="default: FILE.rejects.csv beside the input",
        )

    def handle(
        self,
        *,
        file: Path,
        organization: str | None,
        format: str | None,
        encoding: str | None,
        rejects: Path | None,
        **_: Any,
    ) -> None:
        """Import the file and print what became of its rows."""
        with progress_bar(file.name) as bar:
            report, reject_file = actions.import_contacts(
                path=file,
                organization=get_organization(slug=organization) if organization else None,
                format=format,
                encoding=encoding,
                rejects_path=rejects,
                on_start=bar.start,
                on_progress=bar.move_to,
            )
        self._print(report, reject_file)

    def _print(self, report: ContactReport, reject_file: Path | None) -> None:
        self.stdout.write(
            f"{report.inserted:,} contacts imported, {report.updated:,} changed, "
            f"{report.duplicates:,} were there already, {report.rejected:,} rejected"
        )
        self.stdout.write(
            f"{report.companies_inserted:,} companies imported, {report.companies_updated:,} changed"
        )
        if report.unknown_columns:
            self.stdout.write(f"Ignored, unknown columns: {', '.join(report.unknown_columns)}")
        if reject_file is not None:
            self.stdout.write(f"Rejected rows, with line and reason: {reject_file}")
