"""Where a request comes from, as both doors see it."""

from collections.abc import Mapping
from typing import Any

# Set by the web server's middleware where trusted proxies stand in front.
BEHIND_PROXIES = "contacthub.address"


def client_address(meta: Mapping[str, Any]) -> str | None:
    """Return the address of the socket, or the one that the trusted proxies in front report."""
    return meta.get(BEHIND_PROXIES) or meta.get("REMOTE_ADDR") or None
