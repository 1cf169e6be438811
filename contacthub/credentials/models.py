"""API keys with which programs act for an organization."""

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

# Django finds models through this module.
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.credentials.keys import PREFIX
from contacthub.credentials.scopes import READ, WRITE, describe_scopes
from contacthub.organizations.models import Organization, User

__all__ = ["ApiKey", "Connection", "ConnectionHealth", "KeptReply", "VendorCall"]

DEFAULT_RATE = 6000


class ApiKey(models.Model):
    """A program's key. Only its hash is kept: the text is shown once, when the key is made."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=100)
    public_id = models.CharField(max_length=10, unique=True)
    key_hash = models.BinaryField(max_length=32, unique=True)
    last_four = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=40))
    # None: no end date.
    expires_at = models.DateTimeField(null=True)
    # Networks in CIDR notation; empty: from anywhere.
    allowed_addresses = ArrayField(models.CharField(max_length=49), default=list)
    # Requests a minute.
    rate_per_minute = models.IntegerField(default=DEFAULT_RATE)
    # The form that made the key: sent twice, it makes one key.
    request_key = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    # The name stays when the person has left; a command line has no user.
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # To the minute: a write per request would cost more than the request.
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "request_key"], name="api_key_request_unique"
            ),
            models.CheckConstraint(condition=Q(rate_per_minute__gte=1), name="api_key_rate"),
            models.CheckConstraint(condition=Q(scopes__len__gte=1), name="api_key_scopes"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    @property
    def hint(self) -> str:
        """Return what may be shown of the key's text: prefix, public id and the last four characters."""
        return f"{PREFIX}{self.public_id}_…{self.last_four}"

    @property
    def scope_words(self) -> list[str]:
        """Return the scopes as people read them."""
        return describe_scopes(self.scopes)

    def allows(self, protocol: str, *, write: bool = False) -> bool:
        """Return whether the key may read on a protocol, or with `write` spend and create."""
        return f"{protocol}:{WRITE if write else READ}" in self.scopes

    def is_expired(self, now: dt.datetime) -> bool:
        """Return whether the key's end date has come."""
        return self.expires_at is not None and self.expires_at <= now


class KeptReply(models.Model):
    """The answer to a request that spent, for the next one with the same Idempotency-Key. See `replays`."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    content_type = models.CharField(max_length=100)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "route", "key"], name="reply_unique")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
