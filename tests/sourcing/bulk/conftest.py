"""A vendor in processes of its own, with a worker, and a proxy before it that a test can disturb."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from contacthub.connectors.client import Patience
from contacthub.core.public_ids import format_contact_id
from contacthub.credentials.connections.actions import add_connection
from contacthub.credentials.connections.models import Connection
from contacthub.organizations.audit import COMMAND_LINE, Actor
from contacthub.organizations.models import Organization
from tests.stack import Stack
from tests.vendor_feeds.proxy import Proxy

# The vendor's contacts by number. Every tenth has nothing that it could be told by: no address.
COUNT = 60
NAMELESS = COUNT // 10
FRAGMENT_ROWS = 7


def email_of(number: int) -> str:
    return f"person{number}@vendor.example"


def row_of(number: int) -> dict[str, Any]:
    """Return what the vendor knows of a contact."""
    row: dict[str, Any] = {
        "contact_id": format_contact_id(number),
        "id": number,
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "created_at": f"2026-10-{1 + number % 28:02d}T10:00:00Z",
        "phones": [f"+47220000{number:02d}"],
    }
    if number % 10:
        row["emails"] = [{"email": email_of(number), "status": "valid"}]
    return row


@dataclass
class Vendor:
    """The vendor's side: its books, its key, and the proxy that stands before it."""

    stack: Stack
    key: str
    proxy: Proxy

    def job_ids(self, kind: str) -> set[str]:
        """Return the jobs that the vendor has made."""
        asked = "SELECT public_id FROM contact_jobs_contactjob WHERE kind = %s"
        return {name for (name,) in self.stack.query(asked, kind)}

    @property
    def used(self) -> int:
        """Return the transactions that the vendor has taken."""
        rows = self.stack.query(
            "SELECT coalesce(sum(used), 0) FROM contact_jobs_transactionaccount"
        )
        return int(rows[0][0])

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have the vendor take jobs in, and work on none."""
        self.stack.kill("worker", signal.SIGSTOP)
        try:
            yield
        finally:
            self.stack.kill("worker", signal.SIGCONT)

    def set_limit(self, limit: int | None) -> None:
        """Limit the account's transactions."""
        self.stack.query("UPDATE contact_jobs_transactionaccount SET transaction_limit = %s", limit)

    def connect(self, organization: Organization, vendor: str) -> Connection:
        """Add an organization's connection to it."""
        return add_connection(
            organization=organization,
            actor=COMMAND_LINE,
            vendor=vendor,
            name=f"Our {vendor}",
            credentials={
                "client_id": self.key.removeprefix("chub_live_").split("_")[0],
                "client_secret": self.key,
            },
            base_url=self.proxy.url,
        )


@pytest.fixture(scope="package")
def vendor_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """A vendor that works on its jobs, and the key of its one account."""
    stack = Stack(
        tmp_path_factory.mktemp("vendor"),
        OUTBOUND_ALLOW_PRIVATE="1",
        BACKSTORY_FRAGMENT_ROWS=str(FRAGMENT_ROWS),
    )
    try:
        path = Path(stack.folder, "contacts.jsonl")
        path.write_bytes(b"\n".join(orjson.dumps(row_of(n)) for n in range(1, COUNT + 1)))
        *_, printed = stack.manage_all(
            ("create_organization", "vendor"),
            ("import_contacts", path, "--organization", "vendor"),
            ("set_transaction_limit", "--organization", "vendor", "--limit", 100_000),
            ("issue_key", "--organization", "vendor", "--scopes", "all", "--rate", 60_000),
        )
        key = next(word for word in printed.split() if word.startswith("chub_live_"))
        stack.start("web", "worker", "beat")
        yield stack, key
    finally:
        stack.stop()


@pytest.fixture
def vendor(vendor_stack: tuple[Stack, str], settings: Any) -> Iterator[Vendor]:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    stack, key = vendor_stack
    proxy = Proxy(stack.base_url)
    yield Vendor(stack, key, proxy)
    proxy.close()


@pytest.fixture
def insideview(vendor: Vendor, acme: Organization) -> Connection:
    return vendor.connect(acme, "insideview")


@pytest.fixture
def backstory(vendor: Vendor, acme: Organization) -> Connection:
    return vendor.connect(acme, "backstory")


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect rings instead of sending them."""
    rings: list[object] = []
    monkeypatch.setattr(
        "contacthub.jobs.doorbell.ring", lambda jobs: rings.extend(jobs) or len(jobs)
    )
    return rings


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between two tries of one call, and for one that may still arrive."""
    quick = Patience(first_wait=0.01, most_wait=0.02)
    monkeypatch.setattr("contacthub.sourcing.bulk.runner.BACKGROUND", quick)
    monkeypatch.setattr("contacthub.sourcing.bulk.vendor_job.SETTLE_SECONDS", 0.2)


SOMEBODY = Actor(name="Somebody")
