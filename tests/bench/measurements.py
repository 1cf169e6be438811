"""The measurements themselves. Every limit is measured here too, in turn with what it limits."""

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import connection

from contacthub.contacts import actions as contact_actions
from contacthub.contacts.queries import SECTIONS, get_documents
from contacthub.core import clock
from contacthub.enrichment.queries.envelopes import MOST_KEYS, get_envelopes
from contacthub.exports import actions as export_actions
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.exports.rows import read_page
from contacthub.exports.runner import RenderFile
from contacthub.feeds import actions as feed_actions
from contacthub.feeds import intake
from contacthub.feeds import queries as feed_queries
from contacthub.feeds.models import Search
from contacthub.jobs import doorbell
from contacthub.jobs.runner import perform
from contacthub.organizations.actions import create_organization, create_user
from contacthub.organizations.audit import Actor
from tests.bench.catalog_exports import CatalogExportBench
from tests.bench.contact_jobs import measure_contact_jobs
from tests.bench.contacts import SearchBench
from tests.bench.data import write_contacts, write_intent
from tests.bench.lists import ListBench
from tests.bench.matching import MatchBench
from tests.bench.measuring import compare, once, peak_memory, report
from tests.bench.provenance import measure_provenance
from tests.bench.vendors import VendorBench
from tests.stack import Stack

PASSWORD = "a long enough password"


class Bench:
    """One scratch database and what is asked of it."""

    def __init__(self, folder: Path, *, rows: int, contacts: int) -> None:
        self.folder = folder
        self.rows = rows
        self.contacts = contacts
        self.today = clock.today()
        self.psql = shutil.which("psql") or "psql"
        self.stack = Stack(folder, OUTBOUND_ALLOW_PRIVATE="1", SECRET_KEY=settings.SECRET_KEY)
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = (
            self.stack.database
        )
        settings.REDIS_URL = self.stack.valkey.url
        self.organization = create_organization(slug="bench", name="Bench")
        user, _ = create_user(
            organization=self.organization,
            email="bob@bench.example",
            name="Bob",
            role="owner",
            password=PASSWORD,
        )
        self.actor = Actor.of(user)
        self.feed = feed_actions.create_feed(name="Bench")
        self.grant = feed_actions.grant_feed(
            feed=self.feed,
            organization=self.organization,
            lookback_days=365,
            pii=True,
            business_info=True,
        )

    def close(self) -> None:
        """Stop what runs and drop the database."""
        connection.close()
        self.stack.stop()

    def run(self) -> None:
        """Measure everything, in the order in which the data comes to be."""
        print(f"{self.rows:,} intent records, {self.contacts:,} contacts\n")
        self.measure_intent_import()
        self.measure_previews()
        self.measure_searches()
        self.measure_pages()
        self.measure_files()
        self.measure_downloads()
        self.measure_contacts()
        self.measure_enrichment()

    # --- Importing -----------------------------------------------------------------------------------

    def measure_intent_import(self) -> None:
        """Import into an empty feed and again half as many into the full one; the same file then changes nothing."""
        first, more = self.folder / "first.csv", self.folder / "more.csv"
        write_intent(first, rows=self.rows, today=self.today, seed=1)
        write_intent(more, rows=self.rows // 2, today=self.today, seed=2)
        columns = ", ".join(f"{column.name} text" for column in intake.COLUMNS)
        self.execute(f"CREATE UNLOGGED TABLE bare ({columns})")
        for name, path, rows in (("empty", first, self.rows), ("full", more, self.rows // 2)):
            limit = min(self.copy_bare(path) for _ in range(2))
            seconds = once(lambda path=path: feed_actions.import_intent(feed=self.feed, path=path))  # type: ignore[misc]
            report(
                f"import into a feed that is {name}, {rows / seconds:,.0f} rows/s",
                seconds,
                "psql copy",
                limit,
                9,
            )
        limit = self.copy_bare(more)
        report(
            "the same file again",
            once(lambda: feed_actions.import_intent(feed=self.feed, path=more)),
            "psql copy",
            limit,
        )
        self.execute("DROP TABLE bare")
        self.execute("VACUUM ANALYZE")

    def copy_bare(self, path: Path) -> float:
        """Return the seconds psql takes to copy a file into an unlogged table without an index."""
        self.execute("TRUNCATE bare")
        return once(lambda: self.run_psql(f"\\copy bare FROM '{path}' CSV HEADER"))

    # --- Previews, searches, exports -----------------------------------------------------------------

    def measure_previews(self) -> None:
        """A preview against the smallest question there is, and wide windows against narrow ones."""
        grant, today = self.grant, self.today

        def preview(days: int) -> object:
            return feed_queries.get_preview(grant=grant, lookback_days=days, today=today)

        def one_row() -> object:
            return self.fetch("SELECT * FROM feeds_feed WHERE id = %s", self.feed.pk)

        for days in (7, 30, 90):
            compare(
                f"preview of {days} days, distincts exact",
                lambda d=days: preview(d),
                "SELECT one row",
                one_row,
                goal=3,
                rounds=200,
            )  # type: ignore[misc]
        compare(
            "preview of 90 days",
            lambda: preview(90),
            "of 7 days",
            lambda: preview(7),
            goal=1.5,
            rounds=200,
        )

    def measure_searches(self) -> None:
        """Saving a search and creating its export must not depend on how many rows there are."""
        few, many = 1, 90

        def search(days: int) -> Search:
            return feed_actions.run_search(
                organization=self.organization,
                actor=self.actor,
                grant=self.grant,
                lookback_days=days,
            )

        def export(days: int) -> Export:
            made, _ = export_actions.create_export(
                organization=self.organization,
                actor=self.actor,
                order=ExportOrder(search_id=search(days).pk, options=ExportOptions()),
            )
            return made

        rows = (search(few).record_count, search(many).record_count)
        compare(
            f"search of {rows[1]:,} records",
            lambda: search(many),
            f"of {rows[0]:,}",
            lambda: search(few),
            goal=1.2,
            rounds=60,
        )
        compare(
            f"search and export of {rows[1]:,}",
            lambda: export(many),
            f"of {rows[0]:,}",
            lambda: export(few),
            goal=1.2,
            rounds=60,
        )

    def make_export(self, format: str | None, **options: Any) -> Export:
        """Export the newest rows, as many as the bench has."""
        search = feed_actions.run_search(
            organization=self.organization, actor=self.actor, grant=self.grant, lookback_days=90
        )
        export, _ = export_actions.create_export(
            organization=self.organization,
            actor=self.actor,
            order=ExportOrder(
                search_id=search.pk,
                options=ExportOptions(max_rows=self.rows, **options),
                format=format,
            ),
        )
        return export

    def measure_pages(self) -> None:
        """Pages of 1,000 rows: first, middle and last, against each other and against a stored copy."""
        export = self.make_export(None, get_pii=True)
        pages = export.total_pages
        first = once(lambda: read_page(export=export, page=pages))
        print(f"{'the last page asked for first finds all boundaries':<52} {first * 1000:8.2f} ms")
        self.execute(
            "CREATE TABLE stored AS SELECT 1 AS page, r.* FROM feeds_intentrecord r LIMIT 1000"
        )

        def read(page: int) -> object:
            return read_page(export=export, page=page)

        def copy() -> object:
            return self.fetch("SELECT * FROM stored WHERE page = 1")

        for name, page in (("first", 1), ("middle", pages // 2), ("last", pages)):
            compare(
                f"{name} page of {pages:,}",
                lambda p=page: read(p),
                "a stored copy",
                copy,
                goal=None,
                rounds=60,
            )  # type: ignore[misc]
        compare(
            "last page", lambda: read(pages), "first page", lambda: read(1), goal=1.1, rounds=60
        )
        self.execute("DROP TABLE stored")

    def measure_files(self) -> None:
        """Writing a file in every format against psql writing the same rows."""
        doorbell.ring = lambda jobs: 0  # type: ignore[assignment]
        goals = {"csv": 2.3, "jsonl": 4, "xlsx": 3, "parquet": 2}
        for format in ("csv", "csv_excel", "jsonl", "xlsx", "parquet"):
            export = self.make_export(format)
            limit = min(self.psql_copy(export) for _ in range(2))
            seconds = once(lambda export=export: perform(export.job_id, RenderFile))  # type: ignore[misc]
            report(
                f"file of {export.total_rows:,} rows, {format}",
                seconds,
                "psql copy",
                limit,
                goals.get(format),
            )
        stored = self.fetch(
            "SELECT sum(length(body)), sum(raw_size) FROM jobs_fragment JOIN exports_export e USING (job_id)"
            " WHERE e.format = 'csv'"
        )
        print(
            f"{'stored size of the CSV':<52} {stored[0][0] / stored[0][1]:8.2f} x its bytes  goal 0.3"
        )

    def psql_copy(self, export: Export) -> float:
        """Return the seconds psql takes to write the export's rows to a file."""
        names = ", ".join(name for name in export.columns if name != "contact_id")
        query = (
            f"SELECT contact_key, {names} FROM feeds_intentrecord WHERE feed_id = {self.feed.pk} AND batch <= 99"
            f" ORDER BY observed_on DESC, fingerprint DESC LIMIT {export.total_rows}"
        )
        return once(lambda: self.run_psql(f"\\copy ({query}) TO '{self.folder / 'out.csv'}' CSV"))

    def measure_downloads(self) -> None:
        """Downloading a finished file through the web server, and the memory that takes."""
        export = Export.objects.filter(format="csv").latest("created_at")
        self.stack.start("web", "worker")
        with httpx.Client(base_url=self.stack.base_url, timeout=300) as client:
            sign_in(client)
            idle = peak_memory(self.stack.processes["web"].pid)

            def download() -> None:
                with client.stream("GET", f"/exports/{export.pk}/file") as answer:
                    assert answer.status_code == 200
                    for _ in answer.iter_raw(1 << 20):
                        pass

            compare(
                f"download of {export.total_rows:,} rows of CSV",
                download,
                "psql copy",
                lambda: self.psql_copy(export),
                goal=0.5,
                rounds=3,
            )
            busy = peak_memory(self.stack.processes["web"].pid)
        print(
            f"web process: peak {max(busy.values())} MB,"
            f" {max(busy.values()) - max(idle.values())} MB more than before the downloads"
        )
        self.measure_worker_memory()

    def measure_worker_memory(self) -> None:
        """Render the largest files in the real worker and read its peak."""
        for format in ("csv", "xlsx", "parquet"):
            export = self.make_export(format)
            send_to_worker(self.stack, export)
            self.stack.await_jobs(300)
            peak = max(peak_memory(self.stack.processes["worker"].pid).values())
            print(f"worker process after {export.total_rows:,} rows of {format}: peak {peak} MB")

    # --- Contacts ------------------------------------------------------------------------------------

    def measure_contacts(self) -> None:
        """Import contacts."""
        path = self.folder / "contacts.jsonl"
        write_contacts(path, count=self.contacts, today=self.today, seed=3)
        self.execute("CREATE UNLOGGED TABLE bare_contacts (line text)")
        limit = once(
            lambda: self.run_psql(
                f"\\copy bare_contacts FROM '{path}' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
            )
        )
        seconds = once(lambda: contact_actions.import_contacts(path=path))
        report(
            f"import of contacts, {self.contacts / seconds:,.0f} a second",
            seconds,
            "psql copy of the lines",
            limit,
        )
        self.execute("DROP TABLE bare_contacts")
        self.execute("VACUUM ANALYZE")

    def measure_enrichment(self) -> None:
        """PII, e-mails and phones of many contacts against a bare fetch of their documents."""
        rng = random.Random(9)
        for count in (1, 1000, 10_000):
            keys = [rng.randrange(1, int(self.contacts * 1.02)) for _ in range(count)]
            ids = [
                row[0]
                for row in self.fetch("SELECT id FROM contacts_contact WHERE key = ANY(%s)", keys)
            ]

            def bare(ids: list[int] = ids) -> object:
                return self.fetch(
                    "SELECT contact_id, pii, emails, phones FROM contacts_contactdocument WHERE contact_id = ANY(%s)",
                    ids,
                )

            def answer(keys: list[int] = keys) -> object:
                """Ask as programs do; more than a program may ask at once as a batch job does."""
                if len(keys) > MOST_KEYS:
                    return get_documents(organization=self.organization, keys=keys)
                return get_envelopes(organization=self.organization, keys=keys, sections=SECTIONS)

            goal = 1.5 if count > 1 else None
            compare(
                f"enrichment of {count:,} ids", answer, "bare fetch", bare, goal=goal, rounds=30
            )

    def measure_matching(self, contacts: int) -> None:
        """Lists of people matched with the catalog."""
        MatchBench(self.organization, contacts).run()

    def measure_contact_searches(self, sizes: list[int]) -> None:
        """Search contacts at several sizes, each made anew in the place of what was there; of the last one in bulk."""
        for size in sizes:
            SearchBench(self.organization, size).run()
        doorbell.ring = lambda jobs: 0  # type: ignore[assignment]
        measure_contact_jobs(self.organization, self.actor, self.today, self.run_psql)

    def measure_provenance(self, contacts: int) -> None:
        """Imports of contacts with and without keeping where values come from."""
        measure_provenance(self.folder, contacts=contacts, today=self.today)

    def measure_lists(self, contacts: int, records: int) -> None:
        """Pages, facets, counts and the top search, of a catalog that is made anew in the place of what was there."""
        ListBench(self.organization, self.feed, contacts=contacts, records=records).run()

    def measure_catalog_exports(self, contacts: int) -> None:
        """Files of contacts, of a catalog that is made anew in the place of what was there."""
        CatalogExportBench(self.organization, self.actor, self.stack, self.run_psql, contacts).run()

    def measure_vendors(self) -> None:
        """Exports and enrichment by a vendor, over a socket."""
        self.stack.start(*({"web"} - set(self.stack.processes)))
        VendorBench(self.stack, self.folder, self.today).run()

    # --- Ground --------------------------------------------------------------------------------------

    def execute(self, statement: str) -> None:
        """Run a statement outside a transaction."""
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def fetch(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a question."""
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def run_psql(self, command: str) -> None:
        """Run a command of psql."""
        subprocess.run(
            [self.psql, self.stack.database_url, "-qc", command], check=True, capture_output=True
        )


def sign_in(client: httpx.Client) -> None:
    """Sign in as the bench's person."""
    page = client.get("/accounts/login/").text
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = client.post(
        "/accounts/login/",
        data={"csrfmiddlewaretoken": token, "login": "bob@bench.example", "password": PASSWORD},
        headers={"Referer": str(client.base_url)},
    )
    assert answer.status_code == 302, answer.text


def send_to_worker(stack: Stack, export: Export) -> None:
    """Ring the real worker for an export's job, as the sweeper would."""
    stack.manage(
        "shell",
        "-v0",
        "-c",
        "from contacthub.jobs import doorbell; from uuid import UUID; "
        f"doorbell.ring([(UUID('{export.job_id}'), '{export_actions.RENDER_TASK}')])",
    )
