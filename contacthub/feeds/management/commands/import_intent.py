"""manage.py import_intent: a file of intent records into a feed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from contacthub.core.commands import OperatorCommand
from contacthub.core.progress import progress_bar
from contacthub.feeds import actions
from contacthub.feeds.queries import get_feed


class Command(OperatorCommand):
    """Import intent records."""

    help = (
        "Import intent records from CSV, JSON Lines or Parquet (docs/import-format.md). All good rows go in at once; "
        "bad ones are written to a reject file with line number and reason. The same file twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--feed", required=True, type=UUID, metavar="ID", help="as create_feed printed it"
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
        feed: UUID,
        format: str | None,
        encoding: str | None,
        rejects: Path | None,
        **_: Any,
    ) -> None:
        """Import the file and print what became of its rows."""
        with progress_bar(file.name) as bar:
            report, reject_file = actions.import_intent(
                feed=get_feed(public_id=feed),
                path=file,
                format=format,
                encoding=encoding,
                rejects_path=rejects,
                on_start=bar.start,
                on_progress=bar.move_to,
            )
        self.stdout.write(
            f"{report.inserted:,} rows imported, {report.duplicates:,} were there already, {report.rejected:,} rejected"
        )
        if reject_file is not None:
            self.stdout.write(f"Rejected rows, with line and reason: {reject_file}")
