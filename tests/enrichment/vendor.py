"""Vendors for the waterfall: ContactHub's own gateway in another process, behind a wire that a test can disturb."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from contacthub.core.public_ids import format_contact_id
from tests.stack import Stack

# Contacts 1 … COUNT of the first account, by key. Every second has an address, every third a number.
COUNT = 60
# What only the second account knows: numbers of the first twenty.
SECOND_PHONES = range(1, 21)


# What the third account knows: people with companies. Two have one name at one company, one is inferred.
PEOPLE = (
    ("Anna Berg", "anna.berg@nordwind.example", "+4791100001", "nordwind.example", {}),
    ("Ola Nordmann", "ola@nordwind.example", "+4791100002", "nordwind.example", {}),
    ("Ola Nordmann", "ola.nordmann@nordwind.example", None, "nordwind.example", {}),
    ("Kari Vik", "kari@fjord.example", None, "fjord.example", {}),
    ("Maybe Somebody", "maybe@fjord.example", None, "fjord.example", {"is_speculative": True}),
    (
        "Liv Dahl",
        "liv@elsewhere.example",
        "+4791100003",
        "fjord.example",
        {"source": "linkedin", "source_url": "https://www.linkedin.com/in/liv-dahl/"},
    ),
)


def email_of(key: int) -> str:
    return f"person{key}@vendor.example"


def phone_of(key: int) -> str:
    return f"+47220000{key:02d}"


def row_of(key: int) -> dict[str, Any]:
    """Return what the first account knows of a contact."""
    row: dict[str, Any] = {
        "contact_id": format_contact_id(key),
        "pii": {"first_name": f"First{key}", "last_name": f"Last{key}", "city": "Oslo"},
    }
    if key % 2 == 0:
        row["emails"] = [{"email": email_of(key), "observations": 3}]
    if key % 3 == 0:
        row["phones"] = [{"phone": phone_of(key), "type": "mobile"}]
    return row


def person_row(place: int) -> dict[str, Any]:
    """Return what the third account knows of a person."""
    name, email, phone, domain, more = PEOPLE[place]
    company = {"domain": domain, "name": domain.split(".")[0].title(), "industries": ["Shipping"]}
    row = {"full_name": name, "emails": [{"email": email, "status": "valid"}], "company": company}
    return row | ({"phones": [{"phone": phone}]} if phone else {}) | more


def fill(stack: Stack) -> dict[str, str]:
    """Make three accounts at the vendor. Returns their keys by name."""
    second = [
        {"contact_id": format_contact_id(key), "phones": [{"phone": f"+4799000{key:03d}"}]}
        for key in SECOND_PHONES
    ]
    known = {
        "one": [row_of(key) for key in range(1, COUNT + 1)],
        "two": second,
        "three": [person_row(place) for place in range(len(PEOPLE))],
    }
    keys = {}
    for name, rows in known.items():
        path = Path(stack.folder, f"{name}.jsonl")
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        *_, printed = stack.manage_all(
            ("create_organization", name, "--name", name.title()),
            ("import_contacts", path, "--organization", name),
            ("issue_key", "--organization", name, "--scopes", "all", "--rate", 60000),
        )
        keys[name] = next(word for word in printed.split() if word.startswith("chub_live_"))
    return keys


def _asked_in(path: str, body: bytes) -> list[str]:
    """Return the contact ids that a call asks for, or the text that it searches for."""
    if body:
        ids: list[str] = orjson.loads(body).get("contact_ids", [])
        return ids
    return parse_qs(urlsplit(path).query).get("q", [])


@pytest.fixture(scope="session")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, dict[str, str]]]:
    """A vendor with three accounts in processes of its own, and the accounts' keys by name."""
    stack = Stack(tmp_path_factory.mktemp("vendor"))
    try:
        keys = fill(stack)
        stack.start("web")
        yield stack, keys
    finally:
        stack.stop()


class Wire:
    """A proxy before a vendor that counts what is asked and breaks as a test says."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.calls: list[list[str]] = []
        self.is_dead = False
        # Every n-th call is answered 502; 0: none.
        self.break_every = 0
        self.broken = 0
        self._lock = threading.Lock()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire.serve(self)

            def do_GET(self) -> None:
                wire.serve(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        with self._lock:
            self.calls.append(_asked_in(handler.path, body))
            is_broken = self.is_dead or (
                self.break_every > 0 and len(self.calls) % self.break_every == 0
            )
            self.broken += is_broken
        if is_broken:
            self._answer(handler, 502, b"{}")
            return
        connection = http.client.HTTPConnection(
            self.target.hostname or "", self.target.port, timeout=30
        )
        names = ("Authorization", "X-API-Key", "Content-Type", "Accept")
        headers = {name: handler.headers[name] for name in names if name in handler.headers}
        connection.request(handler.command, handler.path, body, headers)
        reply = connection.getresponse()
        answer = reply.read()
        connection.close()
        # Whoever asked may have been killed meanwhile.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(handler, reply.status, answer, reply.headers.get("X-Request-ID"))

    def _answer(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        request_id: str | None = None,
    ) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        if request_id:
            handler.send_header("X-Request-ID", request_id)
        handler.end_headers()
        handler.wfile.write(body)

    @property
    def asked(self) -> Counter[str]:
        """Return how often each contact, or text, was asked for."""
        return Counter(contact_id for call in self.calls for contact_id in call)
