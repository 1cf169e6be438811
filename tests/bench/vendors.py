"""Work at a vendor, which is another organization of this instance behind its own gateway, beside a bare httpx loop."""

import datetime as dt
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from contacthub.contacts import actions as contact_actions
from contacthub.core.public_ids import format_contact_id
from contacthub.credentials.actions import issue_key
from contacthub.credentials.connections.actions import add_connection
from contacthub.enrichment.actions import batches, drafts
from contacthub.enrichment.actions.vendors import save_waterfall
from contacthub.enrichment.models import Section, StopRule
from contacthub.enrichment.runner import AnswerRows
from contacthub.exports import actions as export_actions
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.exports.runner import RenderFile
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.mirror import actions as mirror
from contacthub.feeds.models import FeedGrant
from contacthub.jobs import doorbell
from contacthub.jobs.models import Job
from contacthub.jobs.runner import perform
from contacthub.organizations.actions import create_organization
from contacthub.organizations.audit import COMMAND_LINE, Actor
from contacthub.organizations.models import Organization
from tests.bench.data import write_contacts, write_intent
from tests.bench.measuring import once, report
from tests.stack import Stack
from tests.vendor_feeds.proxy import Proxy

ROWS, IDS, ROUNDS = 100_000, 10_000, 3
# Calls under way at once, as our own work has them.
AT_ONCE = 4
# Files of ROWS rows that others wait for while a vendor hangs, and the jobs that hang.
FILES, HANGING = 8, 4


class VendorBench:
    """An organization with a vendor that is alive, and some with one that is not."""

    def __init__(self, stack: Stack, folder: Path, today: dt.date) -> None:
        settings.OUTBOUND_ALLOW_PRIVATE = True
        self.stack, self.folder, self.today = stack, folder, today
        self.vendor = create_organization(slug="vendor", name="Vendor")
        _, self.key = issue_key(
            organization=self.vendor, actor=COMMAND_LINE, name="Bench", scopes=["all"],
            rate_per_minute=600_000,
        )  # fmt: skip
        feed = feed_actions.create_feed(name="Vendor's feed")
        feed_actions.grant_feed(feed=feed, organization=self.vendor, lookback_days=365, pii=True)
        path = folder / "vendor.csv"
        write_intent(path, rows=ROWS, today=today, seed=5)
        feed_actions.import_intent(feed=feed, path=path)
        self.buyer = create_organization(slug="buyer", name="Buyer")
        self.grant = self.connect(self.buyer, stack.base_url)

    def connect(self, organization: Organization, base_url: str) -> FeedGrant:
        """Connect an organization to the vendor and return its grant of the vendor's feed."""
        connection = add_connection(
            organization=organization, actor=COMMAND_LINE, vendor="contactbased", name="Vendor",
            credentials={"api_key": self.key}, base_url=base_url,
        )  # fmt: skip
        assert mirror.sync_connection(connection)
        return FeedGrant.objects.select_related("feed__connection", "organization").get(
            organization=organization
        )

    def run(self) -> None:
        """Measure everything."""
        doorbell.ring = lambda jobs: 0  # type: ignore[assignment]
        self.measure_export()
        self.measure_enrichment()
        self.measure_dead_vendor()

    def measure_export(self) -> None:
        """Bring an export and write its file; the limit is to read its pages and forget them."""
        seconds, limits = [], []
        for _ in range(ROUNDS):
            export = self.make_export(self.grant)
            job_id = export.job_id
            assert job_id is not None
            seconds.append(once(lambda job_id=job_id: perform(job_id, RenderFile)))  # type: ignore[misc]
            export.refresh_from_db()
            assert export.state == Export.State.COMPLETED
            assert export.remote is not None
            vendor_id = export.remote.vendor_id
            pages = range(1, export.total_pages + 1)
            bodies = [{"export_id": vendor_id, "page": number} for number in pages]
            limits.append(self.post_all("/intent/feeds/exports/page", bodies))
        name = f"remote export of {ROWS:,} rows, {ROWS / min(seconds):,.0f} a second"
        report(name, min(seconds), f"bare httpx, {AT_ONCE} at once", min(limits))

    def measure_enrichment(self) -> None:
        """Ask the vendor about contacts that nobody knows here; the limit is to ask and forget."""
        first = 50_000_000
        self.fill_contacts(first)
        (connection,) = self.buyer.connections.all()
        save_waterfall(
            organization=self.buyer, actor=COMMAND_LINE, lookup_limit=1_000_000,
            steps={section: [connection.pk] for section in Section},
            rules=dict.fromkeys(Section, StopRule.FIRST),
        )  # fmt: skip
        seconds, limits = [], []
        for place in range(ROUNDS):
            keys = range(first + place * IDS, first + (place + 1) * IDS)
            ids = [format_contact_id(key) for key in keys]
            whole = [
                {"contact_ids": ids[at : at + 1000], "include": ["pii", "emails", "phones"]}
                for at in range(0, IDS, 1000)
            ]
            limits.append(self.post_all("/enrich/contacts/batch", whole))
            seconds.append(self.enrich(ids))
        name = f"enrichment of {IDS:,} ids by a vendor, {IDS / min(seconds):,.0f} a second"
        report(name, min(seconds), f"bare httpx, {AT_ONCE} at once", min(limits))

    def fill_contacts(self, first: int) -> None:
        """Let the vendor know IDS contacts a round."""
        path = self.folder / "vendor.jsonl"
        write_contacts(path, count=IDS * ROUNDS, today=self.today, seed=6)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for place, line in enumerate(lines):
            line["contact_id"] = format_contact_id(first + place)
        path.write_text("\n".join(map(json.dumps, lines)))
        report_of_import, _ = contact_actions.import_contacts(path=path, organization=self.vendor)
        assert not report_of_import.rejected

    def enrich(self, ids: list[str]) -> float:
        """Return the seconds of a list's job."""
        whose: dict[str, Any] = {"organization": self.buyer, "actor": COMMAND_LINE}
        made = drafts.create_draft_from_text(text="\n".join(ids), **whose)
        batch, _ = batches.start_batch(
            batch_id=made.pk, sections=list(Section), format="csv", lookup_limit=IDS, **whose
        )
        assert batch.job_id is not None
        job_id = batch.job_id
        seconds = once(lambda: perform(job_id, AnswerRows))
        batch.refresh_from_db()
        assert batch.found_count == IDS
        return seconds

    def measure_dead_vendor(self) -> None:
        """Others' files and another vendor's export, alone and while jobs of four organizations hang at a vendor."""
        with closing(Proxy(self.stack.base_url)) as proxy:
            hanging = []
            for place in range(HANGING):
                organization = create_organization(slug=f"hanging{place}", name="Hanging")
                hanging.append(self.make_export(self.connect(organization, proxy.url)))
            # Longer than anybody waits.
            proxy.hang_seconds = 60.0
            proxy.judge = lambda path, number: "hang"
            self.time_both([export.job_id for export in hanging])

    def time_both(self, hanging: list[Any]) -> None:
        """Time others' jobs alone and beside those that hang, on workers as in production."""
        reader = create_organization(slug="reader", name="Reader")
        feed = feed_actions.create_feed(name="Reader's feed")
        own = feed_actions.grant_feed(feed=feed, organization=reader, lookback_days=365, pii=True)
        feed_actions.import_intent(feed=feed, path=self.folder / "vendor.csv")
        self.stack.start("files", "caller")
        time.sleep(8)
        alone = self.time_others(own)
        self.ring(hanging)
        time.sleep(2)
        disturbed = self.time_others(own)
        self.stack.kill("files")
        self.stack.kill("caller")
        name = f"{FILES} files and another vendor's export while {HANGING} jobs hang"
        report(name, disturbed, "alone", alone, 1.1)

    def time_others(self, own: FeedGrant) -> float:
        """Return the seconds until the jobs of others are done."""
        exports = [self.make_export(own) for _ in range(FILES)] + [self.make_export(self.grant)]
        ids = [export.job_id for export in exports]
        start = time.perf_counter()
        self.ring(ids)
        while Job.objects.filter(pk__in=ids, finished_at=None).exists():
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        assert not Job.objects.filter(pk__in=ids).exclude(state=Job.State.COMPLETED).exists()
        return seconds

    def ring(self, ids: list[Any]) -> None:
        """Ring the real workers, as the sweeper would."""
        command = (
            "from contacthub.jobs import doorbell; from contacthub.jobs.models import Job; "
            f"doorbell.ring(list(Job.objects.filter(pk__in={list(map(str, ids))!r}).values_list('pk', 'task')))"
        )
        self.stack.manage("shell", "-v0", "-c", command)

    def make_export(self, grant: FeedGrant) -> Export:
        """Export all of a feed, with PII, as CSV."""
        actor = Actor(name="Bench")
        search = _run_search(grant)(
            organization=grant.organization, actor=actor, grant=grant, lookback_days=90
        )
        export, _ = export_actions.create_export(
            organization=grant.organization,
            actor=actor,
            order=ExportOrder(
                search_id=search.pk, options=ExportOptions(get_pii=True), format="csv"
            ),
        )
        return export

    def post_all(self, path: str, bodies: list[dict[str, Any]]) -> float:
        """Return the seconds of asking for all of them, decoded and forgotten."""
        headers = {"X-API-Key": self.key}
        with (
            httpx.Client(base_url=self.stack.base_url, headers=headers, timeout=60) as client,
            ThreadPoolExecutor(AT_ONCE) as pool,
        ):

            def post(body: dict[str, Any]) -> None:
                answer = client.post(path, json=body)
                assert answer.status_code == 200, answer.text
                answer.json()

            return once(lambda: list(pool.map(post, bodies)))


def _run_search(grant: FeedGrant) -> Callable[..., Any]:
    return mirror.run_search if grant.feed.connection_id else feed_actions.run_search
