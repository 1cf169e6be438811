"""Which vendors are queried in which order, what each received and answered, and where every value came from."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.credentials.models import Connection
from contacthub.enrichment.models.lists import EnrichmentBatch
from contacthub.enrichment.models.words import Outcome, Section
from contacthub.organizations.models import Organization

# The most lookups that a run may ever be allowed to spend: a list has no more rows.
MOST_LOOKUPS = 1_000_000


class StopRule(models.TextChoices):
    """When the next vendor of a section is no longer queried."""

    FIRST = "first", "First found"
    VALID = "valid", "Until a valid one"


class Waterfall(models.Model):
    """An organization's rules for querying vendors. Without a row, and without steps, no vendor is queried."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="waterfall"
    )
    # Lookups that one enrichment may spend over all its vendors. A lookup is one contact sent to one vendor once.
    lookup_limit = models.IntegerField(default=1000)
    pii_rule = models.CharField(max_length=5, choices=StopRule, default=StopRule.FIRST)
    emails_rule = models.CharField(max_length=5, choices=StopRule, default=StopRule.FIRST)
    phones_rule = models.CharField(max_length=5, choices=StopRule, default=StopRule.FIRST)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lookup_limit__range=(1, MOST_LOOKUPS)), name="waterfall_limit"
            )
        ]

    def __str__(self) -> str:
        return f"waterfall of {self.organization_id}"

    def rule_of(self, section: Section) -> StopRule:
        """Return when the next vendor of a section is no longer queried."""
        return StopRule(getattr(self, f"{section.value}_rule"))


class WaterfallStep(models.Model):
    """A vendor's place in the order of a section. It goes with its connection."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="waterfall_steps"
    )
    section = models.CharField(max_length=6, choices=Section)
    position = models.SmallIntegerField()
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "section", "connection"], name="waterfall_step_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "section", "position"], name="waterfall_step_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.position}"


class Asking(models.Model):
    """One call that looks up some contacts at a vendor: saved before it is made, so that it counts whatever comes.

    The connection is kept by id and name, because what was spent stays when it is removed.
    """

    class State(models.TextChoices):
        """Sent until the answer is saved; one whose worker died stays so, and counts as spent.

        Skipped is not a call: too little is known of the contacts to look up exactly them.
        """

        SENT = "sent", "Sent"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Not asked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    # None: someone looked up one contact.
    batch = models.ForeignKey(
        EnrichmentBatch, on_delete=models.CASCADE, null=True, related_name="askings"
    )
    connection_key = models.UUIDField()
    connection_name = models.CharField(max_length=100)
    vendor = models.CharField(max_length=20)
    sections = ArrayField(models.CharField(max_length=6, choices=Section))
    state = models.CharField(max_length=8, choices=State, default=State.SENT)
    asked_count = models.IntegerField()
    found_count = models.IntegerField(default=0)
    # Lookups that it may have cost: the contacts sent, 0 if the vendor certainly did nothing.
    lookup_count = models.IntegerField()
    ms = models.IntegerField(null=True)
    # The code of the error; empty if it worked.
    error = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(asked_count__gte=F("lookup_count"), found_count__lte=F("asked_count")),
                name="asking_counts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection_name}, {self.asked_count} contacts"


class VendorAnswer(models.Model):
    """What one call said of one contact, per section. The batch stands here too, so that a chunk reads one index."""

    asking = models.ForeignKey(Asking, on_delete=models.CASCADE, related_name="answers")
    batch = models.ForeignKey(
        EnrichmentBatch, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    contact_key = models.BigIntegerField()
    pii = models.CharField(max_length=9, choices=Outcome)
    emails = models.CharField(max_length=9, choices=Outcome)
    phones = models.CharField(max_length=9, choices=Outcome)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asking", "contact_key"], name="vendor_answer_once")
        ]
        indexes = [
            models.Index(fields=["batch", "contact_key"], name="vendor_answer_of_contact"),
            # How lists and the page of a contact learn what vendors said of it, in whatever list it was looked up.
            models.Index(fields=["contact_key"], name="vendor_answer_by_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_key} at {self.asking_id}"


class Finding(models.Model):
    """A value as one vendor gave it, whether it is used or not. Seen by the organization that paid for it alone."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    contact_key = models.BigIntegerField()
    section = models.CharField(max_length=6, choices=Section)
    # The field of a profile; empty for addresses and numbers.
    name = models.CharField(max_length=20, blank=True)
    value = models.TextField()
    connection_key = models.UUIDField()
    connection_name = models.CharField(max_length=100)
    vendor = models.CharField(max_length=20)
    confidence = models.FloatField(null=True)
    status = models.CharField(max_length=9, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    fetched_at = models.DateTimeField()
    # By which rule the waterfall chose, so that the page can say why a value won.
    rule = models.CharField(max_length=5, choices=StopRule)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "organization",
                    "contact_key",
                    "section",
                    "name",
                    "value",
                    "connection_key",
                ],
                name="finding_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} of {self.contact_key} from {self.connection_name}"
