"""How an organization's files are mapped, kept so that the next file with the same headers is mapped already."""

from django.db import models
from django.db.models.functions import Now

from contacthub.organizations.models import Organization


class ColumnMapping(models.Model):
    """What the columns of files with the same set of headers are used as, in any order of the columns."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="column_mappings"
    )
    # SHA-256 of the headers as `keys.mappings` compares them.
    headers_hash = models.BinaryField()
    # By header, as searches compare text: a `ColumnUse`. Columns that are kept as they are, are not in it.
    uses = models.JSONField(default=dict)
    # The file that it was saved with.
    file_name = models.CharField(max_length=200)
    saved_by_name = models.CharField(max_length=200)
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "headers_hash"], name="column_mapping_unique"
            )
        ]

    def __str__(self) -> str:
        return f"mapping of {self.file_name}"
