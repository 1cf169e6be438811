"""A vendor in processes of its own (ContactHub's own gateway), a proxy before it, and acme's connection to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from contacthub.credentials.connections.actions import add_connection
from contacthub.credentials.connections.models import Connection
from contacthub.feeds.mirror.actions import sync_connection
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import Organization
from tests.browser.conftest import write_intent
from tests.stack import Stack
from tests.vendor_feeds.proxy import Proxy

DAYS, PER_DAY = 10, 1250
ROWS = DAYS * PER_DAY


@dataclass
class Vendor:
    """The vendor's side: its books, its key, and the proxy that stands before it."""

    stack: Stack
    key: str
    feed_id: str
    proxy: Proxy

    @property
    def rows_used(self) -> int:
        """Return the rows that the vendor has charged for its feed."""
        return int(self.stack.query("SELECT export_rows_used FROM feeds_feedgrant")[0][0])

    def exports_of(self, search: Search) -> int:
        """Return how many exports the vendor has made of a search."""
        exports = "SELECT count(*) FROM exports_export WHERE search_id = %s"
        return int(self.stack.query(exports, search.remote_id)[0][0])

    def charges_of(self, search: Search) -> list[int]:
        """Return what the vendor has charged for a search, line by line."""
        lines = "SELECT rows FROM feeds_quotaentry WHERE search_id = %s AND rows <> 0 ORDER BY id"
        return [rows for (rows,) in self.stack.query(lines, search.remote_id)]

    def rows_of(self, search: Search, **options: Any) -> list[dict[str, Any]]:
        """Return the rows of the vendor's first export of a search, as the vendor itself hands them out."""
        with httpx.Client(base_url=self.stack.base_url, headers={"X-API-Key": self.key}) as http:
            body = {"job_id": search.remote_id}
            made = http.post("/intent/feeds/exports/list", json=body).json()["exports"][-1]
            rows: list[dict[str, Any]] = []
            for number in range(1, made["total_pages"] + 1):
                asked = {"export_id": made["export_id"], "page": number}
                rows += http.post("/intent/feeds/exports/page", json=asked).json()["rows"]
        return rows


@pytest.fixture(scope="package")
def vendor_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str, str]]:
    """A vendor with one feed of 12,500 rows, 13 pages, of which ten millions may be exported."""
    stack = Stack(tmp_path_factory.mktemp("vendor"))
    try:
        _, printed, feed = stack.manage_all(
            ("create_organization", "vendor"),
            ("issue_key", "--organization", "vendor", "--scopes", "all", "--rate", 100_000),
            (
                "create_feed", "--organization", "vendor", "--description", "Cloud cost",
                "--lookback-days", 60, "--pii", "--export-row-limit", 10_000_000,
            ),
        )  # fmt: skip
        write_intent(stack.folder / "rows.csv", days=DAYS, per_day=PER_DAY)
        stack.manage("import_intent", "--feed", feed, stack.folder / "rows.csv")
        stack.start("web")
        yield stack, next(w for w in printed.split() if w.startswith("chub_live_")), feed
    finally:
        stack.stop()


@pytest.fixture
def vendor(vendor_stack: tuple[Stack, str, str], settings: Any) -> Iterator[Vendor]:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    stack, key, feed = vendor_stack
    proxy = Proxy(stack.base_url)
    yield Vendor(stack, key, feed, proxy)
    proxy.close()


@pytest.fixture
def connection(vendor: Vendor, acme: Organization) -> Connection:
    """Return acme's connection to the vendor, with its feeds mirrored."""
    made = add_connection(
        organization=acme,
        actor=COMMAND_LINE,
        vendor="contactbased",
        name="Our ContactBased",
        credentials={"api_key": vendor.key},
        base_url=vendor.proxy.url,
    )
    assert sync_connection(made)
    return made


@pytest.fixture
def remote_grant(connection: Connection, vendor: Vendor) -> FeedGrant:
    """Return acme's mirrored grant of the vendor's feed."""
    return FeedGrant.objects.select_related("feed__connection", "organization").get(
        feed__remote_id=vendor.feed_id
    )


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring for nobody: each test does its jobs itself."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
