"""Both generations of ContactBased over a real socket: recognized by a test, mirrored, searched, exported once."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from contacthub.connectors.contactbased_messages import Generation
from contacthub.core import clock
from contacthub.credentials.connections.actions import test_connection as try_connection
from contacthub.credentials.connections.models import Connection, ConnectionHealth
from contacthub.exports.models import Export, RemoteExport
from contacthub.exports.runner import RenderFile
from contacthub.feeds.mirror import actions as mirror
from contacthub.feeds.models import Feed, FeedGrant, Search
from contacthub.jobs.models import Job
from contacthub.jobs.runner import perform
from contacthub.organizations.audit import COMMAND_LINE, Actor
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.credentials.connecting import add
from tests.exports.builders import make_export, read_file
from tests.fake_vendor import FakeVendor, Rule, Seen, vending

pytestmark = pytest.mark.django_db(transaction=True)
EXPORT, JOB = "9f8e7d6c-5b4a-4392-8170-1f2e3d4c5b6a", "b1a7c1de-52b8-4b0f-8a43-6f6f0f0f7a01"
EXPORTS = "/intent/feeds/exports"
TOTAL, PAGE_SIZE = 5, 2
POOL = {"limit": 1000, "used": 40, "remaining": 960}


@dataclass
class Books:
    """What the vendor has: whether it is of the later generation, its exports, and looks until one is built."""

    is_later: bool
    looks: int = 2
    is_lost: bool = False
    ends_as: str = "ready"
    made: list[dict[str, Any]] = field(default_factory=list)

    def feeds(self, seen: Seen) -> Any:
        everything = [self.feed(number) for number in range(1, 6)]
        if not self.is_later:
            return {"feeds": everything}
        page = int(dict(p.split("=") for p in seen.query.split("&") if p).get("page", 1))
        shown = everything[2 * page - 2 : 2 * page]
        return {"items": shown, "page": page, "page_size": 2, "total": len(everything)}

    def feed(self, number: int) -> dict[str, Any]:
        entry = {
            "feed_id": str(UUID(int=number)),
            "description": f"Feed {number}",
            "pii_enabled": True,
        }
        entry |= {"business_info_enabled": False, "lookback_days": 60}
        if not self.is_later:
            entry |= {
                "export_row_limit": 1000,
                "export_rows_used": 40,
                "export_rows_remaining": 960,
            }
        return entry

    def search(self, seen: Seen) -> Any:
        days = seen.json["lookback_days"]
        counts = {
            "total_records": TOTAL,
            "records_with_contact_id": 3,
            "records_without_contact_id": 2,
        }
        if self.is_later:
            return {"feed_id": seen.json["feed_id"], **counts}
        return self.saved(seen.json["feed_id"], days) | counts

    def saved(self, feed_id: str, days: int) -> dict[str, Any]:
        today = clock.today()
        start = today - dt.timedelta(days=days - 1)
        window = {"feed_id": feed_id, "lookback_days": days, "start_date": start, "end_date": today}
        return window | {"job_id": JOB, "created_at": clock.now(), "daily_counts": None}

    def jobs(self, seen: Seen) -> Any:
        counts = {
            "total_records": TOTAL,
            "records_with_contact_id": 3,
            "records_without_contact_id": 2,
        }
        feed_id = seen.query.partition("=")[2]
        return {"jobs": [self.saved(feed_id, 10) | counts]}

    def create(self, seen: Seen) -> Any:
        self.made.append(seen.json)
        return self.summary(0)

    def get(self, seen: Seen) -> Any:
        self.looks -= 1
        return self.summary(self.looks)

    def summary(self, looks: int) -> Any:
        counts = {"total_rows": TOTAL, "total_pages": 3, "page_size": PAGE_SIZE}
        asked = self.made[-1]
        if self.is_later:
            word = "building" if self.looks > 0 else self.ends_as
            about = {"export_id": EXPORT, "status": word, "created_at": clock.now()}
            return about | (counts if word == "ready" else {})
        options = {n: asked[n] for n in asked if n not in ("job_id", "feed_id", "lookback_days")}
        feed_id = str(UUID(int=1))
        return {"export_id": EXPORT, **self.saved(feed_id, 10), **counts, **options}

    def listed(self, seen: Seen) -> Any:
        return {
            "exports": [self.summary(0)] if self.made else [],
            "page": 1,
            "total": len(self.made),
        }

    def page(self, seen: Seen) -> Any:
        number = seen.json["page"]
        places = range(PAGE_SIZE * (number - 1), min(PAGE_SIZE * number, TOTAL))
        rows = [
            {"domain": f"d{n}.example", "topic": "cloud", "observed_date": "2026-11-20T00:00:00Z"}
            for n in places
        ]
        return {"export_id": EXPORT, "page": number, "rows": rows, "status": "ready"}


def rules_of(books: Books) -> list[Rule]:
    later = [] if not books.is_later else [
        Rule("/organization/credits", body={"records": POOL, "unit": "records"}),
        Rule("/intent/feeds/preview", 404, body={"detail": "Not Found"}),
        Rule("/intent/feeds/jobs", 404, body={"detail": "Not Found"}),
    ]  # fmt: skip
    return [
        *later,
        Rule("/organization/feeds", make=books.feeds),
        Rule("/intent/feeds/preview", make=books.search),
        Rule("/intent/feeds/search", make=books.search),
        Rule("/intent/feeds/jobs", make=books.jobs),
        Rule(f"{EXPORTS}/page", make=books.page),
        Rule(f"{EXPORTS}/get", make=books.get),
        Rule(f"{EXPORTS}/list", make=books.listed),
        Rule(EXPORTS, make=books.create),
    ]


@pytest.fixture(params=[False, True], ids=["earlier", "later"])
def books(request: pytest.FixtureRequest, settings: Any) -> Books:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    return Books(is_later=request.param)


@pytest.fixture
def server(books: Books) -> Iterator[FakeVendor]:
    with vending(*rules_of(books)) as server:
        yield server


@pytest.fixture
def connection(acme: Organization, server: FakeVendor) -> Connection:
    return add(acme, base_url=server.url)


def freeze(connection: Connection, actor: Actor) -> Search:
    """Mirror the feeds and run a search of ten days."""
    assert mirror.sync_connection(connection)
    grant = FeedGrant.objects.select_related("feed__connection").get(feed__remote_id=UUID(int=1))
    return mirror.run_search(
        organization=connection.organization, actor=actor, grant=grant, lookback_days=10
    )


def bring(export: Export, *, steps: int = 8) -> Export:
    """Do an export's job, whatever it would wait for."""
    for _ in range(steps):
        Job.objects.filter(pk=export.job_id).update(wakes_at=None)
        assert export.job_id
        perform(export.job_id, RenderFile)
        export = Export.objects.select_related("job__result", "remote").get(pk=export.pk)
        if export.state != Export.State.RUNNING and export.job and export.job.is_final:
            break
    return export


def test_test_recognizes_the_generation_and_its_page_says_so(
    connection: Connection, books: Books, alice: User, server: FakeVendor
) -> None:
    result = try_connection(
        organization=connection.organization, actor=COMMAND_LINE, connection_id=connection.pk
    )
    assert result.standing
    assert result.standing.may == ("5 feeds", "Contact enrichment")
    generation = Generation.LATER if books.is_later else Generation.EARLIER
    assert ConnectionHealth.objects.get().generation == generation.value
    page = sign_in(alice).get(reverse("settings-connection-detail", args=[connection.pk]))
    text = page.content.decode()
    assert generation.value in text
    assert "960 of 1,000 left" in text
    assert ("Record credits" in text) == books.is_later
    # Nothing is asked that the earlier generation does not know.
    assert server.count("/organization/credits") == int(books.is_later)


def test_all_feeds_are_mirrored_with_what_is_left(connection: Connection, books: Books) -> None:
    assert mirror.sync_connection(connection)
    assert Feed.objects.filter(connection=connection, withdrawn_at=None).count() == 5
    for grant in FeedGrant.objects.all():
        assert (grant.export_row_limit, grant.export_rows_used, grant.lookback_days) == (
            1000,
            40,
            60,
        )
    # A feed that is gone from the last page is withdrawn, and none of the others.
    books.feed = lambda number: Books.feed(books, min(number, 4))  # type: ignore[method-assign]
    assert mirror.sync_connection(connection) != books.is_later
    assert Feed.objects.filter(withdrawn_at=None).count() == (5 if books.is_later else 4)


def test_export_is_made_once_and_brought(
    connection: Connection, books: Books, server: FakeVendor, as_bob: Actor
) -> None:
    search = freeze(connection, as_bob)
    export = bring(make_export(search, as_bob))
    assert (export.state, export.job and export.job.error) == ("completed", "")
    rows = list(csv.DictReader(io.StringIO(read_file(export).decode())))
    assert [row["domain"] for row in rows] == [f"d{n}.example" for n in range(TOTAL)]
    assert server.count(EXPORTS, "POST") == 1
    source = (
        {"feed_id": str(UUID(int=1)), "lookback_days": 10} if books.is_later else {"job_id": JOB}
    )
    assert source.items() <= books.made[0].items()
    assert server.count(f"{EXPORTS}/get") == (2 if books.is_later else 0)


@pytest.mark.parametrize("books", [True], indirect=True, ids=["later"])
class TestBuilding:
    """What only the later generation does."""

    def test_no_worker_waits_while_it_is_built(
        self, connection: Connection, books: Books, as_bob: Actor, bob: User
    ) -> None:
        books.looks = 3
        export = bring(make_export(freeze(connection, as_bob), as_bob), steps=1)
        assert export.job
        assert (export.job.state, export.job.wakes_at is not None) == (Job.State.QUEUED, True)
        made = RemoteExport.objects.get()
        assert (made.is_made, made.is_built, made.vendor_id) == (True, False, EXPORT)
        page = sign_in(bob).get(reverse("export-detail", args=[export.pk]))
        assert "ContactBased is building this export. Next check at" in page.content.decode()

    def test_failed_building_ends_the_export_and_running_it_again_makes_another(
        self, connection: Connection, books: Books, server: FakeVendor, as_bob: Actor
    ) -> None:
        books.ends_as = "failed"
        export = bring(make_export(freeze(connection, as_bob), as_bob))
        assert export.job
        assert export.job.error == "ContactBased could not build this export."
        assert RemoteExport.objects.get().vendor_id == ""

    def test_credits_that_are_short_are_a_quota(
        self, connection: Connection, server: FakeVendor, as_bob: Actor
    ) -> None:
        search = freeze(connection, as_bob)
        server.rules.insert(0, Rule(EXPORTS, 402, body={"detail": "Insufficient credits"}))
        server.rules.insert(0, Rule(f"{EXPORTS}/list", body={"exports": []}))
        export = bring(make_export(search, as_bob))
        assert export.job
        assert export.job.error == "The account's row quota is too small."
