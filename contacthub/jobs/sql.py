"""Statements about leases that the ORM cannot say in one round trip."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection, transaction

# Why not the ORM: jobs of a task that an organization runs only a few of are counted before the claim, and a count is
# only true under a lock. It is taken by a statement of its own, because a statement sees what was there as it began.
LOCK_LANE = """
SELECT pg_advisory_xact_lock(hashtextextended(organization_id || ' ' || task, 0))
FROM jobs_job WHERE id = %(job)s AND most_at_once IS NOT NULL
"""
# Why not the ORM: claiming must test, lock and write in one statement, or two workers hold one job. The fairness
# rule sits in the same statement: an organization that already runs its share waits while another one waits too.
CLAIM = """
UPDATE jobs_job AS job
SET state = 'running', token = job.token + 1, attempts = job.attempts + 1,
    lease_until = now() + make_interval(secs => %(lease)s),
    started_at = coalesce(job.started_at, now()), wakes_at = NULL
WHERE job.id = (
    SELECT id FROM jobs_job
    -- A ring names a task and a job. Only the job's own task may do it: another one would write what was not requested.
    WHERE id = %(job)s AND task = coalesce(%(task)s, task) AND (
        (state = 'queued' AND coalesce(wakes_at <= now(), TRUE)) OR (state = 'running' AND lease_until < now())
    )
    FOR UPDATE SKIP LOCKED
)
AND (
    job.state = 'running'
    OR (SELECT count(*) FROM jobs_job other
        WHERE other.organization_id = job.organization_id AND other.state = 'running'
            AND other.is_calling = job.is_calling) < %(share)s
    OR NOT EXISTS (SELECT 1 FROM jobs_job waiting
        WHERE waiting.organization_id <> job.organization_id AND waiting.state = 'queued'
            AND waiting.is_calling = job.is_calling
            AND coalesce(waiting.wakes_at <= now(), TRUE))
)
AND (
    job.state = 'running' OR job.most_at_once IS NULL
    OR (SELECT count(*) FROM jobs_job other
        WHERE other.organization_id = job.organization_id AND other.task = job.task AND other.state = 'running'
    ) < job.most_at_once
)
RETURNING job.token
"""


def claim(*, job_id: UUID, lease_seconds: int, share: int, task: str | None = None) -> int | None:
    """Take a queued job, or a running one whose lease ran out. Returns the new token, None if it may not be taken.

    `task` is the name of the task that was rung; a job of another task is not taken. None: whatever its task.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_LANE, {"job": job_id})
        cursor.execute(CLAIM, {"job": job_id, "task": task, "lease": lease_seconds, "share": share})
        row = cursor.fetchone()
    return row[0] if row else None


# Why not the ORM: the write must be refused by a stale token and return, in the same statement, whether someone
# cancelled the job.
RENEW = """
UPDATE jobs_job
SET lease_until = now() + make_interval(secs => %(lease)s), done = %(done)s,
    checkpoint = coalesce(%(checkpoint)s::jsonb, checkpoint),
    attempts = CASE WHEN %(is_kept)s THEN 1 ELSE attempts END
WHERE id = %(job)s AND token = %(token)s AND state = 'running'
RETURNING cancel_requested_at IS NOT NULL
"""


def renew(
    *,
    job_id: UUID,
    token: int,
    lease_seconds: int,
    done: int,
    checkpoint: str | None,
    is_kept: bool,
) -> bool | None:
    """Prolong a lease and save progress. Returns whether to stop for a cancel request, None for a stale token.

    Work that is kept (`is_kept`) starts the count of attempts again: five failures at one place end a job, not five
    in its whole life.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            RENEW,
            {
                "job": job_id,
                "token": token,
                "lease": lease_seconds,
                "done": done,
                "checkpoint": checkpoint,
                "is_kept": is_kept,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


# Why not the ORM: as above, from a connection of its own.
PROLONG = """
UPDATE jobs_job SET lease_until = now() + make_interval(secs => %(lease)s)
WHERE id = %(job)s AND token = %(token)s AND state = 'running'
"""


def prolong(*, job_id: UUID, token: int, lease_seconds: int) -> bool:
    """Prolong a lease and nothing else. Returns False for a stale token."""
    with connection.cursor() as cursor:
        cursor.execute(PROLONG, {"job": job_id, "token": token, "lease": lease_seconds})
        return bool(cursor.rowcount == 1)


# Why not the ORM: choosing fairly (each organization's oldest first, then each one's second, ...) needs a window,
# and choosing and marking must be one step so that two sweepers do not ring the same jobs.
PICK_TO_RING = """
UPDATE jobs_job SET rung_at = now()
WHERE id IN (
    SELECT id FROM (
        SELECT id, rung_at, row_number() OVER (PARTITION BY organization_id ORDER BY created_at, id) AS turn
        FROM jobs_job AS job
        WHERE coalesce(is_calling = %(is_calling)s, TRUE) AND ((state = 'running' AND lease_until < now())
        OR (state = 'queued' AND coalesce(wakes_at <= now(), TRUE) AND (most_at_once IS NULL OR (
            SELECT count(*) FROM jobs_job other
            WHERE other.organization_id = job.organization_id AND other.task = job.task AND other.state = 'running'
        ) < most_at_once)))
    ) AS due
    WHERE rung_at < %(rung_before)s
    ORDER BY turn, rung_at
    LIMIT %(most)s
)
RETURNING id, task
"""


def pick_to_ring(
    *, rung_before: dt.datetime, most: int, is_calling: bool | None = None
) -> list[tuple[UUID, str]]:
    """Mark and return up to `most` jobs that wait for a worker and were last rung for before a moment.

    `is_calling`: only those that wait for others' servers, or only the others.
    """
    values: dict[str, Any] = {
        "rung_before": rung_before,
        "most": most,
        "is_calling": is_calling,
    }
    with connection.cursor() as cursor:
        cursor.execute(PICK_TO_RING, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [(row[0], row[1]) for row in rows]
