"""Statements about a connection's health: breaker and rate, shared by all workers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection as database

from contacthub.core.http_times import LONGEST_WAIT

# Failures in a row that open the breaker. One call with its repetitions makes four at the most.
MOST_FAILURES = 8
# How long it stays open: at first, and, doubled with each probe that fails, at the most.
FIRST_OPEN_SECONDS, MOST_OPEN_SECONDS = 5, 300
# Longer than an exchange can take: who holds the probe for so long is dead.
PROBE_SECONDS = 90


@dataclass(frozen=True)
class Hold:
    """Why no call is allowed now, and for how many seconds."""

    reason: str
    seconds: float


PAUSED, OPEN, HELD, RATE = "paused", "open", "held", "rate"

# Why not the ORM: testing and marking must be one step, or two workers make the one probe, or the last call of a
# window, both. A row that is waited for is judged again as it has become.
ASK = """
UPDATE credentials_connectionhealth AS health
SET breaker = CASE WHEN health.breaker = 'closed' THEN 'closed' ELSE 'half_open' END,
    probe = CASE WHEN health.breaker = 'closed' THEN health.probe ELSE health.probe + 1 END,
    probe_until = CASE WHEN health.breaker = 'closed' THEN NULL
        ELSE clock_timestamp() + make_interval(secs => %(probe_seconds)s) END,
    rate_left = CASE
        WHEN health.rate_resets_at <= clock_timestamp() THEN health.rate_limit - 1
        ELSE health.rate_left - (health.rate_left > 0)::integer END,
    rate_resets_at = CASE
        WHEN health.rate_resets_at > clock_timestamp() THEN health.rate_resets_at
        WHEN health.rate_resets_at IS NOT NULL AND health.rate_seconds IS NOT NULL
        THEN clock_timestamp() + make_interval(secs => least(health.rate_seconds, %(most_wait)s)) END
FROM credentials_connection AS connection
WHERE health.connection_id = %(connection)s AND connection.id = health.connection_id
    AND (connection.state = 'active' OR %(is_test)s)
    AND (health.held_until IS NULL OR health.held_until <= clock_timestamp() OR %(is_test)s)
    AND (
        health.breaker = 'closed' OR %(is_test)s
        OR (health.breaker = 'open' AND health.open_until <= clock_timestamp())
        OR (health.breaker = 'half_open' AND health.probe_until <= clock_timestamp())
    )
    AND (
        health.rate_left IS NULL OR health.rate_left > 0 OR health.rate_resets_at IS NULL
        OR health.rate_resets_at <= clock_timestamp() OR %(is_test)s
    )
RETURNING health.breaker, health.probe
"""
# Why not the ORM: as above, without a write: most calls find a closed breaker and no known limit.
LOOK = """
SELECT CASE
        WHEN connection.state <> 'active' THEN 'paused'
        WHEN health.held_until > clock_timestamp() THEN 'held'
        WHEN health.breaker <> 'closed' THEN 'open'
        WHEN health.rate_left <= 0 AND health.rate_resets_at > clock_timestamp() THEN 'rate'
        ELSE '' END,
    greatest(0, extract(epoch FROM CASE
        WHEN health.held_until > clock_timestamp() THEN health.held_until
        WHEN health.breaker = 'open' THEN health.open_until
        WHEN health.breaker = 'half_open' THEN health.probe_until
        ELSE health.rate_resets_at END - clock_timestamp()))::float8,
    health.breaker = 'closed' AND health.rate_left IS NULL
FROM credentials_connectionhealth AS health
JOIN credentials_connection AS connection ON connection.id = health.connection_id
WHERE health.connection_id = %(connection)s
"""


def ask(*, connection_id: UUID, is_test: bool) -> int | Hold | None:
    """Take leave for one call: the number of the probe where it is one, else None; or why there is none.

    A test goes through an open breaker, as its probe, and through every pause.
    """
    values: dict[str, Any] = {
        "connection": connection_id,
        "is_test": is_test,
        "probe_seconds": PROBE_SECONDS,
        "most_wait": LONGEST_WAIT,
    }
    with database.cursor() as cursor:
        cursor.execute(LOOK, values)
        seen = cursor.fetchone()
        if seen is None:
            return Hold(PAUSED, 0.0)
        if seen[0] == "" and seen[2]:
            return None
        cursor.execute(ASK, values)
        given = cursor.fetchone()
        if given is not None:
            return None if given[0] == "closed" else int(given[1])
        cursor.execute(LOOK, values)
        seen = cursor.fetchone()
    # The reason to wait may be gone already; then it is worth another try at once.
    return Hold(seen[0] or RATE, float(seen[1] or 0.0)) if seen else Hold(PAUSED, 0.0)


# Why not the ORM: what a call means depends on the breaker as it is when the call ends. A call that began before the
# breaker opened neither closes it nor keeps it open; only the probe with the current number does. Of what the vendor
# reports as left in a window, the lower figure counts: it does not know yet of the calls under way. A test that is
# answered ends every pause that the vendor has not requested in this answer.
TELL = """
UPDATE credentials_connectionhealth AS health
SET breaker = CASE
        WHEN %(outcome)s = 'interrupted' THEN CASE WHEN verdict.is_mine THEN 'open' ELSE health.breaker END
        WHEN %(outcome)s = 'failed' THEN CASE
            WHEN verdict.is_mine OR verdict.is_too_many THEN 'open' ELSE health.breaker END
        WHEN verdict.is_mine THEN 'closed'
        ELSE health.breaker END,
    open_until = CASE
        WHEN %(outcome)s = 'interrupted' AND verdict.is_mine THEN clock_timestamp()
        WHEN %(outcome)s = 'failed' AND (verdict.is_mine OR verdict.is_too_many)
        THEN clock_timestamp() + make_interval(secs => least(
            %(first_open)s * 2 ^ least(health.trips, 10), %(most_open)s))
        ELSE health.open_until END,
    trips = CASE
        WHEN %(outcome)s = 'failed' AND (verdict.is_mine OR verdict.is_too_many) THEN health.trips + 1
        WHEN %(outcome)s IN ('alive', 'throttled') AND verdict.is_mine THEN 0
        ELSE health.trips END,
    failures = CASE
        WHEN health.breaker <> 'closed' AND NOT verdict.is_mine THEN health.failures
        WHEN %(outcome)s = 'failed' THEN health.failures + 1
        WHEN %(outcome)s = 'interrupted' THEN health.failures
        ELSE 0 END,
    held_until = CASE WHEN %(hold)s::float8 > 0
        THEN greatest(CASE WHEN NOT verdict.is_lifting THEN health.held_until END,
            clock_timestamp() + make_interval(secs => least(%(hold)s::float8, %(most_wait)s)))
        WHEN verdict.is_lifting THEN NULL
        ELSE health.held_until END,
    rate_limit = coalesce(%(limit)s, health.rate_limit),
    rate_seconds = coalesce(%(window)s, health.rate_seconds),
    rate_left = CASE
        WHEN verdict.is_lifting THEN %(left)s::integer
        WHEN %(left)s::integer IS NULL THEN health.rate_left
        WHEN health.rate_left IS NULL OR health.rate_resets_at IS NULL
            OR health.rate_resets_at <= clock_timestamp() THEN %(left)s
        ELSE least(health.rate_left, %(left)s) END,
    rate_resets_at = CASE
        WHEN %(reset)s::float8 IS NULL AND verdict.is_lifting THEN NULL
        WHEN %(reset)s::float8 IS NULL THEN health.rate_resets_at
        WHEN health.rate_resets_at > clock_timestamp() AND NOT verdict.is_lifting THEN health.rate_resets_at
        ELSE clock_timestamp() + make_interval(secs => least(%(reset)s::float8, %(most_wait)s)) END,
    condition = coalesce(%(condition)s, health.condition),
    condition_at = CASE WHEN coalesce(%(condition)s, health.condition) = health.condition
        THEN health.condition_at ELSE clock_timestamp() END,
    last_call_at = clock_timestamp(),
    last_ok_at = CASE WHEN %(condition)s = 'works' THEN clock_timestamp() ELSE health.last_ok_at END,
    last_ms = CASE WHEN %(condition)s = 'works' THEN %(ms)s ELSE health.last_ms END,
    test_error = CASE WHEN %(is_fine)s THEN '' ELSE health.test_error END
FROM (
    SELECT connection_id,
        coalesce(breaker = 'half_open' AND probe = %(probe)s::bigint, FALSE) AS is_mine,
        breaker = 'closed' AND failures + 1 >= %(most_failures)s AS is_too_many,
        %(is_test)s AND %(condition)s::text IS NOT DISTINCT FROM 'works' AS is_lifting
    FROM credentials_connectionhealth WHERE connection_id = %(connection)s FOR UPDATE
) AS verdict
WHERE health.connection_id = verdict.connection_id
"""


def tell(*, connection_id: UUID, probe: int | None, is_test: bool, **values: Any) -> None:
    """Take note of what came of a call.

    `values`: `outcome` (`gate.Outcome`), `condition` (None: it says nothing), `is_fine` (no error at all), `ms`, `hold`
    in seconds, and `limit`, `window`, `left`, `reset` as the vendor reports them.
    """
    with database.cursor() as cursor:
        cursor.execute(
            TELL,
            {
                "connection": connection_id,
                "probe": probe,
                "is_test": is_test,
                "most_wait": LONGEST_WAIT,
                "most_failures": MOST_FAILURES,
                "first_open": FIRST_OPEN_SECONDS,
                "most_open": MOST_OPEN_SECONDS,
                **values,
            },
        )


# Why not the ORM: a median, and the hours of a day in one pass.
LIST_USAGE = """
SELECT connection_id, sum(calls)::bigint, sum(failed)::bigint, max(median), array_agg(ARRAY[hours_ago, calls])
FROM (
    SELECT call.connection_id,
        floor(extract(epoch FROM %(now)s - call.started_at) / 3600)::integer AS hours_ago,
        count(*) AS calls,
        count(*) FILTER (WHERE call.error <> '') AS failed
    FROM credentials_providercall AS call
    JOIN credentials_connection AS connection ON connection.id = call.connection_id
    WHERE connection.organization_id = %(organization)s
        AND call.started_at > %(now)s - interval '24 hours' AND call.started_at <= %(now)s
    GROUP BY call.connection_id, hours_ago
) AS hourly
JOIN (
    SELECT call.connection_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY call.ms) AS median
    FROM credentials_providercall AS call
    JOIN credentials_connection AS connection ON connection.id = call.connection_id
    WHERE connection.organization_id = %(organization)s
        AND call.started_at > %(now)s - interval '24 hours' AND call.started_at <= %(now)s
    GROUP BY call.connection_id
) AS middle USING (connection_id)
GROUP BY connection_id
"""


@dataclass(frozen=True)
class Usage:
    """The calls of a connection in the last 24 hours, by the hour with the oldest first, and their middle duration."""

    calls: int
    failed: int
    median_ms: int
    hours: tuple[int, ...]


def list_usage(*, organization_id: int, now: dt.datetime) -> dict[UUID, Usage]:
    """Return the last 24 hours of an organization's connections, by connection; those without a call are not there."""
    with database.cursor() as cursor:
        cursor.execute(LIST_USAGE, {"organization": organization_id, "now": now})
        rows = cursor.fetchall()
    return {row[0]: Usage(row[1], row[2], row[3], _by_hour(row[4])) for row in rows}


def _by_hour(pairs: list[list[int]]) -> tuple[int, ...]:
    counts = {hours_ago: count for hours_ago, count in pairs}  # noqa: C416
    return tuple(counts.get(hours_ago, 0) for hours_ago in reversed(range(24)))


# Why not the ORM: a batch of a table that grows without end is found and deleted in one statement.
FORGET = """
DELETE FROM credentials_providercall
WHERE id IN (SELECT id FROM credentials_providercall WHERE started_at < %(before)s ORDER BY started_at LIMIT %(most)s)
"""


def forget_calls(*, before: Any, most: int) -> int:
    """Delete up to `most` calls that began before a moment. Returns how many."""
    with database.cursor() as cursor:
        cursor.execute(FORGET, {"before": before, "most": most})
        return int(cursor.rowcount)
