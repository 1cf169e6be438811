"""How often a key may ask: fixed windows of a minute, counted in Redis for all web processes together.

A fixed window is exact, costs one INCR and can be told truthfully: a client that waits as told is never refused again.
Without Redis each web process counts for itself: a limit is a courtesy between programs, its loss must stop nobody.
Headers: draft-ietf-httpapi-ratelimit-headers, RFC 6585 (429).
"""

import math
import time
from dataclasses import dataclass
from functools import cache

import structlog
from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from contacthub.api.door.problems import Kind, Problem
from contacthub.credentials.models import ApiKey

logger = structlog.get_logger(__name__)

# Redis answers in a fraction of a millisecond or is not there; then it is left alone for a while.
ANSWER_SECONDS = 0.25
REST_SECONDS = 5.0
WINDOW_SECONDS = 60
# Redis tells the rest of a window in whole seconds, rounded to the nearest: half a second may be missing.
ROUNDING_SECONDS = 0.5


@dataclass(frozen=True)
class Rate:
    """What a key has left in this minute, after this request."""

    is_admitted: bool
    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the headers that say so."""
        return {
            "RateLimit-Policy": f'"key";q={self.limit};w=60',
            "RateLimit": f'"key";r={self.remaining};t={self.reset_seconds}',
        }


def count(key: ApiKey) -> Rate:
    """Count a request of a key."""
    item = RateLimitItemPerMinute(key.rate_per_minute, namespace="contacthub")
    counter = _counter()
    if not counter.is_resting:
        try:
            return _count(counter.shared, item, key)
        except RedisError:
            counter.rest()
            logger.warning("rate_limits_local", seconds=REST_SECONDS)
    return _count(counter.local, item, key)


def _count(limiter: FixedWindowRateLimiter, item: RateLimitItemPerMinute, key: ApiKey) -> Rate:
    is_admitted = limiter.hit(item, key.public_id)
    stats = limiter.get_window_stats(item, key.public_id)
    return Rate(
        is_admitted,
        key.rate_per_minute,
        stats.remaining,
        _whole_seconds(stats.reset_time - time.time()),
    )


def _whole_seconds(rest: float) -> int:
    """Return how long a window lasts at most, so that whoever waits as told is never refused again."""
    return min(WINDOW_SECONDS, max(1, math.ceil(rest + ROUNDING_SECONDS)))


def problem_of(rate: Rate) -> Problem:
    """Return what a request over its limit is told."""
    message = (
        f"This key allows {rate.limit:,} requests a minute. Ask again in {rate.reset_seconds} s."
    )
    return Problem(Kind.LIMITED, message, headers={"Retry-After": str(rate.reset_seconds)})


class _Counter:
    def __init__(self) -> None:
        self.shared = FixedWindowRateLimiter(
            RedisStorage(
                settings.REDIS_URL,
                socket_timeout=ANSWER_SECONDS,
                socket_connect_timeout=ANSWER_SECONDS,
            )
        )
        self.local = FixedWindowRateLimiter(MemoryStorage())
        self.resting_until = 0.0

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self.resting_until

    def rest(self) -> None:
        self.resting_until = time.monotonic() + REST_SECONDS


@cache
def _counter() -> _Counter:
    return _Counter()
