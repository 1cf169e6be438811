"""URLs that users give, judged by their text alone: no name is resolved here, so that a form answers at once."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.conf import settings

from contacthub.core.domains import to_ascii
from contacthub.core.errors import Invalid
from contacthub.core.outbound.addresses import may_dial
from contacthub.core.text import normalize

LONGEST = 2048
USUAL_PORTS = {"http": 80, "https": 443}
# Whitespace, control characters and the backslash, which programs read in different ways.
UNREADABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ufeff]")
HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
# Programs read a last label like these as part of an IPv4 address: 127.1, 0x7f.1, 2130706433.
NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
# Names that are local by definition (RFC 6761, 6762, 8375, ICANN's .internal).
LOCAL_SUFFIXES = (".localhost", ".local", ".localdomain", ".internal", ".home.arpa", ".lan")
PRIVATE = "ContactHub does not send to private, local or reserved addresses."


def check_url(text: str) -> str:
    """Return an absolute http(s) URL in its normal form, or raise `Invalid` with a sentence that says why not.

    At most 2,048 characters; no user name, no fragment; port 80 or 443 unless OUTBOUND_PORTS names others; no address
    that is private by its text unless OUTBOUND_ALLOW_PRIVATE is on. What the name resolves to is judged when it is
    dialled.
    """
    text = normalize(text)
    if len(text) > LONGEST:
        raise Invalid(f"A URL may have up to {LONGEST:,} characters.", field="url")
    url = _parse(text)
    if url.scheme not in USUAL_PORTS or not url.host:
        raise Invalid("Enter an absolute URL that begins with https:// or http://.", field="url")
    if "@" in urlsplit(text).netloc or url.userinfo:
        raise Invalid("A URL must not hold a user name or password.", field="url")
    if "#" in text:
        raise Invalid("A URL to send to has no # part.", field="url")
    check_host(host_of(url))
    check_port(port_of(url))
    return str(url)


def name_of(url: str) -> str:
    """Return the host and port of a checked URL, as its connections are counted: hooks.example.com:443."""
    parsed = httpx.URL(url)
    return f"{host_of(parsed)}:{port_of(parsed)}"


def _parse(text: str) -> httpx.URL:
    if UNREADABLE.search(text):
        raise Invalid("A URL has no spaces, control characters or backslashes.", field="url")
    try:
        text.encode()
        # Python refuses some that httpx takes, such as http://[evil.
        urlsplit(text)
        url = httpx.URL(text if text.isascii() else _encode_host(text))
        # What sends decodes the host's `xn--` labels, and cannot send to one that IDNA 2008 does not read: ☃.com.
        _ = url.host
    except (httpx.InvalidURL, ValueError) as error:
        raise Invalid("This is not a URL that can be read.", field="url") from error
    return url


def _encode_host(text: str) -> str:
    """Return a URL with its host in ASCII, by the one rule for domains."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if host.isascii():
        return text
    user, at, named = parts.netloc.rpartition("@")
    _, colon, port = named.partition(":")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{to_ascii(host)}{colon}{port}"))


def host_of(url: httpx.URL) -> str:
    """Return the host as it is looked up: lower case, punycode, without brackets or a final dot."""
    return url.raw_host.decode("ascii").lower().removesuffix(".")


def port_of(url: httpx.URL) -> int:
    """Return the port, where the URL names none that of its scheme."""
    return USUAL_PORTS[url.scheme] if url.port is None else url.port


def check_host(host: str) -> None:
    """Raise `Invalid` if a host cannot be one, or is private by its text."""
    literal = _read_address(host)
    if literal is None and not _is_name(host):
        raise Invalid("The host of this URL cannot be read.", field="url")
    if settings.OUTBOUND_ALLOW_PRIVATE:
        is_fine = literal is None or may_dial(host, is_private_allowed=True)
    elif literal is not None:
        is_fine = may_dial(host, is_private_allowed=False)
    else:
        is_fine = "." in host and not host.endswith(LOCAL_SUFFIXES) and not _is_own(host)
    if not is_fine:
        raise Invalid(PRIVATE, field="url")


def check_port(port: int) -> None:
    """Raise `Invalid` for a port that nothing is sent to.

    Where private addresses are allowed and OUTBOUND_PORTS is empty, every port is.
    """
    ports = settings.OUTBOUND_PORTS
    if not 1 <= port <= 65535 or (ports and port not in ports):
        raise Invalid(f"ContactHub does not send to port {port}.", field="url")
    if not ports and not settings.OUTBOUND_ALLOW_PRIVATE and port not in USUAL_PORTS.values():
        raise Invalid(f"ContactHub does not send to port {port}, only to 80 and 443.", field="url")


def _read_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    return HOST_NAME.fullmatch(host) is not None and not NUMBER.fullmatch(host.rpartition(".")[2])


def _is_own(host: str) -> bool:
    return host == (urlsplit(settings.BASE_URL).hostname or "")
