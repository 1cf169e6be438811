"""The account throttle: exactly the limit, a lock of one full period over all keys, the truth in Retry-After."""

from typing import Any

import pytest
from django.test import Client
from redis import Redis

from contacthub.api.insideview import throttle
from contacthub.api.insideview.throttle import LocalCounter
from contacthub.organizations.models import Organization
from tests.api.conftest import Program, make_key
from tests.api.insideview.conftest import by_token, refusal
from tests.racing import race

LIST = "/api/v1/admin/jobs"


@pytest.fixture
def limit(settings: Any) -> int:
    settings.INSIDEVIEW_THROTTLE_REQUESTS = 3
    return 3


def let_time_pass(settings: Any, seconds: float) -> None:
    """Make what Redis keeps end earlier."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        for name in redis.scan_iter("insideview:*"):
            left = redis.pttl(name) - int(seconds * 1000)
            redis.pexpire(name, left) if left > 0 else redis.delete(name)


@pytest.mark.django_db
def test_iv_f14_one_key_locks_the_others_out_for_a_full_period(
    program: Program, stranger: Program, acme: Organization, limit: int, settings: Any
) -> None:
    other = Program(by_token, make_key(acme)[1])
    assert [program.get(LIST).status_code for _ in range(limit)] == [200] * limit
    let_time_pass(settings, 200)
    locked = program.get(LIST)
    assert (refusal(locked), locked["Retry-After"]) == ((429, "429-1"), "300")
    assert other.get(LIST).status_code == 429
    assert stranger.get(LIST).status_code == 200
    let_time_pass(settings, 299)
    still = other.get(LIST)
    assert (still.status_code, still["Retry-After"]) == (429, "1")
    let_time_pass(settings, 1)
    assert [program.get(LIST).status_code for _ in range(limit + 1)] == [200] * limit + [429]


@pytest.mark.django_db
def test_iv_f14_keys_are_counted_apart(
    program: Program, acme: Organization, limit: int, settings: Any
) -> None:
    other = Program(by_token, make_key(acme)[1])
    for _ in range(limit):
        assert program.get(LIST).status_code == other.get(LIST).status_code == 200
    let_time_pass(settings, 300)
    assert program.get(LIST).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_exactly_the_limit_passes_at_once(program: Program, acme_key: str, settings: Any) -> None:
    settings.INSIDEVIEW_THROTTLE_REQUESTS = 7

    def ask() -> int:
        return Client().get(LIST, headers={"accessToken": acme_key}).status_code

    assert sorted(race([ask] * 20)) == [200] * 7 + [429] * 13


def test_without_redis_each_process_counts_for_itself(limit: int) -> None:
    counter = LocalCounter()
    assert [counter.count(1, "a", 0.0) for _ in range(limit)] == [0] * limit
    assert counter.count(1, "b", 10.0) == 0
    assert counter.count(1, "a", 100.0) == 300
    assert counter.count(1, "b", 399.0) == 1
    assert counter.count(2, "c", 399.0) == 0
    assert [counter.count(1, "a", 400.0) for _ in range(limit)] == [0] * limit
    assert counter.count(1, "a", 699.0) == 300
    assert counter.count(1, "b", 1000.0) == 0


def test_redis_that_does_not_answer_stops_nobody(settings: Any, limit: int) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttle._counter.cache_clear()
    try:
        answers = [throttle.count(organization_id=1, key_id="k") for _ in range(limit + 1)]
        assert answers == [0] * limit + [300]
    finally:
        throttle._counter.cache_clear()
