"""What became of contacts that have another key today: the rules of text changed, or two contacts became one."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.contacts.models.merges import Merge
from contacthub.organizations.models import Organization

_OWN_CONTACT = Q(kind="contact", organization__isnull=False)


class RenamedKey(models.Model):
    """The key that a contact had before, and the one it has now: old contact ids lead to it.

    A key is made of an address, a link or a name. Where the rules of these changed, the same old key has the same new
    one in every organization, for good. Where people merged two contacts, it leads to the one that stays until they
    undo it: for the organization that owns both or, of shared contacts, for all that have no own contact with the old
    key. Statements read it by `contacts_renamed_keys(organization)`, which knows that.
    """

    id = models.BigAutoField(primary_key=True)
    # None: for all.
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    old_key = models.BigIntegerField()
    new_key = models.BigIntegerField()
    renamed_at = models.DateTimeField(db_default=Now())
    # None: the rules changed.
    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, null=True, related_name="keys")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["old_key", "organization"], nulls_distinct=False, name="renamed_key_old"
            )
        ]
        indexes = [
            models.Index(fields=["new_key"], name="renamed_key_new"),
            models.Index(
                fields=["organization", "old_key"],
                condition=Q(organization__isnull=False),
                name="renamed_key_own",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_key} is {self.new_key}"


class Normalization(models.Model):
    """One run over all stored rows, by the version of the rules: how many rows changed and how many became one."""

    version = models.IntegerField(primary_key=True)
    contacts_changed = models.IntegerField()
    contacts_renamed = models.IntegerField()
    contacts_merged = models.IntegerField()
    companies_changed = models.IntegerField()
    companies_merged = models.IntegerField()
    # Members of lists that followed, and those of them that were on their list as both.
    members_moved = models.IntegerField(default=0, db_default=0)
    members_counted_twice = models.IntegerField(default=0, db_default=0)
    finished_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"rules {self.version}"


class MergedRow(models.Model):
    """A contact or company that was merged into another one of the same organization.

    The numbers of contacts are read by `contacts_merged_numbers(organization)`, as `RenamedKey` is.
    """

    class Kind(models.TextChoices):
        """What it was."""

        CONTACT = "contact", "Contact"
        COMPANY = "company", "Company"

    kind = models.TextField(choices=Kind)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, related_name="+"
    )
    # Public integer ids, and the keys inside contact ids.
    number = models.BigIntegerField()
    key = models.BigIntegerField(null=True)
    into_number = models.BigIntegerField()
    into_key = models.BigIntegerField(null=True)
    merged_at = models.DateTimeField(db_default=Now())
    # None: the rules changed.
    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, null=True, related_name="numbers")

    class Meta:
        indexes = [
            models.Index(fields=["number"], name="merged_row_number"),
            # Shared contacts that an own one hid before it was merged stay hidden.
            models.Index(
                fields=["organization", "key"], condition=_OWN_CONTACT, name="merged_row_own_key"
            ),
            models.Index(
                fields=["organization", "number"],
                condition=_OWN_CONTACT,
                name="merged_row_own_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} is {self.into_number}"
