"""Statements about deliveries that the ORM cannot say in one round trip."""

from uuid import UUID

from django.db import connection

# Why not the ORM: choosing fairly needs windows, and testing, locking and marking must be one step, or two workers
# send one attempt. Each organization's first comes before anyone's second; a host that hangs holds `per_host` senders
# of an organization and no more, whatever else waits for it.
CLAIM_DUE = """
WITH unfinished AS (
    SELECT id, organization_id, host, next_attempt_at,
        state = 'sending' AND lease_until >= clock_timestamp() AS is_busy
    FROM jobs_webhookdelivery
    WHERE state IN ('waiting', 'sending') AND next_attempt_at <= clock_timestamp()
), of_host AS (
    SELECT *, row_number() OVER (
        PARTITION BY organization_id, host ORDER BY is_busy DESC, next_attempt_at, id) AS host_turn
    FROM unfinished
), of_organization AS (
    SELECT *, row_number() OVER (
        PARTITION BY organization_id ORDER BY is_busy DESC, next_attempt_at, id) AS turn
    FROM of_host
    WHERE is_busy OR host_turn <= %(per_host)s
), chosen AS (
    SELECT id FROM of_organization
    WHERE NOT is_busy AND turn <= %(per_organization)s
    ORDER BY turn, next_attempt_at, id
    LIMIT %(most)s
)
UPDATE jobs_webhookdelivery AS delivery
SET state = 'sending', token = delivery.token + 1, tries = delivery.tries + 1,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE delivery.id IN (
    SELECT id FROM jobs_webhookdelivery
    WHERE id IN (SELECT id FROM chosen) AND next_attempt_at <= clock_timestamp()
        AND (state = 'waiting' OR (state = 'sending' AND lease_until < clock_timestamp()))
    FOR UPDATE SKIP LOCKED
)
RETURNING delivery.id, delivery.token
"""


def claim_due(
    *, most: int, per_host: int, per_organization: int, lease_seconds: int
) -> list[tuple[UUID, int]]:
    """Take up to `most` deliveries whose time has come, or whose sender died. Returns each id with its new token."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM_DUE,
            {
                "most": most,
                "per_host": per_host,
                "per_organization": per_organization,
                "lease": lease_seconds,
            },
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


# Why not the ORM: it has no advisory locks. This one ends with its connection, so that a killed sender leaves none.
SENDER_LOCK = 0x63687562
TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"
UNLOCK = "SELECT pg_advisory_unlock(%s)"


def try_sender_lock() -> bool:
    """Become the one process that sends, or return False if another one is."""
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [SENDER_LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])


def release_sender_lock() -> None:
    """Let another process send."""
    with connection.cursor() as cursor:
        cursor.execute(UNLOCK, [SENDER_LOCK])
