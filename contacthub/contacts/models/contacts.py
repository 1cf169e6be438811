"""Contacts, each with the copies of its first address and phone."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from contacthub.contacts.models.companies import Company
from contacthub.contacts.models.numbers import number_field
from contacthub.organizations.models import Organization


class Contact(models.Model):
    """A person at work. `key` is the integer inside the public contact id, see `core.public_ids`."""

    class Seniority(models.TextChoices):
        """The four levels of Rich Utilities; `seniority` holds whatever word a source uses."""

        EXECUTIVE = "executive", "Executive"
        SENIOR = "senior", "Senior"
        MANAGER = "manager", "Manager"
        STAFF = "staff", "Staff"

    class EmailStatus(models.TextChoices):
        """What the last check of an address found."""

        VALID = "valid", "Valid"
        CATCH_ALL = "catch_all", "Catch-all"
        PENDING = "pending", "Pending"
        INVALID = "invalid", "Invalid"

    class Source(models.TextChoices):
        """Where a contact was found."""

        WEBSITE = "website", "Website"
        LINKEDIN = "linkedin", "LinkedIn"
        FACEBOOK = "facebook", "Facebook"
        TWITTER = "twitter", "Twitter"
        MANUAL = "manual", "Manual"

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="contacts"
    )
    key = models.BigIntegerField()
    # The number that files use for it.
    source_number = models.BigIntegerField(null=True)
    number = number_field()
    company = models.ForeignKey(
        Company, on_delete=models.SET_NULL, null=True, related_name="contacts"
    )

    full_name = models.TextField(default="", db_default="")
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    job_title = models.TextField(null=True)
    department = models.TextField(null=True)
    seniority = models.TextField(null=True)
    seniority_level = models.TextField(null=True, choices=Seniority)
    titles = ArrayField(models.TextField(), default=list, db_default=[])
    job_levels = ArrayField(models.TextField(), default=list, db_default=[])
    job_functions = ArrayField(models.TextField(), default=list, db_default=[])
    is_decision_maker = models.BooleanField(default=False, db_default=False)
    country = models.TextField(null=True)
    state = models.TextField(null=True)

    # Copies of the first of the contact's addresses and phones.
    email = models.TextField(null=True)
    email_status = models.TextField(null=True, choices=EmailStatus)
    email_checked_on = models.DateField(null=True)
    has_personal_email = models.BooleanField(default=False, db_default=False)
    phone = models.TextField(null=True)
    # A record may exist and hold nothing: "no record" and "no address" are two answers.
    has_email_record = models.BooleanField(default=False, db_default=False)
    has_phone_record = models.BooleanField(default=False, db_default=False)
    # Demographic and postal values where a record of them exists; {} is a record without any. Its keys are those of
    # `contacts.sql.documents`; what it lacks of name, state and country is the contact's own.
    pii = models.JSONField(null=True)

    linkedin_url = models.TextField(null=True)
    linkedin_handle = models.TextField(null=True)
    facebook_handle = models.TextField(null=True)
    twitter_handle = models.TextField(null=True)
    image_url = models.TextField(null=True)
    description = models.TextField(null=True)
    education = models.JSONField(null=True)

    source = models.TextField(choices=Source, default=Source.MANUAL, db_default=Source.MANUAL)
    source_url = models.TextField(null=True)
    verified = models.BooleanField(default=False, db_default=False)
    # 0 to 100, and 0 to 1; 0 if no source has judged.
    quality_score = models.SmallIntegerField(default=0, db_default=0)
    confidence = models.FloatField(default=0.0, db_default=0.0)
    is_stale = models.BooleanField(default=False, db_default=False)
    is_speculative = models.BooleanField(default=False, db_default=False)

    has_account = models.BooleanField(default=False, db_default=False)
    has_opportunity = models.BooleanField(default=False, db_default=False)
    is_in_crm = models.BooleanField(default=False, db_default=False)
    is_sourced_by_people_ai = models.BooleanField(default=False, db_default=False)
    # What the CRM knows of the contact and no filter uses: the names of Backstory's record, see `intake.columns`.
    crm = models.JSONField(default=dict, db_default={})

    # The source's own times.
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    # When an import last changed anything here.
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "organization"], nulls_distinct=False, name="contact_key_unique"
            ),
            models.UniqueConstraint(
                fields=["number", "organization"],
                nulls_distinct=False,
                name="contact_number_unique",
            ),
            models.CheckConstraint(
                condition=Q(quality_score__range=(0, 100)) & Q(confidence__range=(0, 1)),
                name="contact_scores",
            ),
            models.CheckConstraint(
                condition=Q(updated_at__gte=F("created_at")), name="contact_times"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization"],
                condition=Q(organization__isnull=False),
                name="contact_private",
            ),
            # How a list of profile links finds its contacts; a hash, because a link may be longer than an index takes.
            HashIndex(fields=["linkedin_url"], name="contact_by_linkedin"),
        ]

    def __str__(self) -> str:
        return self.full_name or str(self.number)
