"""The throttle of a whole account: who asks too often in five minutes locks its organization out for five.

Each key is counted over periods of five minutes that begin with its first request. The request over the limit, and
every one of any key of the organization for a full period after it, is refused; then all start at zero. Counted in
Redis for all web processes together, without Redis in each one for itself: without it, requests go through.
Source: InsideView, "Throttling and Quota".
"""

import math
import time
from dataclasses import dataclass, field
from functools import cache

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from contacthub.api.gateway.problems import Kind, Problem

logger = structlog.get_logger(__name__)

PERIOD_SECONDS = 300
ANSWER_SECONDS = 0.25
REST_SECONDS = 5.0
# One script, so that of requests at the same moment exactly the allowed ones pass. Returns the milliseconds of the
# lock that are left, 0 for an admitted request. Other keys' counts end before a lock does: all start at zero after it.
COUNT = """
local lock = redis.call('PTTL', KEYS[2])
if lock > 0 then return lock end
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if count <= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
redis.call('DEL', KEYS[1])
return tonumber(ARGV[2])
"""


def count(*, organization_id: int, key_id: str) -> int:
    """Count a request. Returns the whole seconds until the lock ends, 0 if the request is admitted."""
    counter = _counter()
    if time.monotonic() >= counter.resting_until:
        try:
            return math.ceil(counter.count_shared(organization_id, key_id) / 1000)
        except RedisError:
            counter.resting_until = time.monotonic() + REST_SECONDS
            logger.warning("throttle_local", seconds=REST_SECONDS)
    return math.ceil(counter.local.count(organization_id, key_id, time.monotonic()))


def problem_of(seconds: int) -> Problem:
    """Return the answer to a refused request."""
    return Problem(
        Kind.LIMITED,
        f"Request is throttled. Ask again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )


@dataclass
class LocalCounter:
    """The same rule in one process. Times are in seconds of a clock that only rises."""

    locks: dict[int, float] = field(default_factory=dict)
    periods: dict[str, tuple[float, int]] = field(default_factory=dict)

    def count(self, organization_id: int, key_id: str, now: float) -> float:
        """Count a request. Returns the seconds until the lock ends, 0 for an admitted one."""
        until = self.locks.get(organization_id, now)
        if until > now:
            return until - now
        begun, requests = self.periods.get(key_id, (now, 0))
        if now - begun >= PERIOD_SECONDS:
            begun, requests = now, 0
        self.periods[key_id] = begun, requests + 1
        if requests < settings.INSIDEVIEW_THROTTLE_REQUESTS:
            return 0
        self.locks[organization_id] = now + PERIOD_SECONDS
        del self.periods[key_id]
        return PERIOD_SECONDS


class _Counter:
    def __init__(self) -> None:
        redis = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
        )
        self.script = redis.register_script(COUNT)
        self.local = LocalCounter()
        self.resting_until = 0.0

    def count_shared(self, organization_id: int, key_id: str) -> int:
        """Count in Redis. Returns milliseconds."""
        names = [f"insideview:count:{key_id}", f"insideview:lock:{organization_id}"]
        values = [settings.INSIDEVIEW_THROTTLE_REQUESTS, PERIOD_SECONDS * 1000]
        return int(self.script(keys=names, args=values))


@cache
def _counter() -> _Counter:
    return _Counter()
