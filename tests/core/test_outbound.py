"""What leaves goes to public addresses only, within its time, and reads no more than it should."""

import gzip
import resource
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contacthub.core import outbound
from contacthub.core.errors import Invalid, Unavailable
from contacthub.core.outbound import transport
from contacthub.core.outbound.addresses import may_dial
from tests.receiver import Receiver, answer, hang, listening, raw, reset

PUBLIC = "93.184.216.34"
Resolver = Callable[[str, list[str]], None]


@pytest.fixture
def private_allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True


@pytest.fixture
def trap() -> Iterator[Receiver]:
    """A listener on loopback that nobody may ever connect to."""
    with listening() as receiver:
        yield receiver


@pytest.fixture
def any_port(settings: Any, trap: Receiver) -> None:
    """Leave the address as the only thing to refuse."""
    settings.OUTBOUND_PORTS = [80, 443, trap.port]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, list[list[str]]], list[str]]:
    """Names and their answers, one list for each time somebody asks; and what was asked."""
    real = socket.getaddrinfo
    names: dict[str, list[list[str]]] = {}
    asked: list[str] = []

    def answer(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return real(host, port, *args, **options)
        asked.append(name)
        answers = names[name]
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for a in now for entry in real(a, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names, asked


# --- The text of a URL ----------------------------------------------------------------------------

PRIVATE_HOSTS = [
    "127.0.0.1",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST.",
    "db.localhost",
    "printer.local",
    "metadata.google.internal",
    "postgres",
    "0",
    "0.0.0.0",
    "127.1",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "2130706433",
    "127.0.0.0x1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "%31%32%37.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fec0::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "100.64.0.1",
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_private_host_is_refused_in_every_spelling(
    host: str, trap: Receiver, any_port: None
) -> None:
    for url in (f"http://{host}:{trap.port}/", f"http://{host}/", f"https://{host}/"):
        with pytest.raises(Invalid):
            outbound.check_url(url)
        with pytest.raises(Invalid):
            outbound.send("POST", url, content=b"{}", seconds=2)
    assert trap.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "//hooks.example.com/",
        "/hook",
        "http:",
        "http://",
        "http:///hook",
        "https:hooks.example.com",
        "ftp://hooks.example.com/",
        "http://xn--n3h.com/",
        "http://☃.com/",
        "http://-bü.example/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http://user:pw@hooks.example.com/",
        "http://user@hooks.example.com/",
        "http://@hooks.example.com/",
        "http://a\\@hooks.example.com/",
        "http://hooks.example.com#@127.0.0.1/",
        "http://hooks.example.com/#",
        "http://hooks.example.com:22/",
        "http://hooks.example.com:5432/",
        "http://hooks.example.com:6379/",
        "http://hooks.example.com:0/",
        "http://hooks.example.com:70000/",
        "http://[evil",
        "http://evil]/",
        "http://[::1",
        "http://hooks.example.com:-1/",
        "http://hooks.example.com:x/",
        "http://hooks.example.com/\r\nX-Evil: 1",
        "http://hooks.example.com/\t",
        " http://hooks.example.com/",
        "http://hooks.exa mple.com/",
        "http://hooks.example.com/\x00",
        "http://hooks.example.com/\ud800",
        "http://hooks..example.com/",
        "http://.example.com/",
        "http://*.example.com/",
        "http://hooks,example.com/",
        "http://[::1/",
        "http://" + "a" * 64 + ".example.com/",
        "http://" + "a." * 130 + "example.com/",
        "http://hooks.example.com/" + "a" * 4096,
    ],
)
def test_url_that_cannot_be_sent_to_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        outbound.check_url(url)
    assert refusal.value.field == "url"
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://hooks.example.com/a?b=c", "https://hooks.example.com/a?b=c"),
        ("HTTP://Hooks.Example.COM:80/A", "http://hooks.example.com/A"),
        ("https://hooks.example.com:443", "https://hooks.example.com"),
        ("http://hooks.example.com./", "http://hooks.example.com./"),
        (
            "https://bücher.example/ä b".replace(" ", "%20"),
            "https://xn--bcher-kva.example/%C3%A4%20b",
        ),
        # IDNA 2008, non-transitional; full-width dots; an underscore; an invisible character.
        ("http://rote-straße.example/", "http://xn--rote-strae-e4a.example/"),
        ("http://BU\u0308CHER。example/", "http://xn--bcher-kva.example/"),
        ("http://foo_bar.example/", "http://foo_bar.example/"),
        ("http://hooks\u200b.example.com/", "http://hooks.example.com/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]/"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
        ("https://1.example.com/", "https://1.example.com/"),
    ],
)
def test_public_url_is_taken_in_its_normal_form(text: str, url: str) -> None:
    taken = outbound.check_url(text)
    assert httpx.URL(taken).raw_host == httpx.URL(url).raw_host
    assert httpx.URL(taken) == httpx.URL(url)
    assert outbound.name_of(taken).isascii()


def test_own_address_is_no_receiver(settings: Any) -> None:
    settings.BASE_URL = "https://hub.example.com"
    with pytest.raises(Invalid, match="private, local or reserved"):
        outbound.check_url("https://hub.example.com/api")


def test_setting_names_other_ports(settings: Any) -> None:
    settings.OUTBOUND_PORTS = [8443]
    assert outbound.check_url("https://hooks.example.com:8443/")
    with pytest.raises(Invalid, match="port 443"):
        outbound.check_url("https://hooks.example.com/")


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "100.100.100.200", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]",
     "[64:ff9b::a9fe:a9fe]", "0.0.0.0", "[::]", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_metadata_services_stay_closed_where_private_addresses_are_allowed(
    host: str, private_allowed: None
) -> None:
    with pytest.raises(Invalid):
        outbound.check_url(f"http://{host}/latest/meta-data")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "192.168.0.1", "::1", "fc00::1", "::ffff:10.0.0.1"]
)
def test_private_addresses_are_dialled_where_the_setting_allows(address: str) -> None:
    assert may_dial(address, is_private_allowed=True)
    assert not may_dial(address, is_private_allowed=False)


# --- What a name resolves to ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
    ],
)
def test_name_with_one_private_address_is_refused_unseen(
    answers: list[str], trap: Receiver, any_port: None, resolver: Any
) -> None:
    resolver[0]["hooks.example.com"] = [answers]
    url = outbound.check_url(f"http://hooks.example.com:{trap.port}/")
    with pytest.raises(outbound.AddressRefused) as refusal:
        outbound.send("POST", url, content=b"{}", seconds=2)
    assert trap.connections == 0
    assert not any(address in str(refusal.value) for address in answers)


def test_rebinding_name_is_asked_once_and_dialled_where_it_was_judged(
    trap: Receiver, any_port: None, resolver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, asked = resolver
    names["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    dialled: list[str] = []

    def dial(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(Unavailable):
        outbound.send("POST", f"http://rebind.example.com:{trap.port}/", seconds=2)
    assert (asked, dialled) == (["rebind.example.com"], [PUBLIC])
    with pytest.raises(outbound.AddressRefused):
        outbound.send("POST", f"http://rebind.example.com:{trap.port}/", seconds=2)
    assert trap.connections == 0


def test_unknown_name_is_a_sentence(resolver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Unavailable, match="name is not known"):
        outbound.send("POST", "https://nowhere.example.com/", seconds=2)


def test_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(*_: Any, **__: Any) -> Any:
        time.sleep(1.5)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", sleep)
    start = time.monotonic()
    with pytest.raises(Unavailable, match=r"within 0\.3 seconds"):
        outbound.send("POST", "https://slow.example.com/", seconds=0.3)
    assert time.monotonic() - start < 1.2


def test_redirect_to_a_private_address_is_an_answer_and_not_followed(
    trap: Receiver, private_allowed: None
) -> None:
    for status in ("301 Moved", "302 Found", "303 See Other", "307 Keep", "308 Keep"):
        with listening(answer(status, f"Location: {trap.url}")) as receiver:
            reply = outbound.send("POST", receiver.url, content=b"{}", seconds=2)
        assert reply.status == int(status[:3])
    assert trap.connections == 0


def test_proxy_of_the_environment_is_not_used(
    trap: Receiver, private_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    with listening() as receiver:
        assert outbound.send("POST", receiver.url, seconds=2).status == 204
    assert (receiver.connections, trap.connections) == (1, 0)


# --- The exchange ---------------------------------------------------------------------------------


def test_request_arrives_as_it_was_given(private_allowed: None, resolver: Any) -> None:
    resolver[0]["hooks.example.com"] = [["127.0.0.1"]]
    with listening(answer("200 OK", "X-Seen: yes", body=b"thanks")) as receiver:
        url = f"http://hooks.example.com:{receiver.port}/a%20b?c=d"
        reply = outbound.send("POST", url, headers={"X-Mine": "1"}, content=b'{"a":1}', seconds=2)
    (request,) = receiver.requests
    assert request.line == "POST /a%20b?c=d HTTP/1.1"
    assert request.body == b'{"a":1}'
    assert request.headers["host"] == f"hooks.example.com:{receiver.port}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["x-mine"] == "1"
    assert (reply.status, reply.body, reply.is_cut) == (200, b"thanks", False)
    assert reply.headers["X-Seen"] == "yes"


def test_second_address_is_tried_where_the_first_refuses(
    private_allowed: None, resolver: Any
) -> None:
    resolver[0]["hooks.example.com"] = [["127.0.0.2", "127.0.0.1"]]
    with listening() as receiver:
        url = f"http://hooks.example.com:{receiver.port}/"
        assert outbound.send("POST", url, seconds=2).status == 204


@pytest.mark.parametrize(
    "script",
    [
        hang(3),
        raw(b"H", pause=0.1, forever=True),
        raw(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", pause=0.1, forever=True),
        raw(b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.1, forever=True),
    ],
)
def test_slow_answer_ends_at_the_limit_for_the_whole_exchange(
    script: Any, private_allowed: None
) -> None:
    with listening(script) as receiver:
        start = time.monotonic()
        with pytest.raises(Unavailable, match=r"within 0\.6 seconds|not HTTP"):
            outbound.send("POST", receiver.url, seconds=0.6)
        assert time.monotonic() - start < 1.5


def test_body_that_drips_ends_at_the_limit_and_its_status_counts(private_allowed: None) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with listening(raw(head, b"x", pause=0.1, forever=True)) as receiver:
        start = time.monotonic()
        reply = outbound.send("POST", receiver.url, seconds=0.8)
        assert time.monotonic() - start < 1.8
    assert (reply.status, reply.is_cut) == (200, True)
    assert set(reply.body) == {ord("x")}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (reset, "cut"),
        (raw(b""), "not HTTP"),
        (raw(b"nonsense\r\n\r\n"), "not HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 300_000 + b"\r\n\r\n"), "not HTTP"),
    ],
)
def test_broken_answer_is_a_sentence(script: Any, words: str, private_allowed: None) -> None:
    with listening(script) as receiver, pytest.raises(Unavailable, match=words):
        outbound.send("POST", receiver.url, seconds=2)


def test_closed_port_is_a_sentence(private_allowed: None) -> None:
    with listening() as receiver:
        url = receiver.url
    with pytest.raises(Unavailable, match="refused"):
        outbound.send("POST", url, seconds=2)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body(status: str, private_allowed: None) -> None:
    with listening(raw(f"HTTP/1.1 {status}\r\n\r\n".encode())) as receiver:
        reply = outbound.send("POST", receiver.url, seconds=2)
    assert (reply.status, reply.body) == (int(status[:3]), b"")


def test_switched_protocol_is_no_tunnel(private_allowed: None) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    with listening(raw(head, b"after")) as receiver, pytest.raises(Unavailable, match="not HTTP"):
        outbound.send("POST", receiver.url, seconds=2)


def test_gzip_bomb_is_neither_unpacked_nor_read(private_allowed: None) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    with listening(answer("200 OK", "Content-Encoding: gzip", body=bomb)) as receiver:
        outbound.send("POST", receiver.url, seconds=5, most_bytes=1024)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        reply = outbound.send("POST", receiver.url, seconds=5, most_bytes=1024)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (reply.body, reply.is_cut) == (bomb[:1024], True)
    assert grown < 10_000


def test_endless_body_is_cut(private_allowed: None) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with listening(raw(head, chunk, forever=True)) as receiver:
        reply = outbound.send("POST", receiver.url, seconds=5, most_bytes=100_000)
    assert (len(reply.body), reply.is_cut) == (100_000, True)


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for hooks.example.com, and its key."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hooks",
         "-addext", "subjectAltName=DNS:hooks.example.com", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


@pytest.fixture
def tls_receiver(certificate: tuple[Path, Path]) -> Iterator[tuple[Receiver, list[str | None]]]:
    """A receiver inside TLS, and the names that clients asked for."""
    named: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _, name, __: named.append(name)
    receiver = Receiver(wrap=lambda plain: context.wrap_socket(plain, server_side=True))
    yield receiver, named
    receiver.close()


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trust the certificate as an operator would."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    transport.tls_context.cache_clear()
    yield
    transport.tls_context.cache_clear()


def test_tls_keeps_the_name_of_the_host(
    tls_receiver: Any, trusted: None, private_allowed: None, resolver: Any
) -> None:
    receiver, named = tls_receiver
    resolver[0]["hooks.example.com"] = [["127.0.0.1"]]
    url = f"https://hooks.example.com:{receiver.port}/"
    assert outbound.send("POST", url, seconds=5).status == 204
    assert named == ["hooks.example.com"]


def test_certificate_of_another_host_is_refused(
    tls_receiver: Any, trusted: None, private_allowed: None, resolver: Any
) -> None:
    receiver, _ = tls_receiver
    resolver[0]["other.example.com"] = [["127.0.0.1"]]
    with pytest.raises(Unavailable, match="certificate is not accepted"):
        outbound.send("POST", f"https://other.example.com:{receiver.port}/", seconds=5)
    assert receiver.requests == []


def test_self_signed_certificate_is_refused(
    tls_receiver: Any, private_allowed: None, resolver: Any
) -> None:
    receiver, _ = tls_receiver
    resolver[0]["hooks.example.com"] = [["127.0.0.1"]]
    with pytest.raises(Unavailable, match="certificate is not accepted"):
        outbound.send("POST", f"https://hooks.example.com:{receiver.port}/", seconds=5)
    assert receiver.requests == []


def test_handshake_that_never_comes_ends_at_the_limit(private_allowed: None) -> None:
    with listening(hang(3)) as receiver:
        url = receiver.url.replace("http:", "https:")
        start = time.monotonic()
        with pytest.raises(Unavailable, match="within"):
            outbound.send("POST", url, seconds=0.5)
        assert time.monotonic() - start < 1.5
