"""Reads about API keys, and the check of the key that a program sends."""

import datetime as dt
import hmac

import structlog
from django.db.models import F, Q, QuerySet

from contacthub.core import clock
from contacthub.core.errors import KeyRefused, NotFound
from contacthub.core.tenancy import across_organizations
from contacthub.credentials.addresses import is_inside
from contacthub.credentials.keys import parse_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.tokens import read_token
from contacthub.organizations.models import Organization, User

logger = structlog.get_logger(__name__)

USE_NOTED_EVERY = dt.timedelta(minutes=1)


def list_keys(*, organization: Organization) -> QuerySet[ApiKey]:
    """List an organization's keys, newest first, and behind them the revoked ones, last revoked first."""
    return ApiKey.objects.filter(organization=organization).order_by(
        F("revoked_at").desc(nulls_first=True), "-created_at", "-pk"
    )


def get_key(*, organization: Organization, public_id: str) -> ApiKey:
    """Return a key of this organization by its public id. Raises `NotFound`."""
    key = list_keys(organization=organization).filter(public_id=public_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    return key


def list_active_keys(*, organization: Organization, user: User) -> QuerySet[ApiKey]:
    """List the keys that a person made and that still work, by name."""
    active = Q(expires_at=None) | Q(expires_at__gt=clock.now())
    mine = ApiKey.objects.filter(organization=organization, created_by=user, revoked_at=None)
    return mine.filter(active).order_by("name", "pk")


def count_active_keys(*, organization: Organization, user: User) -> int:
    """Return how many keys that a person made still work."""
    return list_active_keys(organization=organization, user=user).count()


def get_any_key(*, public_id: str) -> ApiKey:
    """Return a key of any organization, for the operator's commands. Raises `NotFound`."""
    key = ApiKey.objects.select_related("organization").filter(public_id=public_id).first()
    if key is None:
        raise NotFound(f"There is no key with the public id {public_id[:40]}.")
    return key


@across_organizations()
def authenticate_key(text: str, address: str | None, now: dt.datetime) -> ApiKey:
    """Return the key a program has sent, with its organization, and note the use at most once a minute.

    `address` is the client's. Raises `KeyRefused`, which looks the same for a mistyped, unknown, revoked and expired
    key and for a foreign address; a mistyped key is refused without a query. Nothing is cached: a revoked key is
    refused from the next request on.
    """
    sent = parse_key(text)
    key = _find_key(sent.public_id)
    # The hash comes first: only someone with the whole key may learn from the log that it was revoked or expired.
    if key is not None and not hmac.compare_digest(bytes(key.key_hash), sent.hash):
        key = None
    return _admit(key, sent.public_id, address, now)


@across_organizations()
def authenticate_token(text: str, protocol: str, address: str | None, now: dt.datetime) -> ApiKey:
    """Return the key behind a token of this protocol, under the same conditions as the key itself."""
    token = read_token(text, now=now.timestamp())
    if token.protocol != protocol:
        raise KeyRefused("protocol")
    return _admit(_find_key(token.public_id), token.public_id, address, now)


def _find_key(public_id: str) -> ApiKey | None:
    keys = ApiKey.objects.select_related("organization", "created_by")
    return keys.filter(public_id=public_id).first()


def _admit(key: ApiKey | None, public_id: str, address: str | None, now: dt.datetime) -> ApiKey:
    reason = _find_refusal(key, address, now)
    if key is None or reason:
        logger.info("key_refused", public_id=public_id, reason=reason, address=address)
        raise KeyRefused(reason)
    _note_use(key, now)
    return key


def _find_refusal(key: ApiKey | None, address: str | None, now: dt.datetime) -> str:
    if key is None:
        return "unknown"
    if key.revoked_at is not None:
        return "revoked"
    if key.is_expired(now):
        return "expired"
    if key.allowed_addresses and not is_inside(address, key.allowed_addresses):
        return "address"
    return ""


def _note_use(key: ApiKey, now: dt.datetime) -> None:
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return
    # Guarded, so that of many requests at the same moment one writes.
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    if ApiKey.objects.filter(is_due, pk=key.pk).update(last_used_at=now):
        key.last_used_at = now
