"""The rate that a vendor reports in the headers of its replies.

Source: drafts of the IETF ("RateLimit header fields for HTTP", from 03 to 10), and the X-RateLimit-* headers in use.
What is nonsense says nothing.
"""

import re

import httpx

from contacthub.connectors.gate import Limits
from contacthub.core import clock
from contacthub.core.http_times import read_reset

# What Postgres keeps as an integer.
MOST = 2**31 - 1
# RateLimit-Policy: "default";q=100;w=60, and RateLimit: "default";r=50;t=30
POLICY = re.compile(r'"?[\w-]+"?\s*;\s*q=(?P<q>\d{1,9})(?:[^,]*?;\s*w=(?P<w>\d{1,9}))?', re.ASCII)
LEFT = re.compile(r'"?[\w-]+"?\s*;\s*r=(?P<r>\d{1,9})(?:[^,]*?;\s*t=(?P<t>\d{1,15}))?', re.ASCII)
# RateLimit: limit=100, remaining=50, reset=30
NAMED = re.compile(r"\b(limit|remaining|reset)\s*=\s*(\d{1,15})\b", re.ASCII)
# The names that vendors give to one header each, and a number at the beginning of its value.
PREFIXES = ("x-ratelimit", "ratelimit", "x-rate-limit")
LEADING = re.compile(r"\s*(\d{1,15})\s*(?:[,;]|$)", re.ASCII)


def limits_of(headers: httpx.Headers) -> Limits | None:
    """Return the rate that headers report; None if they report none. A reset is at most a day away."""
    policy = POLICY.search(headers.get("ratelimit-policy", ""))
    left = LEFT.search(headers.get("ratelimit", ""))
    if policy or left:
        return Limits(
            limit=_read(policy and policy["q"]),
            window_seconds=_read(policy and policy["w"]),
            left=_read(left and left["r"]),
            reset_seconds=_reset(left and left["t"]),
        )
    named = dict(NAMED.findall(headers.get("ratelimit", "")))
    limit, remaining = (_read(named.get(n) or _find(headers, n)) for n in ("limit", "remaining"))
    if limit is None and remaining is None:
        return None
    reset = named.get("reset") or _find(headers, "reset") or _find(headers, "reset-after")
    return Limits(limit=limit, left=remaining, reset_seconds=_reset(reset))


def _find(headers: httpx.Headers, name: str) -> str | None:
    found = (headers.get(f"{prefix}-{name}") for prefix in PREFIXES)
    return next((value for value in found if value), None)


def _read(text: str | None) -> int | None:
    found = LEADING.match(text) if text else None
    return min(int(found[1]), MOST) if found else None


def _reset(text: str | None) -> float | None:
    return read_reset(text, now=clock.now()) if text else None
