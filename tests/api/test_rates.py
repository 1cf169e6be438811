"""How often a key may ask: exactly its rate, over all web processes, told truthfully, and never in the way."""

import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.http import HttpResponse
from redis import Redis

from contacthub.api.gateway import rates
from contacthub.core import clock
from contacthub.credentials.models import ApiKey
from contacthub.credentials.tokens import make_token
from contacthub.organizations.models import Organization
from tests.api.conftest import Program, make_key
from tests.api.contactbased.conftest import by_header
from tests.stack import Stack

pytestmark = pytest.mark.django_db

FEEDS = "/organization/feeds"


def ask(key: str, **headers: str) -> HttpResponse:
    return Program(by_header, key).get(FEEDS, **headers)


def statuses(key: str, count: int, **headers: str) -> Counter[int]:
    return Counter(ask(key, **headers).status_code for _ in range(count))


def left(response: Any) -> tuple[int, int]:
    """Return the requests left and the seconds until more, as the header says."""
    match = re.fullmatch(r'"key";r=(\d+);t=(\d+)', response.headers["RateLimit"])
    assert match
    return int(match[1]), int(match[2])


def test_exactly_the_rate_is_admitted_over_two_processes(guide_stack: Stack) -> None:
    """Gunicorn runs two processes; counting apart, they would admit up to twice as many."""
    printed = guide_stack.manage(
        "issue_key", "--organization", "acme", "--scopes", "contactbased:read", "--rate", 100
    )
    key = printed.splitlines()[0]
    with httpx.Client(base_url=guide_stack.base_url, headers={"X-API-Key": key}) as program:

        def request(_: int) -> httpx.Response:
            return program.get(FEEDS, timeout=60)

        with ThreadPoolExecutor(24) as pool:
            came = list(pool.map(request, range(260)))
    assert Counter(response.status_code for response in came) == {200: 100, 429: 160}
    assert all(left(response)[0] == 0 for response in came if response.status_code == 429)


def test_answers_say_what_is_left(acme: Organization) -> None:
    _, key = make_key(acme, rate=3)
    came = [ask(key) for _ in range(5)]
    assert [response.status_code for response in came] == [200, 200, 200, 429, 429]
    assert [left(response)[0] for response in came] == [2, 1, 0, 0, 0]
    for response in came:
        assert response["RateLimit-Policy"] == '"key";q=3;w=60'
        assert 1 <= left(response)[1] <= 60
    assert came[3]["Retry-After"] == str(left(came[3])[1])
    assert came[3].json() == {  # type: ignore[attr-defined]
        "detail": f"This key allows 3 requests a minute. Try again in {came[3]['Retry-After']} s."
    }


@pytest.mark.parametrize("rest_ms", [300, 1400, 1499, 1600])
def test_client_that_waits_as_told_is_not_refused_again(
    acme: Organization, settings: Any, rest_ms: int
) -> None:
    """Redis rounds the rest of a window to whole seconds, so the end of a window is where a lie would show."""
    _, key = make_key(acme, rate=1)
    assert ask(key).status_code == 200
    with Redis.from_url(settings.REDIS_URL) as redis:
        (name,) = redis.scan_iter("LIMITS*contacthub*")
        redis.pexpire(name, rest_ms)
    refused = ask(key)
    assert refused.status_code == 429
    time.sleep(int(refused["Retry-After"]))
    assert ask(key).status_code == 200


def test_told_wait_is_never_longer_than_the_window() -> None:
    assert [rates._whole_seconds(rest) for rest in (-1.0, 0.0, 0.4, 0.6, 59.4, 60.0)] == [
        1,
        1,
        1,
        2,
        60,
        60,
    ]


def test_keys_are_counted_apart(acme: Organization, globex: Organization) -> None:
    keys = [make_key(organization, rate=2)[1] for organization in (acme, acme, globex)]
    for key in keys:
        assert statuses(key, 3) == {200: 2, 429: 1}


def test_refused_keys_are_not_counted(acme: Organization) -> None:
    row, key = make_key(acme, rate=1)
    ApiKey.objects.filter(pk=row.pk).update(expires_at=clock.now())
    refused = [ask(key) for _ in range(3)]
    assert {response.status_code for response in refused} == {401}
    assert not any("RateLimit" in response for response in refused)
    ApiKey.objects.filter(pk=row.pk).update(expires_at=None)
    assert statuses(key, 2) == {200: 1, 429: 1}


def test_token_counts_as_its_key(acme: Organization) -> None:
    row, key = make_key(acme, rate=2)
    token = make_token(
        public_id=row.public_id,
        protocol="contactbased",
        expires_at=clock.now().timestamp() + 60,
    )
    assert [ask(each).status_code for each in (key, token, key, token)] == [200, 200, 429, 429]


def test_claimed_addresses_do_not_matter(acme: Organization) -> None:
    _, key = make_key(acme, rate=2)
    came = [
        ask(key, **{"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"198.51.100.{number}"})
        for number in range(4)
    ]
    assert [response.status_code for response in came] == [200, 200, 429, 429]


def test_request_without_the_scope_counts_too(acme: Organization) -> None:
    _, key = make_key(acme, "letrics:read", rate=2)
    assert statuses(key, 3) == {403: 2, 429: 1}


def test_operators_ceiling_bounds_a_key_that_was_issued_before(
    acme: Organization, settings: Any
) -> None:
    _, key = make_key(acme, rate=5)
    settings.KEY_RATE_CEILING = 2
    assert statuses(key, 3) == {200: 2, 429: 1}


def test_all_keys_of_an_organization_share_a_limit(
    acme: Organization, globex: Organization, settings: Any
) -> None:
    settings.ORGANIZATION_RATE = 3
    first, second, theirs = (make_key(each, rate=50)[1] for each in (acme, acme, globex))
    assert statuses(first, 2) + statuses(second, 2) == {200: 3, 429: 1}
    refused = ask(second)
    assert refused.json()["detail"].startswith("Your organization allows 3 requests a minute.")  # type: ignore[attr-defined]
    assert int(refused["Retry-After"]) == left(refused)[1]
    assert statuses(theirs, 3) == {200: 3}


def test_wrong_keys_of_an_address_are_limited_and_right_ones_go_on(
    acme: Organization, settings: Any
) -> None:
    settings.REFUSED_KEYS_PER_ADDRESS = 3
    _, key = make_key(acme)
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert statuses(wrong, 5) == {401: 3, 429: 2}
    assert 1 <= int(ask(wrong)["Retry-After"]) <= 60
    assert statuses(key, 2) == {200: 2}, "a colleague behind the same address"
    elsewhere = Program(by_header, wrong).client.get(
        FEEDS, headers=by_header(wrong), REMOTE_ADDR="192.0.2.99"
    )
    assert elsewhere.status_code == 401


@pytest.fixture
def fresh_counter(settings: Any) -> Iterator[Any]:
    """Let a test choose where the counter's Redis is."""
    rates._counter.cache_clear()
    yield settings
    rates._counter.cache_clear()


def test_without_redis_requests_go_on(acme: Organization, fresh_counter: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        fresh_counter.REDIS_URL = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
    check_goes_on(acme)


def test_with_a_hung_redis_requests_go_on(
    acme: Organization, fresh_counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection and never says a word."""
    monkeypatch.setattr(rates, "REST_SECONDS", 600)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as hung:
        fresh_counter.REDIS_URL = f"redis://127.0.0.1:{hung.getsockname()[1]}/0"
        check_goes_on(acme)
        # One wait for an answer; then Redis rests, whatever the machine does beside.
        hung.setblocking(False)
        hung.accept()[0].close()
        with pytest.raises(BlockingIOError):
            hung.accept()


def check_goes_on(acme: Organization) -> None:
    """Requests are answered, and the process counts by itself."""
    _, key = make_key(acme, rate=5)
    assert [ask(key).status_code for _ in range(5)] == [200] * 5
    assert ask(key).status_code == 429


def test_redis_is_asked_again_after_a_rest(
    acme: Organization, fresh_counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fresh_counter.REDIS_URL
    fresh_counter.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(rates, "REST_SECONDS", 0.2)
    _, key = make_key(acme, rate=50)
    assert ask(key).status_code == 200
    assert rates._counter().is_resting
    fresh_counter.REDIS_URL = real
    rates._counter().shared = rates._Counter().shared
    time.sleep(0.3)
    assert ask(key).status_code == 200
    assert not rates._counter().is_resting
