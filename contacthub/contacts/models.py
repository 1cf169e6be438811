"""Companies and contacts with their addresses and phones, and the documents from which lookups are answered.

Rows without an organization are shared: the operator imported them for everyone. The others are private to one
organization, whose own contact takes the place of the shared one with the same key. To everybody else a private
contact looks exactly like an unknown one.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from contacthub.organizations.models import Organization

# Numbers below come from files, numbers from here on are given by us, so that the two never meet. Both stay below
# 2^53, which is as far as JavaScript and spreadsheets count.
FIRST_OWN_NUMBER = 10**12


def _number() -> models.GeneratedField:
    """Return the public integer id: the one a file gave, else one made of the primary key, which nobody else gets."""
    return models.GeneratedField(
        expression=Coalesce("source_number", F("id") + FIRST_OWN_NUMBER),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )


class Company(models.Model):
    """A company, known by its domain; without one by its number, without either by its name."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="companies"
    )
    # The number that files use for it.
    source_number = models.BigIntegerField(null=True)
    number = _number()
    domain = models.TextField(null=True)
    name = models.TextField(null=True)
    tld = models.TextField(null=True)
    industries = ArrayField(models.TextField(), default=list, db_default=[])
    functions = ArrayField(models.TextField(), default=list, db_default=[])
    technologies = ArrayField(models.TextField(), default=list, db_default=[])
    # NACE Rev. 2 and national subclasses such as "62", "62.0", "62.01", "62.010"; a section is its letter.
    nace_codes = ArrayField(models.TextField(), default=list, db_default=[])
    city = models.TextField(null=True)
    state = models.TextField(null=True)
    # The full name; `country_code` is ISO 3166-1 alpha-2 in capitals.
    country = models.TextField(null=True)
    country_code = models.TextField(null=True)
    linkedin_url = models.TextField(null=True)
    # Whether an address such as info@ is known.
    has_generic_email = models.BooleanField(default=False, db_default=False)
    # When the source first knew it, which is what "added after" asks for.
    created_at = models.DateTimeField(db_default=Now())
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "organization"],
                nulls_distinct=False,
                name="company_number_unique",
            ),
            models.UniqueConstraint(
                fields=["domain", "organization"],
                nulls_distinct=False,
                condition=Q(domain__isnull=False),
                name="company_domain_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization"],
                condition=Q(organization__isnull=False),
                name="company_private",
            ),
            # How an import finds a company that has nothing but a name.
            models.Index(
                models.functions.Lower("name"),
                condition=Q(domain=None),
                name="company_nameless_domain",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.domain or str(self.number)


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
    number = _number()
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
    # 0 to 100, and 0 to 1; 0 where no source has judged.
    quality_score = models.SmallIntegerField(default=0, db_default=0)
    confidence = models.FloatField(default=0.0, db_default=0.0)
    is_stale = models.BooleanField(default=False, db_default=False)
    is_speculative = models.BooleanField(default=False, db_default=False)

    has_account = models.BooleanField(default=False, db_default=False)
    has_opportunity = models.BooleanField(default=False, db_default=False)
    is_in_crm = models.BooleanField(default=False, db_default=False)
    is_sourced_by_people_ai = models.BooleanField(default=False, db_default=False)
    # What the CRM knows of the contact and nobody filters on: the names of Backstory's record, see `intake.columns`.
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
        ]
        indexes = [
            models.Index(
                fields=["organization"],
                condition=Q(organization__isnull=False),
                name="contact_private",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or str(self.number)


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
    # None where the source does not count.
    observations = models.IntegerField(null=True)
    # Digests of the address, not their hex spelling, which takes twice the room.
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
    # None where nobody has asked a register.
    is_do_not_call = models.BooleanField(null=True)
    confidence = models.FloatField(null=True)
    source = models.TextField(null=True)
    first_seen = models.DateField(null=True)
    last_seen = models.DateField(null=True)
    # None where the source does not count.
    observations = models.IntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "phone"], name="phone_unique")]

    def __str__(self) -> str:
        return self.phone


class ContactDocument(models.Model):
    """What a lookup of a contact answers, spelled once: a batch is a join of these texts, nothing is encoded.

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


class CompanyTraits(models.Model):
    """What searches ask of a company, beside each other in a narrow row; contacts carry a copy of their company's.

    Made from the companies by `contacts.sql.facts`, in the transaction that changes them.
    """

    # The organization that the row is private to, 0 where it is shared: an index is in order below one value of it.
    owner = models.BigIntegerField()
    number = models.BigIntegerField()
    # None, all of them, where a contact has no company.
    company_created_at = models.DateTimeField(null=True)
    company_has_generic_email = models.BooleanField(null=True)
    company_has_linkedin = models.BooleanField(null=True)
    company_country_code = models.TextField(null=True)
    company_tld = models.TextField(null=True)
    company_functions = ArrayField(models.TextField(), null=True)
    company_industries = ArrayField(models.TextField(), null=True)
    company_technologies = ArrayField(models.TextField(), null=True)
    # "country:norway", "state:viken||norway", "city:halden||viken||norway" and "city:halden||||norway".
    company_places = ArrayField(models.TextField(), null=True)
    # The assigned codes, "in:62" for the division or section above each, and "level:4" for the level of each.
    company_nace = ArrayField(models.TextField(), null=True)

    class Meta:
        abstract = True


class CompanyFacts(CompanyTraits):
    """A company as searches see it."""

    company = models.OneToOneField(
        Company, on_delete=models.CASCADE, primary_key=True, related_name="facts"
    )
    # Name, domain or nothing, for the order; and name and domain in lower case, for text anywhere in them.
    name = models.TextField()
    domain = models.TextField(null=True)
    company_text = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "number"], name="company_facts_number"),
            models.Index(fields=["owner", "name", "number"], name="company_facts_name"),
            models.Index(
                fields=["owner", "company_created_at", "number"], name="company_facts_created"
            ),
            models.Index(fields=["owner", "domain"], name="company_facts_domain"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactFacts(CompanyTraits):
    """A contact as searches see it: what they filter and sort by, with its company's traits, and nothing else."""

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, primary_key=True, related_name="facts"
    )
    company = models.ForeignKey(
        Company, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    key = models.BigIntegerField()
    full_name = models.TextField()
    quality_score = models.SmallIntegerField()
    confidence = models.FloatField()
    created_at = models.DateTimeField()
    is_stale = models.BooleanField()
    is_speculative = models.BooleanField()
    verified = models.BooleanField()
    has_email = models.BooleanField()
    has_phone = models.BooleanField()
    has_personal_email = models.BooleanField()
    has_linkedin = models.BooleanField()
    is_decision_maker = models.BooleanField()
    is_in_crm = models.BooleanField()
    is_sourced_by_people_ai = models.BooleanField()
    has_account_or_opportunity = models.BooleanField()
    source = models.TextField()
    seniority = models.TextField(null=True)
    seniority_level = models.TextField(null=True)
    email_status = models.TextField(null=True)
    department = models.TextField(null=True)
    # In lower case.
    country = models.TextField(null=True)
    state = models.TextField(null=True)
    name_text = models.TextField()
    title_text = models.TextField(null=True)
    email = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "number"], name="contact_facts_number"),
            models.Index(fields=["owner", "key"], name="contact_facts_key"),
            models.Index(fields=["owner", "quality_score", "number"], name="contact_facts_quality"),
            models.Index(fields=["owner", "confidence", "number"], name="contact_facts_confidence"),
            models.Index(fields=["owner", "created_at", "number"], name="contact_facts_created"),
            models.Index(fields=["owner", "full_name", "number"], name="contact_facts_name"),
            models.Index(fields=["company"], name="contact_facts_company"),
            models.Index(fields=["company_country_code"], name="contact_facts_country"),
            GinIndex(
                fields=[
                    "company_technologies",
                    "company_industries",
                    "company_functions",
                    "company_places",
                    "company_nace",
                ],
                name="contact_facts_arrays",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name
