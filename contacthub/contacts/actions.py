"""Writes about contacts: import a file of them, or what a vendor answered."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from contacthub.contacts import runner, sql
from contacthub.contacts.intake.columns import NAMES, NESTED
from contacthub.contacts.observed import Observed, keep_known, merge_observed
from contacthub.contacts.origins import Origin
from contacthub.contacts.runner import ContactReport
from contacthub.core import clock
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tabular import Reject, RejectFile, RejectList, TableFile, open_rows, open_table
from contacthub.organizations.audit import COMMAND_LINE, Actor, record_event
from contacthub.organizations.models import Organization

# Rows without a source.
ROWS = Origin()


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
        return open_table(path, columns=NAMES, nested=NESTED, format=format, encoding=encoding)

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
            origin=Origin(name=path.name),
        )
        if organization is not None:
            _record(organization, actor, path, report)
    return report, rejects.path if rejects.count else None


def save_contacts(
    *,
    organization: Organization,
    rows: Iterable[dict[str, Any]],
    today: dt.date | None = None,
    origin: Origin | None = ROWS,
) -> tuple[ContactReport, list[Reject]]:
    """Save some rows, in the words of an import, as contacts of one organization; in the caller's transaction.

    Returns the counts, and by their places, counted from 1, the rows that could not be used and why. For thousands of
    rows at a time: they are held in memory.
    """
    given = list(rows)

    def open_given() -> TableFile:
        return open_rows(given, columns=NAMES, nested=NESTED)

    rejects = RejectList()
    with open_given() as table:
        report = runner.import_contacts(
            organization=organization,
            table=table,
            reopen=open_given,
            rejects=rejects,
            today=today or clock.today(),
            on_progress=lambda position: None,
            origin=origin,
        )
    return report, rejects.items


def add_observed(
    *,
    organization: Organization,
    observed: Iterable[Observed],
    is_valid_first: bool = False,
    today: dt.date | None = None,
    origin: Origin = ROWS,
) -> dict[int, str]:
    """Add what a vendor knows of contacts to the organization's own; in the caller's transaction.

    Nothing that is known is lost or changed: fields of a profile are added where there is no value, addresses and
    numbers after those already there. With `is_valid_first`, valid addresses come before the others. A contact that is
    shared, or unknown, becomes the organization's own. Returns the contacts of which nothing could be used, by key, and
    why.
    """
    # Before reading what is there: no other import may add to it until then.
    sql.lock_imports(organization=organization.pk)
    rows = merge_observed(
        organization=organization, observed=observed, is_valid_first=is_valid_first
    )
    if not rows:
        return {}
    _, rejects = save_contacts(organization=organization, rows=rows, today=today, origin=origin)
    return {parse_contact_id(rows[each.line - 1]["contact_id"]): each.reason for each in rejects}


@dataclass(frozen=True)
class Pulled:
    """What became of pulled rows: the counts, those that could not be used, and the keys of the contacts they are."""

    report: ContactReport
    rejects: list[Reject]
    keys: list[int]


@dataclass(frozen=True)
class Added:
    """What became of some rows: contacts (by key) or companies (by primary key) aligned with them, None if a row
    could not be used; how many are new and how many changed."""

    ids: list[int | None]
    inserted: int
    updated: int


def add_found(
    *,
    organization: Organization,
    rows: Iterable[dict[str, Any]],
    today: dt.date | None = None,
    origin: Origin = ROWS,
) -> Added:
    """Save contacts that a vendor's search found, as `save_contacts` does; addresses and numbers known before stay."""
    kept, report, rejects = _save_beside_known(organization, rows, today, origin)
    refused = {each.line - 1 for each in rejects}
    keys = [parse_contact_id(row["contact_id"]) if "contact_id" in row else None for row in kept]
    # Of two rows about one contact the later one counts; both are about a contact that is saved.
    saved = {key for place, key in enumerate(keys) if place not in refused}
    ids = [key if key in saved else None for key in keys]
    return Added(ids, report.inserted, report.updated)


def add_pulled(
    *,
    organization: Organization,
    rows: Iterable[dict[str, Any]],
    today: dt.date | None = None,
    origin: Origin = ROWS,
) -> Pulled:
    """Save contacts that were pulled in bulk in the same way."""
    _, report, rejects = _save_beside_known(organization, rows, today, origin)
    return Pulled(report, rejects, sql.list_matched())


def _save_beside_known(
    organization: Organization,
    rows: Iterable[dict[str, Any]],
    today: dt.date | None,
    origin: Origin,
) -> tuple[list[dict[str, Any]], ContactReport, list[Reject]]:
    # Before reading what is there: no other import may add to it until then.
    sql.lock_imports(organization=organization.pk)
    kept = keep_known(organization=organization, rows=rows)
    return kept, *save_contacts(organization=organization, rows=kept, today=today, origin=origin)


def add_found_companies(
    *, organization: Organization, rows: Iterable[dict[str, Any]], today: dt.date | None = None
) -> Added:
    """Save companies that a vendor's search found as the organization's own; in the caller's transaction.

    The rows are those of an import with nothing but `company`; the same rules hold. One that takes the place of a
    shared company, which has its domain, starts as that one.
    """
    given = list(rows)
    with open_rows(given, columns=NAMES, nested=NESTED) as table:
        report = runner.import_companies(
            organization=organization,
            table=table,
            rejects=RejectList(),
            today=today or clock.today(),
        )
    ids = [report.companies.get(place) for place in range(len(given))]
    return Added(ids, report.inserted, report.updated)


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
