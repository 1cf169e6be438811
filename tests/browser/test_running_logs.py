"""The logs of a whole running system, gunicorn, Celery and the test's own servers, hold nothing of what was sent to it.

Beside `tests/web/test_log_secrets.py`, which goes through every route: here are what only real programs write.
"""

import itertools
import re
import socket
import time
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.browser.conftest import PASSWORD
from tests.stack import Stack

NUMBERS = itertools.count(5000)


def word() -> str:
    return f"hush{next(NUMBERS)}x"


class Visitor:
    """A client that keeps its cookies, knows the form's token, and takes any answer."""

    def __init__(self, stack: Stack) -> None:
        self.base, self.opener = stack.base_url, build_opener(HTTPCookieProcessor(CookieJar()))

    def ask(
        self, path: str, fields: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str]:
        body = None if fields is None else urlencode(fields).encode()
        request = Request(self.base + path, body, {"Referer": self.base, **headers})
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")

    def send(self, form: str, path: str, fields: dict[str, str]) -> tuple[int, str]:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask(form)[1])
        assert token
        return self.ask(path, {"csrfmiddlewaretoken": token[1], **fields})


def plant_as_a_person(stack: Stack) -> list[str]:
    """Return the one-time links that were made."""
    visitor = Visitor(stack)
    visitor.ask(f"/{word()}?q={word()}", **{"User-Agent": word(), "X-Request-Id": word()})
    visitor.ask(f"/invitations/{word()}/", Cookie=f"a={word()}")
    visitor.send(
        "/accounts/login/", "/accounts/login/", {"login": f"{word()}@x.example", "password": word()}
    )
    visitor.ask("/accounts/password/reset/", {"email": f"{word()}@x.example"})
    _, page = visitor.send(
        "/accounts/login/",
        "/accounts/login/",
        {"login": "alice@acme.example", "password": PASSWORD},
    )
    assert "Alice" in page
    for path in ("/contacts/", "/find/", "/settings/audit/", "/companies/"):
        visitor.ask(f"{path}?q={word()}%40x.example")
        visitor.send(path, path, {"q": f"{word()}@x.example"})
    _, page = visitor.send(
        "/settings/members/invite/", "/settings/members/invite/",
        {"email": f"{word()}@x.example", "role": "viewer"},
    )  # fmt: skip
    invitation = re.search(r"/invitations/([\w-]+)/", page)
    member = re.search(r"/settings/members/(\d+)/password-link", page)
    assert invitation
    assert member
    _, page = visitor.send("/settings/members/", member[0], {})
    link = re.search(r"/reset/key/(\w+-[\w-]+)/", page)
    assert link
    for path in (invitation[0], f"/accounts/password{link[0]}"):
        Visitor(stack).ask(path)
    return [invitation[1], link[1].partition("-")[2]]


def plant_as_a_program(stack: Stack) -> None:
    program = Visitor(stack)
    for path in (
        "/intent/feeds",
        "/enrich/contacts/",
        "/v1/person",
        "/api/v1/contact",
        "/pull/jobs",
        "/api/contacts",
    ):
        program.ask(
            f"{path}?email={word()}@x.example",
            **{"X-API-Key": word(), "Authorization": f"Bearer {word()}"},
        )
        program.ask(
            f"{path}/{word()}", {"webhook": f"http://x.example/{word()}"}, accessToken=word()
        )


def plant_on_the_wire(stack: Stack) -> None:
    """Send what never becomes a request: gunicorn has words of its own for it."""
    secret = word().encode()
    for raw in (
        b"GET /" + secret + b" HTTP/9.9\r\n\r\n",
        secret + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad header " + secret + b"\r\n\r\n",
        b"GET /?" + secret + b"=" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + secret + b".example\r\n\r\n",
        b"POST /v1/person HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ"
        + secret
        + b"\r\n",
    ):
        with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(200)


def test_logs_of_a_running_system_hold_nothing_that_was_sent(stack: Stack) -> None:
    links = plant_as_a_person(stack)
    plant_as_a_program(stack)
    plant_on_the_wire(stack)
    time.sleep(0.5)
    logs = {path.name: path.read_text("utf-8", "replace") for path in stack.folder.glob("**/*.log")}
    assert "web.log" in logs
    assert '"request": "GET /invitations/<str:token>/"' in logs["web.log"]
    for name, text in logs.items():
        found = [
            line for line in text.splitlines() if "hush" in line or any(x in line for x in links)
        ]
        assert found == [], name
