"""A small vendor on a real socket that answers by rules, as the files of tests/connectors/cases hold them."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

CASES = Path(__file__).parent / "connectors" / "cases"


@dataclass
class Rule:
    """What answers the requests whose path begins with `path`, and whose method is `method` where one is given.

    `delay` in seconds. `now_ms`: X-RateLimit-Reset is so many seconds from now, in milliseconds since 1970. `make`
    makes the body of a request's own query and JSON, in place of `body`.
    """

    path: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    delay: float = 0.0
    now_ms: float | None = None
    method: str = ""
    make: Callable[["Seen"], Any] | None = None


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return orjson.loads(self.body)


class FakeVendor:
    """Listens on a loopback port and answers by the first rule that fits; without one with 404."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = list(rules)
        self.seen: list[Seen] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                vendor.answer(self)

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, path: str, method: str = "") -> int:
        """Return how many requests for a path came."""
        return sum(s.path == path and method in ("", s.method) for s in self.seen)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path, _, query = request.path.partition("?")
        length = int(request.headers.get("Content-Length") or 0)
        seen = Seen(request.command, path, query, request.rfile.read(length))
        self.seen.append(seen)
        fits = (r for r in self.rules if path.startswith(r.path) and r.method in ("", seen.method))
        rule = next(fits, Rule("", 404, body={}))
        time.sleep(rule.delay)
        made = rule.make(seen) if rule.make else rule.body
        body = made.encode() if isinstance(made, str) else orjson.dumps(made)
        headers = {"Content-Type": "application/json", **rule.headers}
        if rule.now_ms is not None:
            headers["X-RateLimit-Reset"] = str(round((time.time() + rule.now_ms) * 1000))
        request.send_response(rule.status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def read_rules(case: str) -> list[Rule]:
    """Return the rules of a case."""
    return [Rule(**rule) for rule in orjson.loads((CASES / f"{case}.json").read_bytes())["rules"]]


@contextmanager
def vending(*rules: Rule, case: str = "") -> Iterator[FakeVendor]:
    """Run a vendor for the length of a block, by the rules given and then those of a case."""
    vendor = FakeVendor([*rules, *(read_rules(case) if case else [])])
    try:
        yield vendor
    finally:
        vendor.close()
