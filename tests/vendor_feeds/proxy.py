"""What stands between an organization and its vendor: counts calls, and fails some of them as a bad day does."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

PASSED = ("x-api-key", "authorization", "accesstoken", "content-type", "accept")
Judge = Callable[[str, int], str]


class Proxy:
    """Listens on a loopback port and passes calls on to `target`.

    `judge` says for each call, by path and running number, what becomes of it: `pass`, `502` or `429` (never passed
    on; 429 asks for a minute), `hang` (never answered within `hang_seconds`), or `lose` (passed on, and the answer is
    lost).
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.judge: Judge = lambda path, number: "pass"
        self.calls: Counter[str] = Counter()
        self.failures = 0
        self.hang_seconds = 4.0
        self._number = 0
        self._lock = threading.Lock()
        self._http = httpx.Client(base_url=target, timeout=60)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.serve(self)

            def do_POST(self) -> None:
                proxy.serve(self)

            def do_DELETE(self) -> None:
                proxy.serve(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._http.close()

    def forget(self) -> None:
        """Count from zero, and pass everything."""
        with self._lock:
            self.calls.clear()
            self.failures = self._number = 0
            self.judge = lambda path, number: "pass"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one call."""
        path = request.path.partition("?")[0]
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self._lock:
            self._number += 1
            self.calls[path] += 1
            verdict = self.judge(path, self._number)
            self.failures += verdict != "pass"
        if verdict == "hang":
            time.sleep(self.hang_seconds)
            request.close_connection = True
            return
        if verdict in ("502", "429"):
            self._answer(request, int(verdict), b'{"detail": "bad day"}')
            return
        headers = {n: v for n, v in request.headers.items() if n.lower() in PASSED}
        found = self._http.request(request.command, request.path, content=body, headers=headers)
        if verdict == "lose":
            request.close_connection = True
            return
        self._answer(request, found.status_code, found.content)

    def _answer(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        if status == 429:
            request.send_header("Retry-After", "60")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
