"""The band that says a vendor is made up: on every page with a sandbox's connection, and on no other."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.models import Contact
from contacthub.core import clock
from contacthub.credentials.models import Connection
from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.enrichment.actions.vendors import save_waterfall
from contacthub.enrichment.models import Section
from contacthub.feeds.models import Feed, FeedGrant, FeedSync, Search
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.bulk import actions
from contacthub.sourcing.bulk.models import Pull
from tests.conftest import sign_in
from tests.credentials.connecting import add
from tests.enrichment.builders import cid, make_contact

pytestmark = pytest.mark.django_db
OWN, OTHER = "http://127.0.0.1:8123", "http://127.0.0.1:8124"
BAND = "This vendor is made up: nothing real is called and nothing real is charged."


@pytest.fixture
def client(alice: User) -> Client:
    return sign_in(alice)


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.SANDBOX = settings.OUTBOUND_ALLOW_PRIVATE = True
    settings.BASE_URL = OWN


@pytest.fixture
def connection(acme: Organization) -> Connection:
    """A connection in line for everything, with a feed that was searched."""
    connection = add(acme, vendor="contactbased", name="Vendor", base_url=OWN)
    feed = Feed.objects.create(
        name="Theirs", owner=acme, connection=connection, vendor="contactbased", remote_id="f",
        source="Vendor",
    )  # fmt: skip
    FeedSync.objects.create(connection=connection, tried_at=clock.now(), answered_at=clock.now())
    grant = FeedGrant.objects.create(feed=feed, organization=acme, lookback_days=30)
    Search.objects.create(
        organization=acme, grant=grant, feed=feed, lookback_days=7, start_on="2026-11-01",
        end_on="2026-11-07", watermark=0, remote_id="s", record_count=3, with_contact_count=1,
        created_by_name="Bob",
    )  # fmt: skip
    save_waterfall(
        organization=acme, actor=COMMAND_LINE, steps={each: [connection.pk] for each in Section},
        rules={}, lookup_limit=10,
    )  # fmt: skip
    make_contact(1)
    return connection


def addresses(acme: Organization, connection: Connection) -> dict[str, str]:
    """Return the pages on which a connection has a part, by what it is there."""
    letrics = add(acme, vendor="letrics", name="Search", base_url=connection.base_url)
    feed = connection.feeds.get()
    batch = create_draft_from_text(organization=acme, actor=COMMAND_LINE, text=cid(1))
    live = reverse("contact-live", args=[letrics.pk])
    draft, pull = (make_pull(acme, connection.base_url, name) for name in ("One", "Two"))
    actions.start_pull(
        organization=acme, actor=COMMAND_LINE, pull_id=pull.pk, quoted_cost=pull.price
    )
    return {
        "feeds": reverse("feed-list"),
        "feed": reverse("feed-detail", args=[feed.public_id]),
        "searches": reverse("search-list"),
        "live search": f"{live}?verified=yes",
        "contact": reverse("contact-detail", args=[cid(1)]),
        "list": reverse("enrichment-check", args=[batch.pk]),
        "pulls": reverse("pull-list"),
        "new pull": reverse("pull-new"),
        "pull to be checked": reverse("pull-check", args=[draft.pk]),
        "pull": reverse("pull-detail", args=[pull.pk]),
        "waterfall": reverse("settings-waterfall"),
        "connections": reverse("settings-connections"),
        "connection": reverse("settings-connection-detail", args=[connection.pk]),
    }


def make_pull(acme: Organization, base_url: str, name: str) -> Pull:
    """Draft a pull from a connection of its own."""
    credentials = {"client_id": "id", "client_secret": "secret-0123456789"}
    source = add(acme, vendor="insideview", name=name, base_url=base_url, credentials=credentials)
    return actions.draft_ids(
        organization=acme, actor=COMMAND_LINE, connection_id=source.pk, text="1"
    )


def list_shown(client: Client, pages: dict[str, str]) -> list[str]:
    shown = []
    for name, address in pages.items():
        response = client.get(address)
        assert response.status_code == 200, name
        if BAND in response.content.decode():
            shown.append(name)
    return shown


def test_band_is_on_every_page_with_such_a_connection(
    client: Client, acme: Organization, connection: Connection
) -> None:
    pages = addresses(acme, connection)
    assert list_shown(client, pages) == list(pages)


def test_band_is_on_no_page_without_one(client: Client, connection: Connection) -> None:
    names = ("home", "contact-list", "company-list", "export-list", "settings-keys", "more")
    assert list_shown(client, {name: reverse(name) for name in names}) == []


def test_checkout_says_it_where_the_rows_are_spent(client: Client, connection: Connection) -> None:
    search = Search.objects.get()
    text = client.get(reverse("export-checkout", args=[search.pk])).content.decode()
    # On the feed's page below, and in the drawer that covers it on a phone.
    assert text.count(BAND) == 2
    assert "ContactBased sets what your account may do." in text
    assert "can change that" not in text


@pytest.mark.parametrize(("is_on", "base_url"), [(False, OWN), (True, OTHER)])
def test_band_stands_for_no_real_vendor(
    client: Client,
    acme: Organization,
    connection: Connection,
    settings: Any,
    is_on: bool,
    base_url: str,
) -> None:
    settings.SANDBOX = is_on
    Connection.objects.update(base_url=base_url)
    connection.refresh_from_db()
    assert list_shown(client, addresses(acme, connection)) == []


def test_contact_of_which_everything_is_known_asks_nobody(
    client: Client, connection: Connection
) -> None:
    Contact.objects.all().delete()
    make_contact(
        1, pii={"first_name": "A", "last_name": "B"}, emails=["a@b.example"], phones=["+4701000000"]
    )
    assert list_shown(client, {"contact": reverse("contact-detail", args=[cid(1)])}) == []
