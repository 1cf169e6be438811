"""Writes: API keys are issued and revoked."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.credentials.addresses import clean_networks
from contacthub.credentials.keys import make_key
from contacthub.credentials.models import DEFAULT_RATE, ApiKey
from contacthub.credentials.queries import list_active_keys
from contacthub.credentials.scopes import expand_scopes
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import ActorKind, Organization, User

NAME_LENGTH = 100


def actor_of_key(*, key: ApiKey, address: str | None = None) -> Actor:
    """Return who acts when a program uses a key, as the audit log names it."""
    return Actor(
        name=f"Key “{key.name}”",
        address=address,
        kind=ActorKind.KEY,
        ref=key.public_id,
        email=key.created_by.email if key.created_by else "",
    )


def issue_key(
    *,
    organization: Organization,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    expires_at: dt.datetime | None = None,
    allowed_addresses: Iterable[str] = (),
    rate_per_minute: int = DEFAULT_RATE,
    request_key: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Make a key. Returns it and its text, which is kept nowhere: this is the one time it can be shown.

    `scopes` are words as `expand_scopes` takes them, `allowed_addresses` networks in CIDR notation (none: from
    anywhere), the rate is in requests a minute (1 … KEY_RATE_CEILING). Raises `Invalid` with the field, and
    `Conflict` where a form's `request_key` has made a key before.
    """
    text = make_key()
    key = ApiKey(
        organization=organization,
        name=_clean_name(name),
        public_id=text.public_id,
        key_hash=text.hash,
        last_four=text.last_four,
        scopes=expand_scopes(scopes),
        expires_at=_check_expiry(expires_at),
        allowed_addresses=clean_networks(allowed_addresses),
        rate_per_minute=_check_rate(rate_per_minute),
        request_key=request_key,
        created_by=actor.user,
        created_by_name=actor.name[:200],
    )
    try:
        with transaction.atomic():
            key.save()
            record_event(
                organization=organization,
                actor=actor,
                action="Created key",
                target=key.name,
                subject=key.public_id,
                detail=", ".join(key.scope_words),
            )
    except IntegrityError as error:
        if request_key is None:
            raise
        raise Conflict("This form already created a key. A key is shown only once.") from error
    return key, text.text


def revoke_key(*, organization: Organization, actor: Actor, public_id: str) -> ApiKey:
    """End a key at once. Raises `NotFound`, and `Conflict` where it was revoked before."""
    with transaction.atomic():
        key = (
            ApiKey.objects.select_for_update()
            .filter(organization=organization, public_id=public_id)
            .first()
        )
        if key is None:
            raise NotFound("There is no such key.")
        if key.revoked_at is not None:
            raise Conflict(
                f"{key.name} was revoked on {key.revoked_at:%-d %b %Y} by {key.revoked_by_name}."
            )
        key.revoked_at, key.revoked_by_name = clock.now(), actor.name[:200]
        key.save(update_fields=["revoked_at", "revoked_by_name"])
        record_event(
            organization=organization,
            actor=actor,
            action="Revoked key",
            target=key.name,
            subject=key.public_id,
        )
    return key


def revoke_keys_of(*, organization: Organization, actor: Actor, user: User) -> int:
    """End all keys that a person made and that still work, as when they leave. Returns how many."""
    keys = list_active_keys(organization=organization, user=user).values_list(
        "public_id", flat=True
    )
    with transaction.atomic():
        for public_id in list(keys):
            revoke_key(organization=organization, actor=actor, public_id=public_id)
    return len(keys)


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid(f"Enter a name of up to {NAME_LENGTH} characters.", field="name")
    return name


def _check_expiry(expires_at: dt.datetime | None) -> dt.datetime | None:
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("The end date must be in the future.", field="expires_at")
    return expires_at


def _check_rate(rate: int) -> int:
    if not 1 <= rate <= settings.KEY_RATE_CEILING:
        raise Invalid(
            f"Requests a minute must be between 1 and {settings.KEY_RATE_CEILING:,}.",
            field="rate_per_minute",
        )
    return rate
