"""The secrets that sign webhooks, the messages, and every try of one.

The tables keep the names that they had in the app of jobs.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.organizations.models import Organization


class WebhookSecret(models.Model):
    """What an organization's webhooks are signed with, encrypted. A replaced one signs along until `ends_at`."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhook_secrets"
    )
    sealed = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jobs_webhooksecret"
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(ends_at=None), name="webhook_secret_current"
            )
        ]

    def __str__(self) -> str:
        return f"webhook secret of {self.organization_id}"


class WebhookDelivery(models.Model):
    """One message to a URL that a user gave, sent until it is taken or the schedule ends.

    Like a job it is held by a lease and written with a token, so that an attempt is made by one worker at a time.
    """

    class State(models.TextChoices):
        """Waiting → sending → delivered, failed, or waiting again; a replay starts again."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Sending"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    FINAL = (State.DELIVERED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhook_deliveries"
    )
    event = models.CharField(max_length=60)
    # The id of the thing it is about, as its protocol writes it; no foreign key, so that it outlives the thing.
    subject = models.CharField(max_length=100, blank=True)
    url = models.CharField(max_length=2048)
    # Host and port: one that hangs is given few senders at a time.
    host = models.CharField(max_length=300)
    # The exact bytes that are signed and sent, the same on every try.
    content = models.BinaryField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # Tries since it was queued or replayed: the place in the schedule.
    tries = models.IntegerField(default=0)
    token = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    last_status = models.SmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_ms = models.IntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jobs_webhookdelivery"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending", "delivered", "failed"]),
                name="webhook_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_until=None)),
                name="webhook_lease_means_sending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["delivered", "failed"], finished_at__isnull=False)
                | Q(state__in=["waiting", "sending"], finished_at=None),
                name="webhook_finished_means_final",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="webhook_newest"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="webhook_unfinished",
            ),
            models.Index(fields=["finished_at"], name="webhook_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.host} ({self.state})"

    @property
    def message_id(self) -> str:
        """Return the `webhook-id` of every copy: by which a receiver recognizes repetitions."""
        return f"msg_{self.pk.hex}"

    @property
    def is_final(self) -> bool:
        """Return whether nothing more is sent unless someone replays it."""
        return self.state in self.FINAL

    @property
    def body(self) -> str:
        """Return the content as text, as far as it is UTF-8."""
        return bytes(self.content).decode("utf-8", "replace")


class WebhookAttempt(models.Model):
    """One try of a delivery: what was sent and what came back."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="history")
    # The delivery's token at that time: it rises, with a gap where a worker died.
    number = models.IntegerField()
    sent_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    headers = models.JSONField()
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    # The first kilobyte of the answer, as text.
    answer = models.TextField(blank=True)

    class Meta:
        db_table = "jobs_webhookattempt"
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_unique")
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
