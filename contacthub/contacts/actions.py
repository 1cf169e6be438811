"""Writes about contacts: import a file of them."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from contacthub.contacts import intake, runner
from contacthub.contacts.runner import ContactReport
from contacthub.core import clock
from contacthub.core.tabular import RejectFile, TableFile, open_table
from contacthub.organizations.actions import COMMAND_LINE, Actor, record_event
from contacthub.organizations.models import Organization


def import_contacts(
    *,
    path: Path,
    organization: Organization | None = None,
    format: str | None = None,
    encoding: str | None = None,
    rejects_path: Path | None = None,
    actor: Actor = COMMAND_LINE,
    today: dt.date | None = None,
    on_start: Callable[[int], None] = lambda size: None,
    on_progress: Callable[[int], None] = lambda position: None,
) -> tuple[ContactReport, Path | None]:
    """Read a file of contacts for one organization, or for all; docs/import-format.md says what it may hold.

    Returns the counts and the path of the reject file (default: the file's name with `.rejects.csv`), or None where
    every row went in. The same file twice changes nothing; a stopped import leaves nothing. Raises `Invalid` for a
    file that cannot be read.
    """

    def open_file() -> TableFile:
        return open_table(
            path, columns=intake.NAMES, nested=intake.NESTED, format=format, encoding=encoding
        )

    with (
        open_file() as table,
        RejectFile.beside(path, rejects_path) as rejects,
        transaction.atomic(),
    ):
        on_start(table.size)
        report = runner.import_contacts(
            organization=organization,
            table=table,
            reopen=open_file,
            rejects=rejects,
            today=today or clock.today(),
            on_progress=on_progress,
        )
        if organization is not None:
            _record(organization, actor, path, report)
    return report, rejects.path if rejects.count else None


def _record(organization: Organization, actor: Actor, path: Path, report: ContactReport) -> None:
    record_event(
        organization=organization,
        actor=actor,
        action="Imported contacts",
        target=path.name,
        detail=f"{report.inserted:,} new, {report.updated:,} changed, {report.rejected:,} rejected",
        rows=report.inserted + report.updated,
        has_personal_data=True,
    )
