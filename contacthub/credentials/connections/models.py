"""Accounts at vendors: what opens them, how they fare, and every call made with them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.core.outbound import name_of
from contacthub.organizations.models import Organization, User


class Connection(models.Model):
    """An organization's account at a vendor. Its credentials are sealed for this row and this address alone."""

    class State(models.TextChoices):
        """Whether calls are made at all."""

        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="connections"
    )
    # A key of `connectors.registry.CONNECTORS`.
    vendor = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    base_url = models.CharField(max_length=2048)
    sealed = models.BinaryField()
    # What may be shown of each credential: all of what is not a secret, the last four characters of the others.
    hints = models.JSONField(default=dict)
    state = models.CharField(max_length=6, choices=State, default=State.ACTIVE)
    # The form that made it: sent twice, it makes one.
    request_key = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    # The name stays when the person has left.
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    rotated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="connection_name_unique"),
            models.UniqueConstraint(
                fields=["organization", "request_key"], name="connection_request_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused"]), name="connection_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.vendor})"

    @property
    def is_paused(self) -> bool:
        """Return whether no calls are made."""
        return self.state == self.State.PAUSED

    @property
    def is_broken(self) -> bool:
        """Return whether nothing works with it until an admin fixes it: its test failed, or the key was refused.

        Reads the health, which lists of connections load along with it.
        """
        health = self.health
        return bool(health.test_error) or health.condition == ConnectionHealth.Condition.WRONG_KEY

    @property
    def closed_because(self) -> str:
        """Return why no one can call with it; empty if it may be used. Running jobs continue."""
        if self.is_paused:
            return f"The connection {self.name} is paused."
        return f"An admin must fix the connection {self.name}." if self.is_broken else ""

    @property
    def is_sandbox(self) -> bool:
        """Return whether the vendor is made up: in a demo, this instance itself."""
        return settings.SANDBOX and name_of(self.base_url) == name_of(settings.BASE_URL)


class ConnectionHealth(models.Model):
    """What the calls of all workers found out about a connection. One row for each, written by `sql` alone."""

    class Breaker(models.TextChoices):
        """Whether calls go through: all, none, or one that finds out."""

        CLOSED = "closed", "Closed"
        OPEN = "open", "Open"
        HALF_OPEN = "half_open", "Half-open"

    class Condition(models.TextChoices):
        """How the last call went that says something."""

        UNTESTED = "untested", "Not tested yet"
        WORKS = "works", "Works"
        WRONG_KEY = "wrong_key", "Wrong key"
        THROTTLED = "throttled", "Throttled"
        UNREACHABLE = "unreachable", "Unreachable"
        DOWN = "down", "Vendor is down"
        BROKEN = "broken", "Unexpected answers"

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="health"
    )
    breaker = models.CharField(max_length=9, choices=Breaker, default=Breaker.CLOSED)
    # Failures in a row while the breaker is closed; how often it has opened in a row.
    failures = models.IntegerField(default=0)
    trips = models.IntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    # The call that may find out has this number, until this time: a worker that dies must not hold it for ever.
    probe = models.BigIntegerField(default=0)
    probe_until = models.DateTimeField(null=True)
    # No call before: the vendor asked for it.
    held_until = models.DateTimeField(null=True)
    # The rate as the vendor reports it: calls in a window, those that are left until it begins again.
    rate_limit = models.IntegerField(null=True)
    rate_seconds = models.IntegerField(null=True)
    rate_left = models.IntegerField(null=True)
    rate_resets_at = models.DateTimeField(null=True)
    condition = models.CharField(max_length=11, choices=Condition, default=Condition.UNTESTED)
    # Since when it has been like that, and when the last call ended.
    condition_at = models.DateTimeField(null=True)
    last_call_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_ms = models.IntegerField(null=True)
    # What the last test that worked found: `records.Standing` as JSON.
    may = models.JSONField(default=list)
    quotas = models.JSONField(default=list)
    # By which of the vendor's own documents it is served, in words; empty if there is only one.
    generation = models.CharField(max_length=100, blank=True)
    tested_at = models.DateTimeField(null=True)
    # Why the last test failed, in words; empty if it worked, or where a call has worked since.
    test_error = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(breaker__in=["closed", "open", "half_open"]), name="health_breaker"
            ),
            # An open breaker always closes again on its own.
            models.CheckConstraint(
                condition=~Q(breaker="open") | Q(open_until__isnull=False), name="health_open"
            ),
            models.CheckConstraint(
                condition=~Q(breaker="half_open") | Q(probe_until__isnull=False),
                name="health_half_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.condition}, breaker {self.breaker}"


class VendorCall(models.Model):
    """One exchange with a vendor: no secrets, no personal data, kept for 30 days."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_index=False, related_name="calls"
    )
    started_at = models.DateTimeField()
    operation = models.CharField(max_length=40)
    # None: there was no answer.
    status = models.SmallIntegerField(null=True)
    ms = models.IntegerField()
    rows = models.IntegerField(null=True)
    # In the vendor's own unit: rows of an export, transactions of a job.
    cost = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=100, blank=True)
    # The code of the error, and of a broken contract the path; empty if it worked.
    error = models.CharField(max_length=240, blank=True)

    class Meta:
        db_table = "credentials_providercall"
        indexes = [
            models.Index(fields=["connection", "-started_at", "-id"], name="call_newest"),
            models.Index(
                fields=["connection", "-started_at", "-id"],
                condition=~Q(error=""),
                name="call_failed",
            ),
            # How the old ones are found.
            models.Index(fields=["started_at"], name="call_age"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.status or self.error}"
