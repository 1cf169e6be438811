"""What was observed of a contact, and the documents from which lookups are answered."""

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from contacthub.contacts.models.contacts import Contact
from contacthub.organizations.models import Organization


class ContactEmail(models.Model):
    """One address of a contact, as observed: in lower case, with the hashes by which others know it."""

    class Type(models.TextChoices):
        """Whose address it is."""

        WORK = "work", "Work"
        PERSONAL = "personal", "Personal"

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="emails"
    )
    # The order the source gave; the first is the contact's own `email`.
    position = models.SmallIntegerField()
    address = models.TextField()
    type = models.TextField(null=True, choices=Type)
    status = models.TextField(null=True, choices=Contact.EmailStatus)
    checked_on = models.DateField(null=True)
    confidence = models.FloatField(null=True)
    source = models.TextField(null=True)
    first_seen = models.DateField(null=True)
    last_seen = models.DateField(null=True)
    # None if the source does not count.
    observations = models.IntegerField(null=True)
    # Digests of the address, not in hex, which takes twice the space.
    md5 = models.BinaryField()
    sha1 = models.BinaryField()
    sha256 = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "address"], name="email_unique")]
        indexes = [
            models.Index(fields=["address"], name="email_by_address"),
            HashIndex(fields=["md5"], name="email_by_md5"),
            HashIndex(fields=["sha1"], name="email_by_sha1"),
            HashIndex(fields=["sha256"], name="email_by_sha256"),
        ]

    def __str__(self) -> str:
        return self.address


class ContactPhone(models.Model):
    """One phone number of a contact, as observed: `+` and digits (E.164), or digits where the country is unknown."""

    class Type(models.TextChoices):
        """What answers."""

        MOBILE = "mobile", "Mobile"
        LANDLINE = "landline", "Landline"
        VOIP = "voip", "VoIP"
        SWITCHBOARD = "switchboard", "Switchboard"

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="phones"
    )
    position = models.SmallIntegerField()
    phone = models.TextField()
    type = models.TextField(null=True, choices=Type)
    # None if no register was checked.
    is_do_not_call = models.BooleanField(null=True)
    confidence = models.FloatField(null=True)
    source = models.TextField(null=True)
    first_seen = models.DateField(null=True)
    last_seen = models.DateField(null=True)
    # None if the source does not count.
    observations = models.IntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "phone"], name="phone_unique")]
        indexes = [models.Index(fields=["phone"], name="phone_by_number")]

    def __str__(self) -> str:
        return self.phone


class ContactDocument(models.Model):
    """What a lookup of a contact answers, written once: a batch is a join of these texts, nothing is encoded.

    Each column is compact JSON in the shape of ContactBased's replies. NULL is "no record", `[]` a record without
    addresses. Made from the other tables by `contacts.sql.documents`. Key and organization stand here too, so that a
    lookup reads one index.
    """

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, primary_key=True, related_name="document"
    )
    key = models.BigIntegerField()
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    pii = models.TextField(null=True)
    emails = models.TextField(null=True)
    phones = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "organization"], nulls_distinct=False, name="document_key_unique"
            )
        ]

    def __str__(self) -> str:
        return str(self.key)
