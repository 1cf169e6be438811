"""Saved views: how somebody wants to find a list of contacts or companies again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.core.names import unique_names
from contacthub.organizations.models import Organization, User


class SavedView(models.Model):
    """Filters, order, columns, rows on a page and density of a list, under a name.

    It holds what the address of the page holds, as texts, which are read and checked again whenever it is opened.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="saved_views"
    )
    of_companies = models.BooleanField()
    name = models.CharField(max_length=60)
    # The search key of the name: a reader never sees two views of one list whose names differ only in case or accents.
    name_key = models.TextField()
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    owner_name = models.CharField(max_length=200)
    is_shared = models.BooleanField(default=False)
    # What the organization sees where an address asks for nothing.
    is_default = models.BooleanField(default=False)
    # The filters by their names in addresses, each with its texts.
    filters = models.JSONField(default=dict)
    # By their names; empty: those of every list.
    columns = ArrayField(models.TextField(), default=list)
    # "name" or "-name", by the name of the order in addresses.
    sort = models.TextField()
    per_page = models.SmallIntegerField()
    is_compact = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            *unique_names("saved_view"),
            models.UniqueConstraint(
                fields=["organization", "of_companies"],
                condition=Q(is_default=True),
                name="saved_view_one_default",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_shared=True), name="saved_view_default_shared"
            ),
        ]

    def __str__(self) -> str:
        return self.name
