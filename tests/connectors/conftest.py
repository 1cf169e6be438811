"""Connectors call servers on this machine."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    """Let connectors call loopback addresses."""
    settings.OUTBOUND_ALLOW_PRIVATE = True
