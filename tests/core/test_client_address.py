"""One reading of where a request comes from, whatever proxies and strangers write."""

from typing import Any

import pytest

from contacthub.core.client_address import address_group, client_address, read_address
from contacthub.credentials.addresses import is_inside

SOCKET = "10.0.0.9"


def behind(count: int, forwarded: str | None, settings: Any, *, socket: str = SOCKET) -> str | None:
    settings.TRUSTED_PROXY_COUNT = count
    header = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address({"REMOTE_ADDR": socket, **header})


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("1.2.3.4", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("1.2.3.4:5678", "1.2.3.4"),
        ("[::1]:80", "::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:8080", "fe80::1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("unknown", None),
        ("_hidden", None),
        ("", None),
        ("1.2.3.4.5", None),
        ("1.2.3.4:port", None),
        ("[::1", None),
        ("::1]:80", None),
        ("[]:80", None),
        ("%eth0", None),
        ("999.1.1.1", None),
        ("1.2.3.4\x00", None),
        ("١.٢.٣.٤", None),
        ("<script>", None),
        ("9" * 5000, None),
    ],
)
def test_address_is_read_or_unknown(text: str, address: str | None):
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        # A header is believed only where proxies stand in front, and only their part of it.
        (0, None, SOCKET),
        (0, "6.6.6.6", SOCKET),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (1, "6.6.6.6,, 1.2.3.4:5678 ,", "1.2.3.4"),
        # Whoever asks us past the proxies has the socket's address; fewer entries than proxies are all theirs.
        (1, None, SOCKET),
        (1, " , ", SOCKET),
        (2, "1.2.3.4", "1.2.3.4"),
        # A proxy that does not say is not taken for the client: its own address may be an allowed one.
        (1, "6.6.6.6, unknown", None),
        (1, "_hidden", None),
        (-1, "6.6.6.6", SOCKET),
    ],
)
def test_only_our_own_proxies_are_believed(
    count: int, forwarded: str | None, address: str | None, settings: Any
):
    assert behind(count, forwarded, settings) == address


@pytest.mark.parametrize("socket", ["", "@", "/run/hub.sock"])
def test_unix_socket_has_no_address_but_its_proxy_does(socket: str, settings: Any):
    assert behind(0, "1.2.3.4", settings, socket=socket) is None
    assert behind(1, "1.2.3.4", settings, socket=socket) == "1.2.3.4"
    assert client_address({}) is None


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_limits_count_networks_of_ipv6(address: str | None, group: str):
    assert address_group(address) == group


def test_unknown_address_is_in_no_network():
    assert is_inside("::ffff:10.1.2.3", ["10.0.0.0/8"])
    assert not is_inside(None, ["0.0.0.0/0", "::/0"])
    assert not is_inside("unknown", ["0.0.0.0/0", "::/0"])
