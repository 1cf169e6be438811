"""What the feeds observed of domains and contacts in the last days, in the forms that searches of people ask for.

Feeds belong to the floor above and write these rows with their imports, see `contacts.sql.keep_intent`. An organization
may see of them what its windows allow, see `contacts.intent`.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

# How many days back, today included, intent is kept for searches. Records themselves are kept as long as their feed.
KEPT_DAYS = 92


# Recent records, by which companies are ranked, are those of so many days.
RECENT_DAYS = 7


class IntentDomain(models.Model):
    """The last day on which a domain was observed in a feed, and what answers questions about any topic.

    A window ends today, so a domain is inside it exactly when its last day is. For the same reason sums that look back
    from that day answer every window: `recent[n]` is the number of records in the last n days, up to `RECENT_DAYS`.
    `days` and `drops` are the records that no later one reaches in score: oldest and best first, as the day and the
    score below zero. The first k of them, `k = width_bucket(-score, drops)`, have the score or a better one, so
    that `days[k]` is the last day with it. Days that are no longer kept change neither: what reaches a record is later.
    """

    pk = models.CompositePrimaryKey("feed", "domain")
    # The feed's primary key; feeds are on the floor above.
    feed = models.BigIntegerField()
    domain = models.TextField()
    last_day = models.DateField()
    recent = ArrayField(models.IntegerField(), default=list, db_default=[])
    days = ArrayField(models.DateField(), default=list, db_default=[])
    drops = ArrayField(models.FloatField(), default=list, db_default=[])

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
