"""What became of stored rows when the rules changed by which text, addresses and links are one."""

from django.db import models
from django.db.models.functions import Now

from contacthub.organizations.models import Organization


class RenamedKey(models.Model):
    """The key that a contact had before, and the one it has now: old contact ids lead to it for good.

    A key is made of an address, a link or a name, so that the same old key has the same new one in every organization.
    """

    old_key = models.BigIntegerField(primary_key=True)
    new_key = models.BigIntegerField()
    renamed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["new_key"], name="renamed_key_new")]

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
    """A contact or company that was merged into another one of the same organization."""

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

    def __str__(self) -> str:
        return f"{self.kind} {self.number} is {self.into_number}"
