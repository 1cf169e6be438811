"""Contacts that people merged, and every row that this changed, so that it can be undone to the byte."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.organizations.models import Organization


class Merge(models.Model):
    """Two contacts of one owner that became one: `merged` became part of `survivor`.

    Both are named by the keys inside their ids and by their numbers, because the merged one is gone until it is undone.
    """

    id = models.BigAutoField(primary_key=True)
    # None: both contacts are shared.
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="merges"
    )
    # Primary keys, keys inside contact ids and public integer ids.
    survivor = models.BigIntegerField()
    survivor_key = models.BigIntegerField()
    survivor_number = models.BigIntegerField()
    merged = models.BigIntegerField()
    merged_key = models.BigIntegerField()
    merged_number = models.BigIntegerField()
    merged_name = models.TextField(blank=True)
    # Rows of `RenamedKey` and `MergedRow` that led to the merged one before, by primary key.
    keys_turned = ArrayField(models.BigIntegerField(), default=list)
    numbers_turned = ArrayField(models.BigIntegerField(), default=list)
    # The version of the rules by which rows were stored, see `contacts.normalizing`.
    rules = models.IntegerField()
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    merged_by_name = models.CharField(max_length=200)
    merged_at = models.DateTimeField(db_default=Now())
    undone_by_name = models.CharField(max_length=200, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "merged_key"],
                condition=Q(undone_at=None),
                nulls_distinct=False,
                name="merge_once",
            ),
            models.CheckConstraint(
                condition=~Q(survivor_key=F("merged_key")), name="merge_of_two_contacts"
            ),
        ]
        indexes = [
            models.Index(
                fields=["survivor"], condition=Q(undone_at=None), name="merge_of_survivor"
            ),
            models.Index(fields=["merged"], condition=Q(undone_at=None), name="merge_of_merged"),
        ]

    def __str__(self) -> str:
        return f"{self.merged_key} is {self.survivor_key}"


class KeptRow(models.Model):
    """A row that a merge changed, made or deleted: as it was before and as it was after, both as text by column.

    Nothing else can say what a row was to the byte. Only the organization that owns the contacts sees it; of shared
    contacts only the operator.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="rows")
    table = models.CharField(max_length=63)
    # None: there was no such row before, or is none after.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(before__isnull=False) | Q(after__isnull=False), name="kept_row_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.table} of {self.merge_id}"
