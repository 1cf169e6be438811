"""The long work on contacts: reading a file of them."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from contacthub.contacts import sql
from contacthub.contacts.intake.columns import IGNORED, NAMES
from contacthub.contacts.intake.staging import (
    COMPANY_STAGE,
    STAGE,
    Arrays,
    clean_block,
    clean_company_block,
)
from contacthub.contacts.origins import Origin, save_load
from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.core.failpoints import failpoint
from contacthub.core.tabular import ImportReport, Reject, RejectSink, TableFile, as_csv
from contacthub.organizations.models import Organization


@dataclass
class ContactReport(ImportReport):
    """What became of a file's rows, of the companies in them, and which of its columns are unknown."""

    companies_inserted: int = 0
    companies_updated: int = 0
    unknown_columns: list[str] = field(default_factory=list)


def import_contacts(
    *,
    organization: Organization | None,
    table: TableFile,
    reopen: Callable[[], TableFile],
    rejects: RejectSink,
    today: dt.date,
    on_progress: Callable[[int], None],
    origin: Origin | None,
) -> ContactReport:
    """Read a file of contacts in the caller's transaction: all good rows or, if anything stops it, none.

    Without an organization the contacts are shared by all. Without an origin nothing is kept of where values came
    from. `reopen` gives the same file again from its start, which
    is only read twice where rows contradict each other. `on_progress` hears the position in the file (bytes; Parquet:
    rows). Imports into one organization wait for each other, and all for those into the shared contacts.
    """
    check_header(table)
    owner = organization.pk if organization else None
    sql.create_stage(STAGE)
    reader = _Reader(rejects, today, on_progress)
    sql.fill_stage(reader.read(table))
    failpoint("contacts_staged")
    # The lock comes after the reading, which may take long.
    sql.lock_imports(organization=owner)
    sql.match_renamed(organization=owner)
    sql.match_numbers(organization=owner)
    contradictions = sql.leave_out_contradictions(organization=owner)
    if contradictions:
        with reopen() as again:
            _write_rejects(again, rejects)
    report = _save(organization, clock.now(), today, origin)
    failpoint("contacts_saved")
    report.duplicates = reader.count - contradictions - report.inserted - report.updated
    report.rejected = rejects.count
    report.unknown_columns = sorted(table.names - {*NAMES} - IGNORED)
    return report


@dataclass
class CompanyReport:
    """What became of some companies: new and changed ones, and the company of each row that could be used, by place."""

    inserted: int
    updated: int
    companies: dict[int, int]


def import_companies(
    *, organization: Organization, table: TableFile, rejects: RejectSink, today: dt.date
) -> CompanyReport:
    """Save companies without contacts as an organization's own, in the caller's transaction; as `import_contacts`."""
    sql.create_stage(COMPANY_STAGE)
    reader = _Reader(rejects, today, lambda position: None, clean=clean_company_block)
    sql.fill_stage(reader.read(table), keys=["company_ref"])
    sql.lock_imports(organization=organization.pk)
    now = clock.now()
    inserted, updated = sql.save_companies(organization=organization.pk, now=now)
    sql.save_company_facts(now=now)
    return CompanyReport(inserted, updated, sql.list_saved_companies())


def check_header(table: TableFile) -> None:
    """Raise `Invalid` if a file has a header in which nothing is known."""
    if table.header is not None and not table.names & {*NAMES}:
        raise Invalid(
            "The file has no column of contacts; is its first line a header?", field="file"
        )


class _Reader:
    """Turns a file into rows of the stage and counts them."""

    def __init__(
        self,
        rejects: RejectSink,
        today: dt.date,
        on_progress: Callable[[int], None],
        *,
        clean: Callable[..., tuple[Arrays, list[Reject]]] = clean_block,
    ) -> None:
        self.count = 0
        self._clean = clean
        self._rejects = rejects
        self._today = today
        self._on_progress = on_progress

    def read(self, table: TableFile) -> Iterator[bytes]:
        first = 0
        for block in table.blocks:
            columns, rejected = self._clean(block, first=first, today=self._today)
            first += block.row_count
            self._rejects.write(rejected)
            self.count += len(columns["place"])
            yield as_csv(columns)
            self._on_progress(block.position)


def _write_rejects(table: TableFile, rejects: RejectSink) -> None:
    """Look up the lines and texts of the rows that were taken out of the stage, which keeps only their places."""
    first = 0
    for block in table.blocks:
        found = list(sql.list_rejects(first, first + block.row_count))
        lines = block.find_lines() if found else []
        rejects.write(
            [Reject(lines[p - first], reason, block.find_raw(p - first)) for p, reason in found]
        )
        first += block.row_count


def _save(
    organization: Organization | None, now: dt.datetime, today: dt.date, origin: Origin | None
) -> ContactReport:
    """Move the stage into the tables. The order matters: companies and addresses are what contacts refer to."""
    owner = organization.pk if organization else None
    companies = sql.save_companies(organization=owner, now=now)
    sql.match_contacts(organization=owner)
    load = save_load(origin, organization=organization) if origin else None
    sql.keep_united()
    sql.hold_settled(load=load, today=today)
    inserted = sql.add_contacts(organization=owner, now=now)
    sql.save_observations(sql.EMAILS)
    sql.save_observations(sql.PHONES)
    if load is not None and origin is not None:
        sql.save_provenance(load=load, today=today, is_profile_only=origin.is_profile_only)
    updated = sql.change_contacts(now=now)
    sql.save_import_documents()
    sql.save_import_facts(now=now)
    return ContactReport(
        inserted=inserted,
        updated=updated,
        companies_inserted=companies[0],
        companies_updated=companies[1],
    )
