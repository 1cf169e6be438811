"""How often a password may be tried, a link requested, an invitation opened; and how long to wait after that.

Failed sign-ins count for the account and the address together: guessing locks out only the guesser. Two
wider limits stop guessing from many addresses and at many accounts. A browser that has signed in to the account before
(`web/devices.py`) counts for itself alone, so that strangers cannot shut its owner out. Accounts that do not exist
count like any other, so that no answer reveals them. Counted by allauth in Django's cache, which is in Postgres.
"""

import math
import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from contacthub.core.client_address import address_group, client_address
from contacthub.core.emails import plain_email
from contacthub.web.devices import find_device

APP = "contacthub"
# Tries / time / what is counted; a key is an account, an address, or both.
LIMITS = {
    "login_device": "5/5m/key",
    "login_pair": "5/5m/key",
    "login_address": "30/5m/key",
    "login_account": "100/1h/key",
    "reset_pair": "5/15m/key",
    "reset_account": "20/1h/key",
    "invitation": "30/5m/key",
}
CODE = "too_many_login_attempts"


def count_sign_in(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage:
    """Count a try at an account, to be rolled back when it succeeds. Raises `ValidationError` over a limit."""
    account, address = plain_email(email), _group(request)
    device = find_device(request, account)
    if device:
        return count(request, ("login_device", f"{device} {account}"))
    return count(
        request,
        ("login_pair", f"{account} {address}"),
        ("login_address", address),
        ("login_account", account),
    )


def count_reset(request: HttpRequest, email: str) -> None:
    """Count a request for a link to a new password. Raises `ValidationError` over a limit."""
    account = plain_email(email)
    count(request, ("reset_pair", f"{account} {_group(request)}"), ("reset_account", account))


def count_invitation(request: HttpRequest) -> None:
    """Count a try to join with an invitation's link. Raises `ValidationError` over a limit."""
    count(request, ("invitation", _group(request)))


def count(request: HttpRequest, *limits: tuple[str, str]) -> ratelimit.RateLimitUsage:
    """Count once for each pair of a limit and its key, or not at all.

    Raises `ValidationError`, which says when to try again.
    """
    used = ratelimit.RateLimitUsage(usage=[])
    for action, key in limits:
        usage = ratelimit.consume(
            request, app=APP, action=action, config=LIMITS, key=key, limit_get=True
        )
        if usage is None:
            used.rollback()
            words = "failed login attempts" if action.startswith("login") else "tries"
            raise ValidationError(_explain(words, _seconds_left(request, action, key)), code=CODE)
        used.usage += usage.usage
    return used


def _seconds_left(request: HttpRequest, action: str, key: str) -> float:
    (rate,) = ratelimit.get_rates(app=APP, action=action, config=LIMITS)
    name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
    # The times of the tries that count, the newest first: the one that must grow old makes room for the next.
    times = cache.get(name, [])
    return times[rate.amount - 1] + rate.duration - time.time() if len(times) >= rate.amount else 0


def _explain(words: str, seconds: float) -> str:
    minutes = max(1, math.ceil(seconds / 60))
    return f"Too many {words}. Try again in {minutes} minute{'s' if minutes > 1 else ''}."


def _group(request: HttpRequest) -> str:
    return address_group(client_address(request.META))
