"""Enrichment without a broker, over a small catalog."""

import pytest

from contacthub.organizations.models import Organization
from tests.enrichment.builders import make_catalog


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect rings instead of sending them."""
    rings: list[object] = []
    monkeypatch.setattr(
        "contacthub.jobs.doorbell.ring", lambda jobs: rings.extend(jobs) or len(jobs)
    )
    return rings


@pytest.fixture
def catalog(acme: Organization) -> Organization:
    """Acme, with contacts to ask about."""
    make_catalog()
    return acme
