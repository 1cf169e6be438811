"""The settings of connections: adding, testing, replacing, pausing, removing, and the record of calls."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.core import clock
from contacthub.credentials.connections import sealing
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.connectors.vendors import say
from tests.credentials.connecting import SECRET, add
from tests.receiver import Receiver, answer, listening

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(alice: User) -> Client:
    return sign_in(alice)


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    with listening(say("contactbased", "feeds")) as server:
        yield server


def url_of(server: Receiver) -> str:
    return f"http://127.0.0.1:{server.port}"


def page(client: Client, name: str, connection: Connection | None = None, **query: str) -> str:
    url = reverse(name, args=[connection.pk] if connection else [])
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, name: str, connection: Connection, **values: str) -> Any:
    return client.post(reverse(name, args=[connection.pk]), values, follow=True)


def create(client: Client, vendor: str, **values: str) -> Any:
    url = reverse("settings-connection-create") + f"?vendor={vendor}"
    return client.post(url, {"request_key": str(uuid4()), **values}, follow=True)


def test_without_connections_every_vendor_is_offered(client: Client) -> None:
    text = page(client, "settings-connections")
    for label in ("ContactBased", "Letrics", "Backstory", "Rich Utilities", "InsideView"):
        assert f"Connect {label}" in text


@pytest.mark.parametrize(
    ("vendor", "terms"),
    [
        ("contactbased", ["api_key"]),
        ("letrics", ["api_key"]),
        ("backstory", ["client_id", "client_secret"]),
        ("richutilities", ["api_key"]),
        ("insideview", ["client_id", "client_secret"]),
    ],
)
def test_form_is_in_the_vendors_own_terms(client: Client, vendor: str, terms: list[str]) -> None:
    text = page(client, "settings-connection-create", vendor=vendor)
    for term in terms:
        assert f'name="{term}"' in text
    assert text.count('type="password"') == 1
    assert 'name="base_url" value="https://' in text


def test_form_without_a_vendor_asks_which(client: Client) -> None:
    assert "Connect a vendor" in page(client, "settings-connection-create", vendor="nobody")


def test_connection_is_added_and_tested_at_once(
    client: Client, acme: Organization, server: Receiver
) -> None:
    response = create(client, "contactbased", name="Main", api_key=SECRET, base_url=url_of(server))
    text = response.content.decode()
    assert "Main works: it answered in" in text
    assert "2 feeds, Contact enrichment" in text
    assert "942 of 1,000 left" in text
    assert "…WXYZ" in text
    assert SECRET not in text
    connection = Connection.objects.get(organization=acme)
    assert sealing.unseal(connection) == {"api_key": SECRET}
    row = page(client, "settings-connections")
    assert "API key, ends WXYZ" in row
    assert "942 rows" in row
    assert "Connect ContactBased" not in row
    actions = AuditEvent.objects.filter(subject=connection.pk).values_list("action", flat=True)
    assert sorted(actions) == ["Added connection", "Tested connection"]


def test_wrong_key_is_said_plainly_and_the_connection_is_kept(
    client: Client, acme: Organization, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    with listening(answer("401 X", body=f'{{"detail": "{SECRET}"}}'.encode())) as server:
        response = create(client, "letrics", name="L", api_key=SECRET, base_url=url_of(server))
    text = response.content.decode()
    assert "L: The vendor does not accept the credentials." in text
    assert SECRET not in text
    assert "Key refused" in page(client, "settings-connections")
    assert "Replace key" in page(client, "settings-connections")
    assert Connection.objects.filter(organization=acme).count() == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"api_key": ""}, "This field is required"),
        ({"base_url": "http://127.0.0.1/"}, "private, local or reserved"),
        ({"base_url": "https://x.example:22"}, "does not send to port 22"),
        ({"api_key": "a b\u00e9"}, "Enter the API key as the vendor shows it"),
    ],
)
def test_refusal_stands_at_its_field_and_the_secret_is_not_repeated(
    client: Client, values: dict[str, str], words: str
) -> None:
    good = {"name": "Main", "api_key": SECRET, "base_url": "https://api.vendor.example"}
    response = create(client, "contactbased", **(good | values))
    assert response.status_code == 422
    text = response.content.decode()
    assert words in text
    assert SECRET not in text
    assert not Connection.objects.exists()


def test_same_form_sent_twice_adds_one(client: Client, server: Receiver) -> None:
    values = {"name": "Main", "api_key": SECRET, "base_url": url_of(server)}
    key = str(uuid4())
    create(client, "contactbased", request_key=key, **values)
    response = create(client, "contactbased", request_key=key, **values)
    assert response.status_code == 422
    assert "already added a connection" in response.content.decode()
    assert Connection.objects.count() == 1


def test_test_now_from_the_list_and_from_its_page(
    client: Client, acme: Organization, server: Receiver
) -> None:
    connection = add(acme, base_url=url_of(server))
    response = send(client, "settings-connection-test", connection, **{"from": "list"})
    assert response.redirect_chain[-1][0] == reverse("settings-connections")
    assert "ContactBased works" in response.content.decode()
    response = send(client, "settings-connection-test", connection)
    assert response.redirect_chain[-1][0] == reverse(
        "settings-connection-detail", args=[connection.pk]
    )


def test_replacing_needs_the_whole_credential(
    client: Client, acme: Organization, server: Receiver
) -> None:
    connection = add(acme, base_url="https://api.vendor.example")
    moved = {"base_url": url_of(server)}
    response = send(client, "settings-connection-rotate", connection, **moved)
    assert response.status_code == 422
    connection.refresh_from_db()
    assert connection.base_url == "https://api.vendor.example"
    new = "sk_new_0123456789_NEWS"
    response = send(client, "settings-connection-rotate", connection, api_key=new, **moved)
    text = response.content.decode()
    assert "…NEWS" in text
    assert new not in text
    connection.refresh_from_db()
    assert sealing.unseal(connection) == {"api_key": new}
    assert server.requests[-1].headers["x-api-key"] == new


def test_pause_resume_and_remove(client: Client, acme: Organization) -> None:
    connection = add(acme)
    assert "Paused" in send(client, "settings-connection-pause", connection).content.decode()
    again = send(client, "settings-connection-pause", connection).content.decode()
    assert "is paused already" in again
    assert (
        "Not tested yet" in send(client, "settings-connection-resume", connection).content.decode()
    )
    assert "Remove ContactBased?" in page(client, "settings-connection-remove", connection)
    response = send(client, "settings-connection-remove", connection)
    assert "ContactBased is removed." in response.content.decode()
    assert not Connection.objects.exists()


def test_health_shows_the_breaker(client: Client, acme: Organization) -> None:
    connection = add(acme)
    now = clock.now()
    ConnectionHealth.objects.update(
        breaker="open",
        open_until=now + dt.timedelta(seconds=20),
        condition="down",
        condition_at=now,
    )
    for name, args in (("settings-connections", None), ("settings-connection-detail", connection)):
        text = page(client, name, args)
        assert "Vendor is down" in text
        assert "breaker open for" in text.lower()
    ConnectionHealth.objects.update(breaker="half_open", probe_until=now)
    assert "Being tried" in page(client, "settings-connections")
    ConnectionHealth.objects.update(
        breaker="closed", condition="works", held_until=now + dt.timedelta(seconds=40)
    )
    assert "asks to wait" in page(client, "settings-connections")


def test_calls_all_or_failed_only(client: Client, acme: Organization) -> None:
    connection = add(acme)
    for number in range(60):
        VendorCall.objects.create(
            connection=connection,
            started_at=clock.now() - dt.timedelta(minutes=number),
            operation="read export page",
            status=200 if number % 10 else 502,
            ms=40 + number,
            rows=1000,
            error="" if number % 10 else "provider_down",
            request_id=f"req-{number:02d}",
        )
    text = page(client, "settings-connection-detail", connection)
    assert "1–50 of 60" in text
    assert "60 calls, 6 failed" in text
    failed = page(client, "settings-connection-detail", connection, show="failed")
    assert failed.count("502 · Vendor is down") == 6
    assert "req-01" not in failed
    assert "60" in page(client, "settings-connections")


def test_number_of_queries_does_not_grow_with_connections(
    client: Client, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        add(acme, name=f"Connection {number}")
    with django_assert_max_num_queries(14):
        page(client, "settings-connections")


def test_fragment_for_htmx(client: Client, acme: Organization) -> None:
    add(acme)
    response = client.get(reverse("settings-connection-create") + "?vendor=letrics", headers=HTMX)
    assert b"<html" not in response.content
    assert response["Vary"]
