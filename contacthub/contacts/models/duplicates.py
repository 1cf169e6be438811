"""Pairs of contacts that may be the same person, and the contacts that are still to be compared with others."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.organizations.models import Organization, User


class DuplicateProposal(models.Model):
    """Two contacts that may be the same person, why, and what people decided.

    Both are shared, or both are one organization's own. They are named by the keys inside their ids and not by foreign
    keys, because a contact goes and comes back when a merge is undone. A pair of which one contact is gone is not
    shown. It holds kinds of reasons and no values.
    """

    class Reason(models.TextChoices):
        """What two contacts have in common; the strongest reason first."""

        PROFILE = "profile", "same profile"
        EMAIL = "email", "same e-mail"
        PHONE = "phone", "same phone"
        NAME = "name", "similar name and company"

    class State(models.TextChoices):
        """What was decided about a pair."""

        OPEN = "open", "Open"
        DISMISSED = "dismissed", "Not a duplicate"
        MERGED = "merged", "Merged"

    id = models.BigAutoField(primary_key=True)
    # None: both contacts are shared.
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="duplicate_proposals",
    )
    # The keys inside the two contact ids.
    lower_key = models.BigIntegerField()
    higher_key = models.BigIntegerField()
    # In the order of `Reason`.
    reasons = ArrayField(models.TextField(choices=Reason))
    # From 0 to 1: how sure the rule is.
    score = models.FloatField()
    state = models.TextField(choices=State, default=State.OPEN, db_default=State.OPEN)
    found_at = models.DateTimeField(db_default=Now())
    # Of the last dismissal, kept while the pair is merged; None if it was never dismissed or is open again.
    dismissed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    dismissed_by_name = models.CharField(max_length=200, blank=True)
    dismissed_at = models.DateTimeField(null=True)
    # The reasons that were dismissed: another one opens the pair again.
    dismissed_reasons = ArrayField(models.TextField(choices=Reason), default=list, db_default=[])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "lower_key", "higher_key"],
                nulls_distinct=False,
                name="duplicate_pair_unique",
            ),
            models.CheckConstraint(
                condition=Q(lower_key__lt=F("higher_key")), name="duplicate_keys_in_order"
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0) & Q(score__lte=1), name="duplicate_score"
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | Q(dismissed_at__isnull=False),
                name="duplicate_dismissed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["lower_key"], name="duplicate_lower"),
            models.Index(fields=["higher_key"], name="duplicate_higher"),
            models.Index(
                fields=["organization", "-score", "id"],
                condition=Q(state="open"),
                name="duplicate_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lower_key} and {self.higher_key}: {', '.join(self.reasons)}"


class DuplicateCheck(models.Model):
    """A contact that changed and is still to be compared with others.

    Written in the transaction that changes the contact and deleted in the one that compares it, so that none is
    forgotten. A contact may stand here several times: finding out would take longer than comparing it twice.
    """

    id = models.BigAutoField(primary_key=True)
    # The contact's primary key; it may be gone by now.
    contact = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.contact)
