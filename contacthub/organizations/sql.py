"""Statements about the audit log that the ORM cannot say."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

# Why not the ORM: DISTINCT reads every line of the log, 0.1 s for a million of them. This jumps from each action to
# the next one in the index, one step an action.
LIST_ACTIONS = """
WITH RECURSIVE word AS (
    (
        SELECT action FROM organizations_auditevent
        WHERE organization_id = %(organization)s ORDER BY action LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT action FROM organizations_auditevent
        WHERE organization_id = %(organization)s AND action > word.action ORDER BY action LIMIT 1
    )
    FROM word WHERE word.action IS NOT NULL
)
SELECT action FROM word WHERE action IS NOT NULL
"""
# The same over actors, each under the name of their newest line.
LIST_ACTORS = """
WITH RECURSIVE actor AS (
    (
        SELECT actor_kind, actor_ref, actor_name, actor_email FROM organizations_auditevent
        WHERE organization_id = %(organization)s ORDER BY actor_kind, actor_ref, at DESC LIMIT 1
    )
    UNION ALL
    SELECT event.* FROM actor CROSS JOIN LATERAL (
        SELECT actor_kind, actor_ref, actor_name, actor_email FROM organizations_auditevent
        WHERE organization_id = %(organization)s
            AND (actor_kind, actor_ref) > (actor.actor_kind, actor.actor_ref)
        ORDER BY actor_kind, actor_ref, at DESC LIMIT 1
    ) AS event
)
SELECT actor_kind, actor_ref, actor_name, actor_email FROM actor ORDER BY lower(actor_name), actor_ref
"""
# Why not the ORM: it cannot add to what a conflict finds.
ADD_READ = """
INSERT INTO organizations_auditread AS read (
    organization_id, minute, actor_id, actor_kind, actor_ref, actor_email, actor_name, action, detail, address,
    has_personal_data, requests, rows
)
VALUES (
    %(organization)s, %(minute)s, %(actor)s, %(actor_kind)s, %(actor_ref)s, %(actor_email)s, %(actor_name)s,
    %(action)s, %(detail)s, %(address)s, %(has_personal_data)s, 1, %(rows)s
)
ON CONFLICT (organization_id, actor_kind, actor_ref, minute, action, detail, address)
DO UPDATE SET requests = read.requests + 1, rows = read.rows + excluded.rows
"""
# Times as integers and JSON as Postgres writes it, so that the text of a line can be made again to the letter.
LIST_CHAIN = """
SELECT link.sequence, link.hash, event.id::text, event.organization_id,
    (extract(epoch FROM event.at) * 1000000)::bigint, event.actor_id, event.actor_kind, event.actor_ref,
    event.actor_email, event.actor_name, event.action, event.target, event.subject, event.detail, event.rows,
    event.has_personal_data, event.is_refused, event.changes::text, host(event.address), event.request_id
FROM organizations_auditlink AS link LEFT JOIN organizations_auditevent AS event
    ON event.id = link.event_id AND event.organization_id = link.organization_id
WHERE link.organization_id = %s ORDER BY link.sequence
"""
COUNT_UNCHAINED = """
SELECT count(*) FROM organizations_auditevent AS event
WHERE organization_id = %s
    AND NOT EXISTS (SELECT FROM organizations_auditlink AS link WHERE link.event_id = event.id)
"""


def list_actions(*, organization_id: int) -> list[str]:
    """Return the different actions in an organization's audit log, in order."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_ACTIONS, {"organization": organization_id})
        return [action for (action,) in cursor.fetchall()]


def list_actors(*, organization_id: int) -> list[tuple[str, str, str, str]]:
    """Return kind, ref, name and address of everyone in an organization's audit log, by name."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_ACTORS, {"organization": organization_id})
        return list(cursor.fetchall())


def add_read(**values: Any) -> None:
    """Add a read to the one of its actor, minute, action and detail, or begin it."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_READ, values)


def stream_chain(*, organization_id: int, size: int = 2000) -> Iterator[tuple[Any, ...]]:
    """Yield the links of an organization's chain in order: sequence, hash and what the hash covers.

    A link whose line is missing has None for the line's columns. Call it in a transaction.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(LIST_CHAIN, [organization_id])
        while rows := cursor.fetchmany(size):
            yield from rows


def count_unchained(*, organization_id: int) -> int:
    """Return how many lines of an organization stand in no chain."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_UNCHAINED, [organization_id])
        return int(cursor.fetchone()[0])
