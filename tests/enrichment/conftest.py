"""Enrichment without a broker, over a small catalogue."""

from collections.abc import Iterator

import pytest

from contacthub.organizations.models import Organization
from tests.enrichment.builders import make_catalogue
from tests.enrichment.vendor import fill
from tests.stack import Stack


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect rings instead of sending them."""
    rings: list[object] = []
    monkeypatch.setattr(
        "contacthub.jobs.doorbell.ring", lambda jobs: rings.extend(jobs) or len(jobs)
    )
    return rings


@pytest.fixture
def catalogue(acme: Organization) -> Organization:
    """Acme, with contacts to ask about."""
    make_catalogue()
    return acme


@pytest.fixture(scope="package")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, dict[str, str]]]:
    """A vendor with two accounts in processes of its own, and the accounts' keys by name."""
    stack = Stack(tmp_path_factory.mktemp("vendor"))
    try:
        keys = fill(stack)
        stack.start("web")
        yield stack, keys
    finally:
        stack.stop()
