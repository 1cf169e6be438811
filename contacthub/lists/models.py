"""Lists, their members, and who added or removed how many from where."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.core.names import unique_names
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


class List(models.Model):
    """Contacts or companies that somebody put together."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="lists"
    )
    of_companies = models.BooleanField()
    name = models.CharField(max_length=200)
    # The search key of the name: a reader never sees two lists of one kind whose names differ only in case or accents.
    name_key = models.TextField()
    description = models.CharField(max_length=300, blank=True)
    is_shared = models.BooleanField(default=False)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    owner_name = models.CharField(max_length=200)
    # Where its first members came from: "Selection", "hannover.csv".
    origin = models.CharField(max_length=300, blank=True)
    # Counted by the statements that add and remove. Removed contacts are among them.
    member_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    # When members, name or visibility last changed.
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            *unique_names("list"),
            models.CheckConstraint(condition=Q(member_count__gte=0), name="list_member_count"),
        ]
        indexes = [models.Index(fields=["organization", "-changed_at"], name="list_changed")]

    def __str__(self) -> str:
        return self.name


class ListEntry(models.Model):
    """One line of a list's history: members that were added or removed together, and from where."""

    class State(models.TextChoices):
        """Of an entry that a job works on. The members of one that is not done are as they were."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.BigAutoField(primary_key=True)
    list = models.ForeignKey(List, on_delete=models.CASCADE, db_index=False, related_name="entries")
    is_removal = models.BooleanField(default=False)
    # What kind of thing they come from, and the id of that thing: see `lists.sources`.
    source = models.CharField(max_length=20)
    source_ref = models.JSONField(default=dict)
    # The source in words: "Seniority is VP, Country is Norway", "hannover.csv".
    words = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.DONE)
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="list_entry")
    # How many were counted and shown before it was done.
    shown_count = models.BigIntegerField(default=0)
    # How many it really added or removed; of those added, how many are still on the list.
    item_count = models.BigIntegerField(default=0)
    present_count = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)
    undone_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item_count__gte=0, present_count__gte=0), name="list_entry_counts"
            )
        ]
        indexes = [models.Index(fields=["list", "-id"], name="list_entry_newest")]

    def __str__(self) -> str:
        return f"{'−' if self.is_removal else '+'}{self.item_count:,}"


def _link_entry() -> models.ForeignKey[ListEntry, ListEntry]:
    """Return a link to a history line that the database does not check: rows with it are added by the million."""
    return models.ForeignKey(
        ListEntry,
        on_delete=models.DO_NOTHING,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )


class ListMember(models.Model):
    """A contact (by the key inside its id) or a company (by its public number) on a list.

    Added by the million: the database does not check its foreign keys. Who writes members holds the list's lock.
    """

    pk = models.CompositePrimaryKey("list_id", "item")
    list = models.ForeignKey(
        List, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="members"
    )
    item = models.BigIntegerField()
    # The entry that added it.
    entry = _link_entry()

    def __str__(self) -> str:
        return f"{self.item} on {self.list_id}"


class ListRemoval(models.Model):
    """A member that an entry removed, and the entry that had added it: what undoing puts back."""

    pk = models.CompositePrimaryKey("entry_id", "item")
    list = models.ForeignKey(
        List, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    entry = _link_entry()
    item = models.BigIntegerField()
    added_by = _link_entry()

    def __str__(self) -> str:
        return f"{self.item} off {self.list_id}"


class ListMove(models.Model):
    """A member that became another one, because the catalog made one contact of two or gave it another key."""

    id = models.BigAutoField(primary_key=True)
    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="+")
    entry = _link_entry()
    old_item = models.BigIntegerField()
    new_item = models.BigIntegerField()
    # The other one was on the list already: the list has one member less, and the person is counted once.
    was_there = models.BooleanField()
    # What undoing a removal puts back moved, with the entry that had added it.
    is_removal = models.BooleanField(default=False, db_default=False)
    added_by = models.ForeignKey(
        ListEntry,
        on_delete=models.DO_NOTHING,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["old_item", "new_item"], name="list_move_items")]

    def __str__(self) -> str:
        return f"{self.old_item} is {self.new_item} on {self.list_id}"
