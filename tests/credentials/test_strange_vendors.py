"""Connect and Test now against vendors whose answers nobody foresaw: always a page, never a 500, and a way back."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.connectors import errors
from contacthub.connectors.registry import CONNECTORS
from contacthub.core import clock
from contacthub.credentials.connections import actions
from contacthub.credentials.connections.models import Connection, ConnectionHealth
from contacthub.credentials.connections.queries import open_connector
from contacthub.organizations.actions import COMMAND_LINE
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.credentials.connecting import SECRET, add
from tests.fake_vendor import Rule, vending

pytestmark = pytest.mark.django_db
TERMS = {"api_key": SECRET, "client_id": "public", "client_secret": SECRET}
# Besides the case of a date that cannot be.
STRANGE = {
    "a year of ten digits": {"case": "retry_after_overflow"},
    "bytes": {"rules": [Rule("/", 429, {"Retry-After": "\xff\xfe" * 40}, body="{")]},
    "seconds without end": {"rules": [Rule("/", 503, {"Retry-After": "9" * 5000}, body="[]")]},
    "numbers without end": {"rules": [Rule("/", 200, body='{"feeds": ' + "9" * 5000 + "}")]},
    "depth": {"rules": [Rule("/", 200, body="[" * 100_000)]},
    "another status": {"rules": [Rule("/", 299, body="\x00")]},
}


@pytest.fixture
def client(alice: User) -> Client:
    return sign_in(alice)


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_connecting_is_never_an_error_of_ours(
    client: Client, acme: Organization, settings: Any, vendor: str
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    for name, how in STRANGE.items():
        with vending(*how.get("rules", ()), case=how.get("case", "")) as server:
            values = {"name": name, "base_url": server.url, "request_key": str(uuid4()), **TERMS}
            url = reverse("settings-connection-create") + f"?vendor={vendor}"
            answer = client.post(url, values, follow=True)
        assert answer.status_code == 200, name
        connection = Connection.objects.get(name=name)
        assert ConnectionHealth.objects.get(connection=connection).held_until is None, name


def test_test_that_crashes_says_so(
    client: Client, acme: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    connection = add(acme)
    monkeypatch.setattr(CONNECTORS["contactbased"], "check", lambda self: 1 / 0)
    url = reverse("settings-connection-test", args=[connection.pk])
    answer = client.post(url, follow=True)
    assert answer.status_code == 200
    assert "The answer could not be used" in answer.content.decode()


def test_pause_to_a_time_in_milliseconds_ends_then_and_a_test_goes_through(
    acme: Organization, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    with vending(case="ratelimit_reset_ms") as server:
        connection = add(acme, vendor="richutilities", base_url=server.url)
        with open_connector(connection, is_interactive=True) as connector:
            connector.search_contacts({})
            resets_at = ConnectionHealth.objects.get().rate_resets_at
            assert resets_at
            assert 25 < (resets_at - clock.now()).total_seconds() <= 30
            with pytest.raises(errors.Throttled):
                connector.search_contacts({})
        for _ in range(2):
            result = actions.test_connection(
                organization=acme, actor=COMMAND_LINE, connection_id=connection.pk
            )
            assert result.works
