"""Files of contacts of the catalog: beside psql copying the same join, and the memory of the worker that writes them.

`python -m tests.bench --only catalog-exports [--exported N]` measures these alone.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from django.db import connection
from psycopg import sql

from contacthub.contacts import selections
from contacthub.contacts.filters import ContactFilters
from contacthub.contacts.selections import Question
from contacthub.exports import actions
from contacthub.exports.catalog_columns import Field, list_fields
from contacthub.exports.catalog_rows import JOINS
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.exports.runner import RenderFile
from contacthub.jobs import doorbell
from contacthub.jobs.runner import perform
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.bench.contacts import SearchBench
from tests.bench.measuring import once, peak_memory, report
from tests.stack import Stack

GOAL = 2.5
MOST_MEGABYTES = 200
# Every second contact has a second address; the first is the one that the contact has a copy of.
FILL_EMAILS = """
INSERT INTO contacts_contactemail (contact_id, position, address, type, status, checked_on, confidence, source,
    first_seen, last_seen, observations, md5, sha1, sha256)
SELECT contact.id, place, address, 'work', 'valid', date '2026-11-01', 0.9, 'letrics', date '2025-01-01',
    date '2026-11-01', 3, decode(md5(address), 'hex'), substr(sha256(address::bytea), 1, 20), sha256(address::bytea)
FROM contacts_contact AS contact
CROSS JOIN LATERAL (
    VALUES (1, contact.email), (2, CASE WHEN contact.key % 2 = 0 THEN 'more.' || contact.email END)
) AS given (place, address)
WHERE address IS NOT NULL
"""
FILL_PHONES = """
INSERT INTO contacts_contactphone (contact_id, position, phone, type, is_do_not_call, source)
SELECT id, 1, phone, 'mobile', key % 9 = 0, 'letrics' FROM contacts_contact WHERE phone IS NOT NULL
"""
COPY = """
SELECT {cells} FROM contacts_contactfacts AS facts JOIN contacts_contact AS contact ON contact.id = facts.contact_id
{joins} WHERE facts.owner = 0 ORDER BY facts.quality_score DESC, facts.number DESC
"""


class CatalogExportBench:
    """A catalog made in the database itself, and exports of all of it."""

    def __init__(
        self,
        organization: Organization,
        actor: Actor,
        stack: Stack,
        run_psql: Callable[[str], None],
        contacts: int,
    ) -> None:
        self.organization, self.actor, self.stack = organization, actor, stack
        self.run_psql, self.contacts = run_psql, contacts

    def run(self) -> None:
        """Fill, then write files of the usual columns and of every column."""
        doorbell.ring = lambda jobs: 0  # type: ignore[assignment]
        bench = SearchBench(self.organization, self.contacts)
        seconds = once(bench.fill) + once(self._fill_values)
        print(f"\n{self.contacts:,} contacts with addresses and phones, made in {seconds:.0f} s")
        every = list_fields(of_companies=False, with_personal=True, with_provenance=True)
        usual = {name: each for name, each in every.items() if each.is_usual and "__" not in name}
        for words, fields in (("usual", usual), ("every", every)):
            limit = min(self._copy(fields.values()) for _ in range(2))
            self._measure("csv", words, fields, limit)
        for format in ("csv_excel", "jsonl", "xlsx", "parquet"):
            limit = min(self._copy(usual.values()) for _ in range(2))
            self._measure(format, "usual", usual, limit)
        self._measure_memory(list(usual))

    def _fill_values(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table, statement in (
                ("contacts_contactemail", FILL_EMAILS),
                ("contacts_contactphone", FILL_PHONES),
            ):
                cursor.execute(statement)
                cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE")

    def _copy(self, fields: Collection[Field]) -> float:
        """Return the seconds psql takes to write the same join in the same order."""
        needs = {field.needs for field in fields}
        query = COPY.format(
            cells=", ".join(f"({field.expression})" for field in fields),
            joins=" ".join(text for name, text in JOINS.items() if name in needs),
        )
        target = Path(self.stack.folder) / "contacts.csv"
        one_line = " ".join(query.split())
        return once(lambda: self.run_psql(f"\\copy ({one_line}) TO '{target}' CSV"))

    def _measure(self, format: str, words: str, fields: dict[str, Field], limit: float) -> None:
        export = self._make(format, list(fields))
        assert export.job_id is not None
        seconds = once(lambda: perform(export.job_id, RenderFile))  # type: ignore[arg-type]
        export.refresh_from_db()
        assert export.state == Export.State.COMPLETED, export.state
        report(
            f"contacts export: {export.total_rows:,}, {words} columns, {format}",
            seconds,
            "psql copy of the join",
            limit,
            GOAL if format == "csv" else None,
        )

    def _make(self, format: str, columns: list[str]) -> Export:
        question = Question(
            of_companies=False,
            filters=ContactFilters(),
            sort="quality_score",
            is_descending=True,
        )
        selection = selections.save_selection(
            organization=self.organization,
            actor=self.actor,
            question=question,
            shown=self.contacts,
        )
        export, _ = actions.create_export(
            organization=self.organization,
            actor=self.actor,
            order=ExportOrder(
                options=ExportOptions(get_pii=True),
                selection_id=selection.pk,
                format=format,
                columns=columns,
                purpose="Bench",
            ),
        )
        return export

    def _measure_memory(self, columns: list[str]) -> None:
        """Write the largest files in the real worker and read its peak."""
        self.stack.start(*({"worker"} - set(self.stack.processes)))
        for format in ("csv", "xlsx", "parquet"):
            export = self._make(format, columns)
            self.stack.manage(
                "shell", "-v0", "-c",
                "from contacthub.jobs import doorbell; from uuid import UUID; "
                f"doorbell.ring([(UUID('{export.job_id}'), '{actions.RENDER_TASK}')])",
            )  # fmt: skip
            self.stack.await_jobs(600)
            peak = max(peak_memory(self.stack.processes["worker"].pid).values())
            verdict = "" if peak <= MOST_MEGABYTES else "  MISSED"
            print(
                f"contacts export: worker after {export.total_rows:,} rows of {format}: peak {peak} MB"
                f"  goal {MOST_MEGABYTES}{verdict}",
                flush=True,
            )
