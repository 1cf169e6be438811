"""Files that people upload, kept so that a job can read them, and read them again in another encoding."""

import uuid

from django.db import models
from django.db.models.functions import Now

from contacthub.enrichment.models.lists import EnrichmentBatch
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization, User


class Upload(models.Model):
    """An uploaded file and the job that reads it into a list. The bytes go when the list is started."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="uploads")
    # The job that reads it now, or read it last.
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="upload")
    # What became of it; None until it is read.
    batch = models.OneToOneField(
        EnrichmentBatch, on_delete=models.CASCADE, null=True, related_name="upload"
    )
    file_name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    # Text has an encoding and a delimiter; a workbook has neither.
    is_text = models.BooleanField()
    # As a person chose them; empty: found by looking.
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    # As the list was read.
    read_encoding = models.CharField(max_length=40, blank=True)
    read_delimiter = models.CharField(max_length=1, blank=True)
    is_encoding_guessed = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organization", "created_at"], name="upload_newest")]

    def __str__(self) -> str:
        return self.file_name


class UploadPart(models.Model):
    """A run of a file's bytes, as a Zstandard frame."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="upload_part_unique")
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.upload_id}"
