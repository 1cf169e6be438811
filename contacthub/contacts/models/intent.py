"""What the feeds observed of domains and contacts in the last days, in the forms that searches of people ask for.

Feeds belong to the floor above and write these rows with their imports, see `contacts.sql.keep_intent`. An organization
may see of them what its windows allow, see `contacts.intent`.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

# How many days back, today included, intent is kept for searches. Records themselves are kept as long as their feed.
KEPT_DAYS = 92


class IntentDomain(models.Model):
    """The last day on which a domain was observed in a feed.

    A window ends today, so a domain is inside it exactly when this day is.
    """

    pk = models.CompositePrimaryKey("feed", "domain")
    # The feed's primary key; feeds are on the floor above.
    feed = models.BigIntegerField()
    domain = models.TextField()
    last_day = models.DateField()

    def __str__(self) -> str:
        return self.domain


class IntentContact(models.Model):
    """The last day on which a contact was observed in a feed."""

    pk = models.CompositePrimaryKey("feed", "contact_key")
    feed = models.BigIntegerField()
    contact_key = models.BigIntegerField()
    last_day = models.DateField()

    def __str__(self) -> str:
        return str(self.contact_key)


class IntentBlock(models.Model):
    """The records of one topic on one day that an import added: one element of each array is one record.

    Written once and never changed: a row for each domain, topic and day, with its index, made imports take 42 % longer,
    and sums by domain 22 %; blocks take 5 %. Deleted when its day is no longer kept.
    """

    pk = models.CompositePrimaryKey("feed", "topic", "day", "batch", "block")
    feed = models.BigIntegerField()
    topic = models.TextField()
    day = models.DateField()
    batch = models.IntegerField()
    # Huge imports split a topic's day by domains.
    block = models.IntegerField()
    records = models.IntegerField()
    domains = ArrayField(models.TextField())
    contact_keys = ArrayField(models.BigIntegerField(null=True))
    scores = ArrayField(models.FloatField(null=True))

    def __str__(self) -> str:
        return f"{self.topic} on {self.day}: {self.records:,}"
