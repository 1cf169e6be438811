"""Which IP addresses may be dialled."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

# Besides what Python calls global: its tables differ between versions, and 3.11 calls several of these global.
# Sources: IANA's registries of special-purpose addresses for IPv4 and IPv6.
REFUSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; one cloud's metadata service
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
)
# Every public IPv6 address lies here. Outside are ::1, ::127.0.0.1, 64:ff9b:: (NAT64), fc00::, fe80::, fec0::, ff00::.
PUBLIC_IPV6 = IPv6Network("2000::/3")
# Never a receiver, not even where private addresses are allowed: metadata services, groups, no address at all.
NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fd00:ec2::/32",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
# Networks that carry an IPv4 address in their last 32 bits.
WITH_IPV4_AT_THE_END = (
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0/96"),
    IPv6Network("64:ff9b::/96"),
)


def may_dial(text: str, *, is_private_allowed: bool) -> bool:
    """Return whether an IP address, as text, may be connected to. Text that is not an address may not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    if is_private_allowed:
        return not any(face in network for face in _faces(address) for network in NEVER)
    return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in PUBLIC_IPV6:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in REFUSED)


def _faces(address: Address) -> list[Address]:
    """Return the address and, where it carries one, the IPv4 address that a packet to it would reach."""
    faces: list[Address] = [address]
    if isinstance(address, IPv6Address):
        if any(address in network for network in WITH_IPV4_AT_THE_END) and int(address) > 1:
            faces.append(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour:
            faces.append(address.sixtofour)
        if address.teredo:
            faces.extend(address.teredo)
    return faces
