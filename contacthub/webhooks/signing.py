"""Signatures that the receiver can check: secrets per organization, and the headers made with them.

Source: Standard Webhooks 1.0.0, symmetric signatures (`v1`).
"""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable
from secrets import token_bytes

from django.db import transaction
from django.db.models import Q, QuerySet

from contacthub.core import clock, secrets
from contacthub.organizations.models import Organization
from contacthub.webhooks.models import WebhookSecret

PREFIX = "whsec_"
# The specification asks for 24 to 64 bytes.
SECRET_BYTES = 32
# After a rotation both secrets sign for so long, so that a receiver can change its own without losing a message.
OVERLAP = dt.timedelta(hours=24)


def make_headers(
    *, secrets: Iterable[str], message_id: str, sent_at: dt.datetime, content: bytes
) -> dict[str, str]:
    """Return the three headers of one try: the id, the time in seconds since 1970, a signature for each secret."""
    timestamp = str(int(sent_at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + content
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def read_secrets(*, organization_id: int) -> list[str]:
    """Return the texts of the secrets that sign now, the current one first; the first call makes one.

    Raises `SecretUnreadable` if the key that they are encrypted with is gone.
    """
    rows = list(_valid(organization_id))
    if not rows or rows[0].ends_at is not None:
        _make(organization_id)
        rows = list(_valid(organization_id))
    return [secrets.unseal(bytes(row.sealed), owner=_owner(organization_id)) for row in rows]


def find_overlap(*, organization: Organization) -> dt.datetime | None:
    """Return until when the secret before the current one still signs, or None."""
    former = _valid(organization.pk).filter(ends_at__isnull=False).order_by("-ends_at").first()
    return former.ends_at if former else None


def find_current(*, organization: Organization) -> WebhookSecret | None:
    """Return the row of the current secret, or None if nothing was signed yet."""
    return WebhookSecret.objects.filter(organization=organization, ends_at=None).first()


def replace(*, organization: Organization) -> None:
    """Make a new secret, in the caller's transaction. The former one signs along for OVERLAP."""
    WebhookSecret.objects.select_for_update().filter(
        organization=organization, ends_at=None
    ).update(ends_at=clock.now() + OVERLAP)
    _make(organization.pk)


def delete_ended() -> int:
    """Delete secrets that sign no more. Returns how many."""
    return WebhookSecret.objects.filter(ends_at__lte=clock.now()).delete()[0]


def reseal_all() -> tuple[int, list[str]]:
    """Encrypt every secret with the newest key of SECRETS_KEYS; again where it was cut short.

    Returns how many were encrypted, and in words those that no key opens, which are left as they are.
    """
    count, unreadable = 0, []
    for row in WebhookSecret.objects.order_by("pk").select_related("organization").iterator():
        with transaction.atomic():
            locked = WebhookSecret.objects.select_for_update().filter(pk=row.pk).first()
            if locked is None:
                continue
            try:
                locked.sealed = secrets.reseal(bytes(locked.sealed))
            except secrets.SecretUnreadable:
                unreadable.append(f"{row.organization.slug}: a signing secret of webhooks")
                continue
            locked.save(update_fields=["sealed"])
            count += 1
    return count, unreadable


def _valid(organization_id: int) -> QuerySet[WebhookSecret]:
    still = Q(ends_at=None) | Q(ends_at__gt=clock.now())
    return WebhookSecret.objects.filter(still, organization_id=organization_id).order_by(
        "-created_at", "-pk"
    )


def _make(organization_id: int) -> None:
    text = PREFIX + base64.b64encode(token_bytes(SECRET_BYTES)).decode()
    # Of two workers that begin together one makes it; the other one reads that.
    WebhookSecret.objects.bulk_create(
        [
            WebhookSecret(
                organization_id=organization_id,
                sealed=secrets.seal(text, owner=_owner(organization_id)),
            )
        ],
        ignore_conflicts=True,
    )


def _owner(organization_id: int) -> str:
    return f"webhook:{organization_id}"
