"""Answers kept so that a request with the same Idempotency-Key gets them again and spends nothing."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import Enum

from django.db import connection

from contacthub.core import clock
from contacthub.core.batches import delete_in_batches
from contacthub.credentials.models import KeptReply
from contacthub.organizations.models import Organization

KEEP = dt.timedelta(hours=48)


@dataclass(frozen=True)
class Request:
    """A request, as far as it decides whether two are the same. `request_hash` is a SHA-256."""

    organization: Organization
    route: str
    key: str
    request_hash: bytes


@dataclass(frozen=True)
class Reply:
    """An answer as it went out."""

    status: int
    content_type: str
    body: bytes


class Missing(Enum):
    """Why there is no answer to repeat."""

    FIRST_TIME = "first time"
    IN_FLIGHT = "in flight"
    OTHER_REQUEST = "other request"


def find_reply(*, asked: Request) -> Reply | Missing:
    """Return the answer kept for a request, in the caller's transaction, which holds the key until it ends.

    IN_FLIGHT: another transaction holds the key at this moment.
    """
    if not _hold(asked):
        return Missing.IN_FLIGHT
    kept = KeptReply.objects.filter(
        organization=asked.organization, route=asked.route, key=asked.key
    ).first()
    if kept is None:
        return Missing.FIRST_TIME
    if bytes(kept.request_hash) != asked.request_hash:
        return Missing.OTHER_REQUEST
    return Reply(kept.status, kept.content_type, bytes(kept.body))


def keep_reply(*, asked: Request, status: int, content_type: str, body: bytes) -> None:
    """Keep an answer for 48 hours, in the transaction that made it true."""
    KeptReply.objects.create(
        organization=asked.organization,
        route=asked.route,
        key=asked.key,
        request_hash=asked.request_hash,
        status=status,
        content_type=content_type,
        body=body,
    )


def forget_replies() -> int:
    """Delete what was kept for long enough. Returns how many."""
    return delete_in_batches(KeptReply.objects.filter(created_at__lt=clock.now() - KEEP))


def _hold(asked: Request) -> bool:
    # Why not the ORM: it has no advisory locks. The lock goes with the transaction, also when the process dies.
    name = f"{asked.organization.pk} {asked.route} {asked.key}".encode()
    number = int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
