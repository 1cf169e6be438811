"""Live search without a broker; the vendor is ContactHub's own gateway in a process of its own."""

from typing import Any

import pytest

from contacthub.credentials.models import Connection
from contacthub.organizations.models import Organization
from tests.credentials.connecting import add
from tests.stack import Stack

Facade = tuple[Stack, dict[str, str]]


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring nobody."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: len(jobs))


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    """Let connectors call loopback addresses."""
    settings.OUTBOUND_ALLOW_PRIVATE = True


def connect(
    facade: Facade,
    organization: Organization,
    vendor: str,
    name: str,
    *,
    account: str = "one",
    base_url: str = "",
) -> Connection:
    return add(
        organization,
        vendor=vendor,
        name=name,
        base_url=base_url or facade[0].base_url,
        credentials={"api_key": facade[1][account]},
    )


@pytest.fixture
def letrics(facade: Facade, acme: Organization) -> Connection:
    return connect(facade, acme, "letrics", "Letrics")


@pytest.fixture
def nordics(facade: Facade, acme: Organization) -> Connection:
    return connect(facade, acme, "richutilities", "Nordics")
