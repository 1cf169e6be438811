"""Intent records as they were imported, and the sums by day that previews read."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.feeds.models.grants import Feed


class IntentBatch(models.Model):
    """One finished import into a feed. Its number is the watermark of the records it added."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="batches")
    number = models.IntegerField()
    file_name = models.CharField(max_length=255)
    row_count = models.BigIntegerField()
    duplicate_count = models.BigIntegerField()
    rejected_count = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "number"], name="batch_unique")]

    def __str__(self) -> str:
        return f"batch {self.number} of {self.feed_id}"


class IntentRecord(models.Model):
    """One observation: someone at a domain showed interest in a topic on a day. Append-only.

    Keyed by feed, day and a fingerprint of the whole row: the same row imported twice is one record, and the key is
    also the order in which exports page (newest day first). Measured against a running id beside a unique natural
    key, this is one index less and a third less time per import. The feed is not a database constraint: it would be
    checked for each of millions of rows, and the only writer holds the feed's lock.
    """

    pk = models.CompositePrimaryKey("feed_id", "observed_on", "fingerprint")
    feed = models.ForeignKey(
        Feed, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    observed_on = models.DateField()
    fingerprint = models.UUIDField()
    batch = models.IntegerField()
    contact_key = models.BigIntegerField(null=True)
    score = models.FloatField(null=True)
    domain = models.TextField()
    topic = models.TextField()
    company_name = models.TextField(null=True)
    industry = models.TextField(null=True)
    # Personal data, shown and exported only where the grant includes PII.
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    address = models.TextField(null=True)
    city = models.TextField(null=True)
    state = models.TextField(null=True)
    postal_code = models.TextField(null=True)
    country = models.TextField(null=True)
    gender = models.TextField(null=True)
    age_range = models.TextField(null=True)
    # Business information,, too.
    linkedin_url = models.TextField(null=True)
    job_title = models.TextField(null=True)
    company_domain = models.TextField(null=True)
    seniority = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["contact_key"],
                condition=Q(contact_key__isnull=False),
                name="intent_by_contact",
            )
        ]

    def __str__(self) -> str:
        return f"{self.observed_on} {self.domain} {self.topic}"


class FeedDay(models.Model):
    """Records of a feed per UTC day: what a preview reads instead of the records. Written with each import."""

    pk = models.CompositePrimaryKey("feed_id", "day")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, db_index=False, related_name="days")
    day = models.DateField()
    record_count = models.BigIntegerField()
    with_contact_count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.record_count}"


class FeedLastSeen(models.Model):
    """How many domains (or contacts) of a feed were last observed on a day.

    The sum over the days of a window is the exact number of distinct ones in it, whatever the size of the feed.
    """

    class Kind(models.TextChoices):
        """What is counted."""

        DOMAIN = "domain", "Domains"
        CONTACT = "contact", "Contacts"

    pk = models.CompositePrimaryKey("feed_id", "kind", "day")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    day = models.DateField()
    count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.count} {self.kind}"


class FeedTopic(models.Model):
    """Records of a feed per topic."""

    pk = models.CompositePrimaryKey("feed_id", "topic")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, db_index=False, related_name="topics")
    topic = models.TextField()
    record_count = models.BigIntegerField()

    def __str__(self) -> str:
        return self.topic
