"""How often a key may ask: fixed windows of a minute, counted in Redis for all web processes together.

Three counts: of the key, of all keys of its organization, and of the wrong keys that an address sends.

A fixed window is exact, costs one INCR and can be reported exactly: a client that waits as told is never refused again.
Without Redis each web process counts for itself: a limit is a courtesy between programs; without it, requests go
through. Headers: draft-ietf-httpapi-ratelimit-headers, RFC 6585 (429).
"""

import math
import time
from dataclasses import dataclass, replace
from functools import cache

import structlog
from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from contacthub.api.gateway.problems import Kind, Problem
from contacthub.core.client_address import address_group
from contacthub.core.errors import KeyRefused
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
    # Whose limit it is: the key's, or that of all keys of the organization.
    subject: str = "This key"

    def headers(self) -> dict[str, str]:
        """Return the headers that say so."""
        return {
            "RateLimit-Policy": f'"key";q={self.limit};w=60',
            "RateLimit": f'"key";r={self.remaining};t={self.reset_seconds}',
        }


def count(key: ApiKey) -> Rate:
    """Count a request of a key, then one of its organization. No key has more than the operator's ceiling."""
    limit = min(key.rate_per_minute, settings.KEY_RATE_CEILING)
    rate = _count(limit, "contacthub", key.public_id)
    if not rate.is_admitted:
        return rate
    of_all = _count(settings.ORGANIZATION_RATE, "organization", str(key.organization_id))
    return rate if of_all.is_admitted else replace(of_all, subject="Your organization")


def count_refusal(address: str | None) -> Rate:
    """Count a wrong key from an address; IPv6 ones by their /64, which is one customer's."""
    return _count(settings.REFUSED_KEYS_PER_ADDRESS, "refused", address_group(address))


def _count(limit: int, namespace: str, subject: str) -> Rate:
    item = RateLimitItemPerMinute(limit, namespace=namespace)
    counter = _counter()
    if not counter.is_resting:
        try:
            return _hit(counter.shared, item, subject)
        except RedisError:
            counter.rest()
            logger.warning("rate_limits_local", seconds=REST_SECONDS)
    return _hit(counter.local, item, subject)


def _hit(limiter: FixedWindowRateLimiter, item: RateLimitItemPerMinute, subject: str) -> Rate:
    is_admitted = limiter.hit(item, subject)
    stats = limiter.get_window_stats(item, subject)
    return Rate(
        is_admitted, item.amount, stats.remaining, _whole_seconds(stats.reset_time - time.time())
    )


def _whole_seconds(rest: float) -> int:
    """Return how long a window lasts at most, so that a client that waits as told is never refused again."""
    return min(WINDOW_SECONDS, max(1, math.ceil(rest + ROUNDING_SECONDS)))


def problem_of(rate: Rate) -> Problem:
    """Return the answer to a request over its limit."""
    message = f"{rate.subject} allows {rate.limit:,} requests a minute. Try again in {rate.reset_seconds} s."
    return Problem(Kind.LIMITED, message, headers={"Retry-After": str(rate.reset_seconds)})


def refusal_of(error: KeyRefused, address: str | None, message: str) -> Problem:
    """Return the answer to a request with a wrong key: `message`, or to wait where its address has sent many of
    them."""
    rate = count_refusal(address)
    if rate.is_admitted:
        return Problem(Kind.UNAUTHORIZED, message, error=error)
    return Problem(
        Kind.LIMITED,
        f"Too many requests with a wrong key. Try again in {rate.reset_seconds} s.",
        headers={"Retry-After": str(rate.reset_seconds)},
        error=error,
    )


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
