"""Where a request comes from: read in one place for pages, protocols, limits, logs and allauth."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

# What stands in for an address that cannot be known: one bucket of a limit, never inside an allowed network.
UNKNOWN = "unknown"
# An IPv6 customer owns at least a /64 (RFC 6177), so limits count the network and not one of its 2^64 addresses.
IPV6_PREFIX = 64
# `1.2.3.4:5678` and `[::1]:80`, as some proxies write them (RFC 7239 §6).
WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\](?::\d{1,5})?|(?P<v4>[\d.]+):\d{1,5})", re.ASCII)


def client_address(meta: Mapping[str, Any]) -> str | None:
    """Return the client's IP address from a WSGI environment, or None if it cannot be known.

    With `TRUSTED_PROXY_COUNT` proxies in front it is the entry that the outermost one appended to `X-Forwarded-For`;
    entries before it come from the client and are not believed. Without proxies, or without the header, it is the
    socket's address. None: a Unix socket without proxies, or a proxy that wrote `unknown`, `_hidden` or nonsense.
    """
    hops = [hop for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    proxies = max(0, settings.TRUSTED_PROXY_COUNT)
    if not proxies or not hops:
        return read_address(meta.get("REMOTE_ADDR") or "")
    # Fewer entries than proxies: the request met only some of them, and the first entry is theirs.
    return read_address(hops[-proxies] if len(hops) >= proxies else hops[0])


def read_address(text: str) -> str | None:
    """Return an address in its shortest form, without quotes, port and zone; None for anything else.

    An IPv4 address inside IPv6, as a dual-stack socket reports it (RFC 4291 §2.5.5.2), is IPv4.
    """
    address = parse_address(text)
    return None if address is None else str(address)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that `read_address` describes, as an object."""
    host = text.strip().strip('"')
    match = WITH_PORT.fullmatch(host)
    if match:
        host = match["v6"] or match["v4"]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def address_group(address: str | None) -> str:
    """Return what a limit counts for an address: IPv4 as it is, the /64 network of IPv6, else one group for all."""
    parsed = parse_address(address or "")
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return UNKNOWN if parsed is None else str(parsed)
