"""No request that a client can send is a 5xx, and no page is without its main landmark: every route, every parameter.

The walk finds routes in the urlconf and parameters while pages are made (`hostile.record_reads`) and in their forms.
It runs with `make faults`: the first test tries some values on each parameter, others on the next; the second all.
"""

import datetime as dt
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client

from contacthub.credentials.connections import actions as connection_actions
from contacthub.organizations.actions import Actor
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.receiver import answer, listening
from tests.web import hostile
from tests.web.test_authorization import ROUTES, address, ids  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

EVERYBODY = [(who, part) for who in ("nobody", "member", "admin") for part in (False, True)]
# Of what can be tried, the first test tries one in so many, and each part of the second.
SAMPLE = 29
PARTS = 6
# Few routes read headers: each is sent to one route in so many.
HEADER_ROUTES = 4
MOST_CHOICES = 2
# Parts of a page that only a script asks for.
FRAGMENTS = (
    "company-facet", "company-total", "contact-check", "contact-facet", "contact-reveal", "contact-total",
    "contact-activity", "export-quote", "enrichment-quote", "job-tray", "contact-live-facet", "company-live-facet",
    "list-removed-count", "find-menu", "contact-selection-excepted", "company-selection-excepted",
)  # fmt: skip
METHODS = ("GET", "POST")
FORM = "application/x-www-form-urlencoded"
Sent = dict[str, list[str]]


class Share:
    """One in `every` of what can be tried, beginning with number `place`."""

    def __init__(self, every: int, place: int) -> None:
        self.every = every
        self.turn = -1 - place

    def takes_next(self) -> bool:
        """Return whether the next is one of these."""
        self.turn += 1
        return self.turn % self.every == 0


class Walk:
    """People, addresses and what was found. Each request is undone before the next."""

    def __init__(self, people: dict[str, Client], ids: dict[str, Any], names: set[str]) -> None:  # noqa: F811
        self.people = people
        self.ids = ids
        self.names = names
        self.cookies = {
            who: {name: each.value for name, each in client.cookies.items()}
            for who, client in people.items()
        }
        self.valid: dict[tuple[str, str], Sent] = {}
        self.choices: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.tried: dict[tuple[str, str], set[str]] = {}
        self.forms: dict[tuple[str, str], hostile.Sent] = {}
        self.requests = 0
        self.faults: list[str] = []
        self.raised = ""

    def note(self, sender: Any = None, **more: Any) -> None:
        """Remember where a request failed."""
        trace = logging.Formatter().formatException(more.get("exc_info") or sys.exc_info())
        self.raised = " <- ".join(reversed(trace.strip().splitlines()[-1:] + [
            line.strip() for line in trace.splitlines() if "contacthub" in line
        ][-3:]))  # fmt: skip

    def ask(
        self, who: str, method: str, path: str, *, query: str = "", body: str | bytes = "",
        content_type: str = FORM, **headers: str,
    ) -> Any:  # fmt: skip
        """Send a request, judge the answer and undo what it did."""
        client = self.people[who]
        client.cookies.load(self.cookies[who])
        self.requests += 1
        self.raised = ""
        point = transaction.savepoint()
        response = client.generic(method, path, body, content_type, QUERY_STRING=query, **headers)
        page = b"".join(response) if response.streaming else response.content
        transaction.savepoint_rollback(point)
        self._judge(f"{who} {method} {path}?{query[:150]} {body[:150]!r} {content_type[:60]} "
                    f"{str(headers)[:200]}", path, response, page)  # fmt: skip
        response.page = page.decode(errors="replace")
        return response

    def _judge(self, what: str, path: str, response: Any, page: bytes) -> None:
        if response.status_code >= 500 and path != "/readyz":
            self.faults.append(f"{response.status_code} {what}: {self.raised}")
        elif b"<html" in page and b"<main" not in page:
            self.faults.append(f"no main landmark: {what}")

    def learn(self, route: str, method: str, choice: tuple[str, str] | None = None) -> None:
        """Open a page as it is meant to be opened; note what it reads and what it sends."""
        key = (route, method)
        values = dict(self.valid.get(key, {}))
        if choice is not None:
            values[choice[0]] = [choice[1]]
        self.names.clear()
        path = address(route, self.ids)
        query = hostile.encode(values)
        response = self.ask(
            "admin", method, path, query=query, body=query if method == "POST" else ""
        )
        is_html = response.get("Content-Type", "").startswith("text/html")
        if (
            is_html
            and response.status_code < 300
            and route not in FRAGMENTS
            and "<main" not in response.page
        ):
            self.faults.append(f"no main landmark: {route}")
        self.tried.setdefault(key, set()).update(self.names)
        for sent in hostile.PageReader(response.page, path).sent if is_html else ():
            self._note_sent(sent)

    def _note_sent(self, sent: hostile.Sent) -> None:
        if sent.route not in ROUTES:
            return
        key = (sent.route, sent.method)
        if sent.is_filled_in:
            self.forms[key] = sent
        if sent.method == "POST" or sent.values:
            self.valid[key] = {**self.valid.get(key, {}), **sent.values}
        known = self.choices.setdefault(key, [])
        known += [each for each in sent.choices if sent.is_form and each not in known]
        self.tried.setdefault(key, set()).update(name for name, _ in sent.choices)


@pytest.fixture
def walk(
    ids: dict[str, Any],  # noqa: F811
    acme: Organization,
    olga: User,
    bob: User,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Walk]:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    logging.disable(logging.CRITICAL)
    people = {"nobody": Client(), "member": sign_in(bob), "admin": sign_in(olga)}
    # Once and for good: undone and noted again by each request, a visit is a row with thousands of dead copies.
    monkeypatch.setattr("contacthub.web.middleware.SEEN_EVERY", dt.timedelta(days=1))
    for client in people.values():
        client.raise_request_exception = False
        client.get("/")
    nothing = b'{"data": [], "total": 0, "next_cursor": null, "previous_cursor": null}'
    with (
        listening(answer("200 OK", "Content-Type: application/json", body=nothing)) as vendor,
        hostile.record_reads(monkeypatch) as names,
    ):
        connection = connection_actions.add_connection(
            organization=acme, actor=Actor.of(olga), vendor="letrics", name="Letrics",
            base_url=vendor.url.removesuffix("/hook"), credentials={"api_key": "canary-0123456789"},
        )  # fmt: skip
        walk = Walk(people, {**ids, "connection_id": connection.pk}, names)
        got_request_exception.connect(walk.note)
        try:
            _learn_all(walk)
            yield walk
        finally:
            got_request_exception.disconnect(walk.note)
            logging.disable(logging.NOTSET)


def _learn_all(walk: Walk) -> None:
    """Open every route, then with the choices that pages offer, up to two of a parameter."""
    for method in METHODS:
        for route in ROUTES:
            walk.learn(route, method)
    for key, choices in list(walk.choices.items()):
        tried: Counter[str] = Counter()
        for name, value in choices:
            is_usual = value in walk.valid.get(key, {}).get(name, ())
            tried[name] += not is_usual
            if not is_usual and tried[name] <= MOST_CHOICES:
                walk.learn(*key, (name, value))


def _walk_parameters(walk: Walk, share: Share) -> None:
    """Put each value into each parameter, in the query and for a POST in the body too.

    Who asks, and whether for a page or a fragment, goes round; so do the values that are left out.
    """
    asked = cycle(EVERYBODY)
    for (route, method), names in sorted(walk.tried.items()):
        path, valid = address(route, walk.ids), walk.valid.get((route, method), {})
        for name in sorted(names):
            for value in hostile.VALUES:
                if not share.takes_next():
                    continue
                sent = hostile.encode(valid, name, value)
                who, is_fragment = next(asked)
                headers = {"HTTP_HX_REQUEST": "true"} if is_fragment else {}
                body = sent if method == "POST" else ""
                walk.ask(who, method, path, query=sent, body=body, **headers)


def _walk_shapes(walk: Walk, share: Share) -> None:
    """Send each parameter twice, as a list and as a file."""
    for (route, method), names in sorted(walk.tried.items()):
        path, valid = address(route, walk.ids), walk.valid.get((route, method), {})
        for name in sorted(names):
            if not share.takes_next():
                continue
            twice = f"{hostile.encode(valid, name, '7')}&{quote(name)}=x&{quote(name)}[]=7"
            body = twice if method == "POST" else ""
            walk.ask("admin", method, path, query=twice, body=body)
            if method == "POST":
                walk.ask(
                    "admin",
                    method,
                    path,
                    body=hostile.as_file(name),
                    content_type=hostile.MULTIPART,
                )


def _walk_paths(walk: Walk, share: Share) -> None:
    """Put each value into each part of each address."""
    for route, row in ROUTES.items():
        for name in row.ids:
            for value in (*hostile.VALUES, *hostile.PATHS):
                if not share.takes_next():
                    continue
                path = address(route, walk.ids).replace(str(walk.ids[name]), value or "%20", 1)
                for method in METHODS:
                    walk.ask("admin", method, path)


def _walk_headers(walk: Walk, share: Share) -> None:
    """Send each hostile header and body to each route."""
    asked = cycle(("admin", "nobody"))
    headers = [(name, value) for name, values in hostile.HEADERS.items() for value in values]
    for route in ROUTES:
        path = address(route, walk.ids)
        for name, value in headers:
            if share.takes_next():
                who, sent = next(asked), {name: value}
                walk.ask(who, "GET", path, HTTP_HX_REQUEST="true", **sent)
                walk.ask(who, "POST", path, **sent)
        for content_type, body in hostile.BODIES:
            if share.takes_next():
                walk.ask("admin", "POST", path, body=body, content_type=content_type)


def _walk_forms(walk: Walk, share: Share) -> None:
    """Send each field of each form wrong: the form comes back whole, with what was typed and what is wrong."""
    for (route, method), form in sorted(walk.forms.items()):
        path = address(route, walk.ids)
        for name in sorted({name for name, _ in form.choices}):
            for value in ("-1", "x" * 5000):
                for is_fragment in (False, True):
                    if not share.takes_next():
                        continue
                    sent = hostile.encode(form.values, name, value)
                    headers = {"HTTP_HX_REQUEST": "true"} if is_fragment else {}
                    query, body = ("", sent) if method == "POST" else (sent, "")
                    response = walk.ask("admin", method, path, query=query, body=body, **headers)
                    if response.status_code == 422:
                        wrong = hostile.find_flaws(response.page, path, form, name, value)
                        walk.faults += [f"{route} {name}={value[:9]}: {each}" for each in wrong]


def _tell(walk: Walk) -> str:
    kinds: dict[str, tuple[int, str]] = {}
    for fault in walk.faults:
        kind = fault.rpartition(": ")[2][-300:]
        number, first = kinds.get(kind, (0, fault))
        kinds[kind] = (number + 1, first)
    return "\n".join(f"{number} x {first[:1500]}" for number, first in kinds.values())


def _walk(walk: Walk, *, every: int, place: int = 0) -> None:
    for step in (_walk_parameters, _walk_shapes, _walk_paths, _walk_forms):
        step(walk, Share(every, place))
    _walk_headers(walk, Share(every * HEADER_ROUTES, place))
    assert not walk.faults, _tell(walk)


@pytest.mark.faults
def test_no_request_breaks_a_page_and_no_wrong_value_a_form(walk: Walk) -> None:
    """A part of it, another for each parameter: every value and every parameter is tried."""
    _walk(walk, every=SAMPLE)


@pytest.mark.faults
@pytest.mark.parametrize("place", range(PARTS))
def test_no_request_at_all_breaks_a_page(walk: Walk, place: int) -> None:
    """All of it in parts, but for headers, which few routes read: each goes to one route in four."""
    _walk(walk, every=PARTS, place=place)
