"""A small HTTP receiver on a real socket: answers as a test says and remembers what came."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[["Request", socket.socket], None]


@dataclass(frozen=True)
class Request:
    """What one connection sent."""

    line: str
    headers: dict[str, str]
    body: bytes


def answer(status: str = "204 No Content", *headers: str, body: bytes = b"") -> Script:
    """Return a script that answers once with a status line, headers and a body."""

    def run(request: Request, connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
        connection.sendall("\r\n".join([*lines, *headers, "", ""]).encode() + body)

    return run


def raw(*chunks: bytes, pause: float = 0.0, forever: bool = False) -> Script:
    """Return a script that sends chunks as they are, with a pause before each, again and again where `forever`."""

    def run(request: Request, connection: socket.socket) -> None:
        stop = threading.Event()
        for chunk in chunks:
            stop.wait(pause)
            connection.sendall(chunk)
        while forever:
            stop.wait(pause)
            connection.sendall(chunks[-1])

    return run


def hang(seconds: float) -> Script:
    """Return a script that says nothing for a while and closes."""

    def run(request: Request, connection: socket.socket) -> None:
        connection.settimeout(seconds)
        connection.recv(1)

    return run


def reset(request: Request, connection: socket.socket) -> None:
    """Cut the connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + bytes(4))


@dataclass
class Receiver:
    """Listens on a loopback port. `scripts` answer one request each, the last one all that follow."""

    scripts: list[Script] = field(default_factory=lambda: [answer()])
    host: str = "127.0.0.1"
    wrap: Callable[[socket.socket], socket.socket] | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, 0), family=family)
        self.port: int = self._socket.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}/hook"

    def close(self) -> None:
        """Stop listening and wait for the scripts that still run."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            thread = threading.Thread(target=self._serve, args=(connection, script))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket, script: Script) -> None:
        with connection:
            try:
                if self.wrap is None:
                    self._talk(connection, script)
                    return
                with self.wrap(connection) as inner:
                    self._talk(inner, script)
            except OSError:
                return

    def _talk(self, connection: socket.socket, script: Script) -> None:
        request = _read(connection)
        self.requests.append(request)
        script(request, connection)


def _read(connection: socket.socket) -> Request:
    connection.settimeout(10)
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise OSError("closed")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines)
    }
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Request(line, headers, body)


@contextmanager
def listening(*scripts: Script, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """Run a receiver for the length of a block."""
    receiver = Receiver(list(scripts) or [answer()], host)
    try:
        yield receiver
    finally:
        receiver.close()
