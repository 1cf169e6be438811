"""Secrets and addresses go in everywhere; the logs show none of them.

Every planted value begins with "hush" and looks like a harmless word, so that only rules, and no pattern, keep it out.
"""

import contextlib
import io
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from celery import shared_task
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from contacthub.core.errors import ContactHubError
from contacthub.credentials.connections.models import Connection
from contacthub.organizations.models import Organization, User
from contacthub.webhooks import runner
from contacthub.webhooks.actions import queue_webhook
from tests.api.conftest import make_key
from tests.conftest import PASSWORD, sign_in
from tests.credentials.connecting import add
from tests.logs import log_lines
from tests.receiver import answer, listening

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = itertools.count(1000)
CONVERTER = re.compile(r"<(?:(\w+):)?\w+>")
# The one route that is a regular expression.
RESET = "accounts/password/reset/key/"


def word() -> str:
    return f"hush{next(NUMBERS)}x"


def mail() -> str:
    return f"hush{next(NUMBERS)}@secret.example"


def plant_headers() -> dict[str, str]:
    return {
        "User-Agent": word(),
        "Referer": f"http://testserver/contacts/?q={mail()}",
        "X-Request-Id": word(),
        "X-Correlation-Id": word(),
        "X-Forwarded-For": word(),
        "X-Forwarded-Proto": word(),
        "Accept-Language": word(),
        "HX-Current-URL": f"http://testserver/feeds/?q={mail()}",
        "Idempotency-Key": word(),
        "Range": word(),
        "Cookie": f"contacthub_session_8000={word()}; other={word()}",
    }


def plant_values() -> dict[str, str]:
    fields = ("q", "email", "login", "password", "url", "credential", "secret", "next", "name")
    return {name: mail() if name in ("q", "email", "login") else word() for name in fields}


def list_routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from list_routes(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route


def fill_in(route: str) -> str:
    """Return an address of a route, with a planted word wherever it takes text."""
    if RESET in route and "uidb36" in route:
        return f"/{RESET}9-{word()}/"
    made = {"uuid": lambda: str(uuid4()), "int": lambda: "7"}
    filled = CONVERTER.sub(lambda match: made.get(match[1] or "str", word)(), route)
    return f"/{filled}"


@pytest.fixture
def found() -> Iterator[Any]:
    with log_lines() as lines:
        yield lambda: [line for line in lines() if "hush" in json.dumps(line)]
        assert lines(), "something was logged at all"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    settings.OUTBOUND_ALLOW_PRIVATE = True


def test_pages_log_nothing_that_was_sent(olga: User, quiet: None, found: Any) -> None:
    """Every page, signed in and not, with plants in path, query, form, headers and cookies."""
    stranger, member = Client(raise_request_exception=False), sign_in(olga)
    member.raise_request_exception = False
    routes = list(list_routes(get_resolver().url_patterns))
    assert len(routes) > 80
    for route in routes:
        address = fill_in(route)
        stranger.get(address, plant_values(), headers=plant_headers())
        if "logout" not in route:
            headers = plant_headers()
            del headers["Cookie"]
            member.get(address, plant_values(), headers=headers)
            member.post(f"{address}?q={mail()}", plant_values(), headers=headers)
    for path in (f"/{word()}/{mail()}", f"/contacts/{word()}/", f"/static/{word()}"):
        stranger.get(path)
        member.get(path)
    stranger.get("/", headers={"Host": f"{word()}.example"})
    stranger.generic(f"HUSH{next(NUMBERS)}", f"/{word()}")
    Client(enforce_csrf_checks=True).post("/accounts/login/", plant_values())
    assert found() == []


def test_protocols_log_nothing_that_was_sent(
    acme: Organization, quiet: None, found: Any, settings: Any
) -> None:
    """Every call of the five protocols, with a good key and with planted ones."""
    program = Client(raise_request_exception=False)
    key = make_key(acme)[1]
    routes = list(list_routes(get_resolver(settings.PROTOCOL_URLCONF).url_patterns))
    assert len(routes) >= 20
    for route, sent in itertools.product(routes, (key, None)):
        text = sent or word()
        keys = {"X-API-Key": text, "Authorization": f"Bearer {text}", "accessToken": text}
        address = f"{fill_in(route)}?email={mail()}&signature={word()}&clientSecret={word()}"
        program.get(address, headers=plant_headers() | keys)
        body = {
            "email": mail(),
            "contact_ids": [word()],
            "webhook_url": f"http://x.example/{word()}",
        }
        program.post(address, json.dumps(body), "application/json", headers=plant_headers() | keys)
        program.post(address, f"{{{word()}", "application/json", headers=keys)
    for prefix in (
        "/intent/",
        "/organization/",
        "/enrich/",
        "/pull/",
        "/v1/",
        "/api/v1/",
        "/Auth/",
    ):
        program.get(f"{prefix}{word()}?token={word()}")
    assert found() == []
    assert key not in json.dumps(found())


def test_sign_in_and_links_log_nothing(olga: User, quiet: None, found: Any, settings: Any) -> None:
    client = sign_in(olga)
    page = client.post("/settings/members/invite/", {"email": mail(), "role": "member"})
    link = re.search(r"/invitations/[\w-]+/", page.content.decode())
    assert link
    Client().get(link[0])
    Client().post(link[0], {"name": word(), "password": word()})
    Client().post("/accounts/login/", {"login": mail(), "password": word()})
    Client().post("/accounts/login/", {"login": olga.email, "password": PASSWORD})
    Client().post("/accounts/password/reset/", {"email": olga.email})
    assert found() == []
    with log_lines() as lines:
        Client().get(link[0])
    assert link[0].split("/")[2] not in json.dumps(lines())
    assert "/invitations/<str:token>/" in json.dumps(lines())


def test_exceptions_log_nothing(
    olga: User, acme: Organization, quiet: None, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a page, in a protocol, in a statement and in a job, each with a value in its text."""

    def fail(**_: Any) -> None:
        raise RuntimeError(word(), {"email": mail()})

    def collide(**_: Any) -> None:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(
                "INSERT INTO organizations_user (email, name, password, is_active, theme, has_hidden_checklist)"
                " SELECT email, %s, '', true, 'system', false FROM organizations_user",
                [word()],
            )

    member = sign_in(olga)
    member.raise_request_exception = False
    program = Client(raise_request_exception=False, headers={"X-API-Key": make_key(acme)[1]})
    User.objects.filter(pk=olga.pk).update(email=mail())
    for broken in (fail, collide):
        monkeypatch.setattr("contacthub.feeds.queries.list_grants", broken)
        monkeypatch.setattr("contacthub.feeds.queries.list_record_counts", broken, raising=False)
        assert member.get("/feeds/").status_code == 500
        assert program.get("/intent/feeds").status_code in (404, 405, 500)
        assert program.get("/organization/feeds").status_code == 500
    task_that_fails.apply(args=[word()], kwargs={"email": mail()})
    assert found() == []


@shared_task
def task_that_fails(text: str, *, email: str) -> None:
    raise ValueError(f"{text} {email}")


def test_what_leaves_logs_nothing(acme: Organization, olga: User, quiet: None, found: Any) -> None:
    """Webhooks with secrets in their URL, and a connection whose vendor refuses and echoes the credential."""
    for url in (f"http://127.0.0.1:1/{word()}?t={word()}", f"ftp://{word()}:{word()}@x.example/"):
        queue_webhook(
            organization=acme, url=url, body={"a": mail()}, subject="7", event="job.finished"
        )
    runner.deliver_due()
    with listening(answer("500 Oops", f"X-Echo: {word()}", body=word().encode())) as server:
        url = f"{server.url}/{word()}?token={word()}"
        queue_webhook(organization=acme, url=url, body={}, subject="8", event="job.finished")
        runner.deliver_due()
    secret = f"hush{next(NUMBERS)}credential"
    with listening(answer("401 No", f"X-Request-ID: {word()}", body=word().encode())) as server:
        connection: Connection = add(
            acme, base_url=f"http://127.0.0.1:{server.port}", credentials={"api_key": secret}
        )
        sign_in(olga).post(f"/settings/connections/{connection.pk}/test")
        assert server.requests, "the vendor was asked"
    assert found() == []


def test_imports_log_nothing(acme: Organization, tmp_path: Any, quiet: None, found: Any) -> None:
    good = f"contact_id,full_name,email\n{uuid4().hex},{word()},{mail()}\n"
    for text in (good, good + f"{word()},{word()},{word()}\n", word(), ""):
        path = tmp_path / "contacts.csv"
        path.write_text(text, encoding="utf-8")
        # What a command refuses is said on the operator's own screen.
        with contextlib.suppress(CommandError, ContactHubError):
            call_command("import_contacts", str(path), organization="acme", stdout=io.StringIO())
    structlog.get_logger("contacthub.test").info("imports_done")
    assert found() == []
