"""A program with a key of acme, one of globex, and ways to ask."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from redis import Redis

from contacthub.credentials import actions as keys
from contacthub.credentials.models import ApiKey
from contacthub.demo.supervisor import SANDBOX
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.browser.conftest import fill
from tests.stack import Stack

pytestmark = pytest.mark.django_db


def make_key(
    organization: Organization, *scopes: str, rate: int = 100_000, **more: Any
) -> tuple[ApiKey, str]:
    return keys.issue_key(
        organization=organization,
        actor=Actor(name="Tests"),
        name="Tests",
        scopes=scopes or ("all",),
        rate_per_minute=rate,
        **more,
    )


class Program:
    """A client of one protocol; `headers(key)` is how a key travels there."""

    def __init__(self, headers: Callable[[str], dict[str, str]], key: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = headers(key)

    def get(self, path: str, query: Any = None, **headers: str) -> HttpResponse:
        return self.client.get(path, query, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send JSON, or bytes as they are."""
        return self.client.generic(
            "POST",
            path,
            body if isinstance(body, bytes) else _json(body),
            content_type=headers.pop("content_type", "application/json"),
            headers=self.headers | headers,
        )


def _json(body: Any) -> bytes:
    import orjson

    return b"" if body is None else orjson.dumps(body)


@pytest.fixture
def acme_key(acme: Organization) -> str:
    return make_key(acme)[1]


@pytest.fixture
def globex_key(globex: Organization) -> str:
    return make_key(globex)[1]


@pytest.fixture(autouse=True)
def fresh_rates(settings: Any) -> None:
    """Start every test with nothing counted."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.scan_iter("LIMITS*"):
            redis.delete(key)


@pytest.fixture(scope="package")
def guide_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole running ContactHub for the guides: organizations acme and globex, two feeds, 399 contacts.

    With the settings of `make demo`, because that is where people try the guides.
    """
    stack = Stack(tmp_path_factory.mktemp("guides"), **SANDBOX)
    try:
        fill(stack)
        stack.start("web", "worker", "beat")
        yield stack
    finally:
        stack.stop()
