"""What somebody acts on: contacts or companies of a list page, frozen."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.organizations.models import Organization, User


class Selection(models.Model):
    """A question about the catalog that was counted, and which rows an action is about.

    Either some rows (`chosen`), or all that match the filters but the `excepted`. Rows are named by what stays when
    they are imported again: contacts by the key inside their id, companies by their public number.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="selections"
    )
    of_companies = models.BooleanField()
    # See `contacts.questions`.
    filters = models.JSONField(default=dict)
    # The column of the facts to sort by, see `contacts.search`.
    sort = models.TextField()
    is_descending = models.BooleanField()
    chosen = ArrayField(models.BigIntegerField(), null=True)
    excepted = ArrayField(models.BigIntegerField(), default=list)
    # The question in words, for the pages and the audit log: "Seniority is VP, Country is Norway".
    words = models.TextField(blank=True)
    # What was counted and shown. Nothing else is acted on.
    count = models.BigIntegerField()
    # Which rows those were, in one number (`sql.selections.COUNT`); None where only their number was agreed to.
    mark = models.BigIntegerField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    # Since when its rows are kept as parts; None until an action needs them.
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(chosen=None) | Q(excepted=[]), name="selection_chosen_or_excepted"
            ),
            models.CheckConstraint(condition=Q(count__gte=0), name="selection_count"),
        ]
        indexes = [models.Index(fields=["organization", "-created_at"], name="selection_newest")]

    def __str__(self) -> str:
        return f"{self.count:,} {'companies' if self.of_companies else 'contacts'}"


class SelectionPart(models.Model):
    """Up to 10,000 rows of a frozen selection, by primary key, in the order of its question.

    An array of 10,000 takes 80 kB before compression and is read as one row.
    """

    pk = models.CompositePrimaryKey("selection_id", "place")
    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, db_index=False, related_name="parts"
    )
    # From 0 on.
    place = models.IntegerField()
    ids = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"part {self.place} of {self.selection_id}"
