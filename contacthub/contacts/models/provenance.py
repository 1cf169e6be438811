"""Where the values of contacts came from, also those that are not used, and which of them people settled.

A source is a connection, or all imported files together. What a source gave last is one narrow row a contact
(`SourceRecord`): its bits name the fields whose stored value it gave. Values that differ from what is, or was, stored
have rows of their own (`Candidate`), so that an import of a million rows that agree writes no value twice.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import MD5, Now

from contacthub.contacts.models.contacts import Contact
from contacthub.organizations.models import Organization

# The source of every imported file: a newer file takes the place of an older one.
FILES = uuid.UUID(int=0)


class Load(models.Model):
    """Contacts received at once: an imported file, a page of a live search, a step of a pull, or one answer."""

    class Kind(models.TextChoices):
        """How they came."""

        FILE = "file", "Imported file"
        SEARCH = "search", "Saved from a search"
        PULL = "pull", "Pull"
        ENRICHMENT = "enrichment", "Enrichment"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    # The file's name, or the connection's.
    name = models.CharField(max_length=200)
    vendor = models.CharField(max_length=20, blank=True)
    source = models.UUIDField(default=FILES)
    request_id = models.CharField(max_length=100, blank=True)
    loaded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class SourceRecord(models.Model):
    """What one source gave of a contact: the fields whose stored value is the one it gave, and when it was seen.

    No foreign keys in the database: they would cost an import more than the row itself.
    """

    pk = models.CompositePrimaryKey("contact_id", "source")
    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="source_records",
    )
    source = models.UUIDField()
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    load = models.ForeignKey(
        Load, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    # A bit for each field, see `contacts.value_fields`.
    given = models.BigIntegerField()
    confidence = models.FloatField(null=True)
    first_seen = models.DateField()
    last_seen = models.DateField()

    def __str__(self) -> str:
        return f"{self.contact_id} from {self.source}"


class Candidate(models.Model):
    """A value that a source gave for a field whose stored value is, or was, another one."""

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="candidates",
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    field = models.CharField(max_length=20)
    value = models.TextField()
    # None: it was stored before sources were kept.
    source = models.UUIDField(null=True)
    load = models.ForeignKey(
        Load,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    # The name that an address or a number had for its source.
    source_name = models.CharField(max_length=200, blank=True)
    confidence = models.FloatField(null=True)
    status = models.CharField(max_length=9, blank=True)
    checked_on = models.DateField(null=True)
    type = models.CharField(max_length=11, blank=True)
    first_seen = models.DateField(null=True)
    last_seen = models.DateField(null=True)
    # The day on which another value took its place: from then on that one was seen. None: it never had the place.
    replaced_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("contact"),
                F("field"),
                MD5("value"),
                F("source"),
                name="candidate_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.contact_id}"


class Settlement(models.Model):
    """A value that a person chose. It stays whatever sources say; what the rule would show is kept up to date here."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="settlements")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    field = models.CharField(max_length=20)
    value = models.TextField()
    # Of an address or a number: all of them in the order of the rule.
    rule_value = models.JSONField(null=True)
    # Whether the contact became the organization's own by this, and goes when it is undone.
    made_own = models.BooleanField(default=False)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    settled_by_name = models.CharField(max_length=200)
    settled_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "field"], name="settlement_of_field")
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.contact_id}"
