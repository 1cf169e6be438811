"""Addresses from which a key may be used: networks in CIDR notation (RFC 4632, RFC 4291 §2.3)."""

from collections.abc import Iterable
from ipaddress import ip_interface, ip_network

from contacthub.core.client_address import parse_address
from contacthub.core.errors import Invalid

MOST_NETWORKS = 50


def clean_networks(texts: Iterable[str]) -> list[str]:
    """Return networks as they are kept, each once, in the given order; one address is a network of one.

    Raises `Invalid` for text that is not a network, for bits set behind the prefix, and for more than 50 networks.
    """
    networks = list(dict.fromkeys(_clean(text.strip()) for text in texts if text.strip()))
    if len(networks) > MOST_NETWORKS:
        raise Invalid(f"A key takes up to {MOST_NETWORKS} networks.", field="allowed_addresses")
    return networks


def is_inside(address: str | None, networks: Iterable[str]) -> bool:
    """Return whether an address lies in one of the networks. An unknown address lies in none."""
    client = parse_address(address or "")
    return client is not None and any(client in ip_network(network) for network in networks)


def _clean(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise Invalid(_explain(text), field="allowed_addresses") from error


def _explain(text: str) -> str:
    shown = text[:60]
    try:
        network = ip_interface(text).network
    except ValueError:
        return f"{shown} is not a network. Enter 10.20.0.0/16, 2001:db8::/32 or one address."
    return f"{shown} has bits set after its prefix. Did you mean {network}?"
