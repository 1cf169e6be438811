"""The web server's patience: a client that sends next to nothing holds no thread for long."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http import errors

from contacthub import webserver
from contacthub.webserver import KeptParser

HEAD = b"POST /api/contacts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webserver, "GRACE_SECONDS", 0.2)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's end and the client's end of a connection."""
    ours, theirs = socket.socketpair()
    # Should the rule be missing, the test ends all the same.
    ours.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def parse(ours: socket.socket) -> KeptParser:
    return KeptParser(Config(), ours, ("127.0.0.1", 1))


def dribble(theirs: socket.socket, text: bytes, stop: threading.Event) -> threading.Thread:
    """Send a byte every twentieth of a second, each of them in time by itself."""

    def send() -> None:
        for byte in text:
            if stop.wait(0.05):
                break
            theirs.send(bytes([byte]))

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize("sent", [b"", HEAD])
def test_dribbling_client_is_given_up(
    ends: tuple[socket.socket, socket.socket], sent: bytes
) -> None:
    ours, theirs = ends
    theirs.sendall(sent)
    parser = parse(ours)
    rest, stop = (b"x" * 100 if sent else HEAD), threading.Event()
    sender = dribble(theirs, rest, stop)
    began = time.monotonic()
    with pytest.raises(errors.NoMoreData):
        next(parser).body.read()
    assert time.monotonic() - began < 2
    stop.set()
    sender.join()


def test_client_that_sends_much_has_more_time(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webserver, "LEAST_BYTES_PER_SECOND", 1)
    ours, theirs = ends
    theirs.sendall(HEAD.replace(b"100", b"10"))
    sender = dribble(theirs, b"x" * 10, threading.Event())
    assert next(parse(ours)).body.read() == b"x" * 10
    sender.join()


def test_time_between_requests_counts_for_neither(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    parser = parse(ours)
    for _ in range(3):
        theirs.sendall(HEAD + b"x" * 100)
        assert len(next(parser).body.read()) == 100
        parser.unreader.waited = 0.19
